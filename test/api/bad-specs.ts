/**
 * Every spec that one object can show to be bad, with the words of the refusal: one table for the
 * API server (test/cluster/crd/crd-rules.test.ts) and the decoder (test/api/decode.test.ts).
 */
import { ALGORITHM_NAMES, type BadSpec } from './bad-spec.ts';
import { BROKEN_LISTS, GOOD_LISTS } from './broken-lists.ts';
import { BROKEN_RULES } from './broken-rules.ts';
import { BROKEN_STRUCTURES } from './broken-structures.ts';

export const GOOD_SPEC = { tokenTTL: '15m', verifierCacheTTL: '10m' } as const;

/** All of them. */
export const BAD_SPECS: readonly BadSpec[] = [
  ...BROKEN_RULES,
  ...BROKEN_STRUCTURES,
  ...BROKEN_LISTS,
];

/** A set as a user would write it, with a bad spec. */
export function badSet(bad: BadSpec): Record<string, unknown> {
  const spec = Object.entries({ ...GOOD_SPEC, ...bad.patch }).filter(([, value]) => value !== null);
  return {
    apiVersion: 'signingkeys.dev/v1alpha1',
    kind: 'SigningKeySet',
    metadata: { name: bad.setName ?? 'payments' },
    spec: Object.fromEntries(spec),
  };
}

/** Specs at the limits, which both sides accept. */
export const GOOD_PATCHES: readonly Omit<BadSpec, 'errors'>[] = [
  { name: 'an interval of exactly what is needed', patch: { rotation: { interval: '37m30s' } } },
  {
    name: 'an interval of exactly what milliseconds need',
    patch: { tokenTTL: '15m1ms', rotation: { interval: '37m30s1ms' } },
  },
  {
    name: 'every duration at its upper bound',
    patch: {
      tokenTTL: '8760h',
      verifierCacheTTL: '8760h',
      rotation: { interval: '26280h' },
      timing: {
        sharedCacheTTL: '720h',
        publicationDelay: '24h',
        signerRefreshDelay: '24h',
        verifierLeeway: '24h',
        clockSkew: '1h',
      },
    },
  },
  {
    name: 'every duration at its lower bound',
    patch: {
      tokenTTL: '1s',
      verifierCacheTTL: '0s',
      rotation: { interval: '2s' },
      timing: {
        sharedCacheTTL: '0s',
        publicationDelay: '1s',
        signerRefreshDelay: '0ms',
        verifierLeeway: '0h',
        clockSkew: '0m',
      },
    },
  },
  ...ALGORITHM_NAMES.map((algorithm) => ({ name: algorithm, patch: { algorithm } })),
  ...[2048, 3072, 4096].map((rsaModulusLength) => ({
    name: `PS384 with ${rsaModulusLength} bits`,
    patch: { algorithm: 'PS384', rsaModulusLength },
  })),
  { name: 'a name of 52 characters', setName: 'a'.repeat(52), patch: {} },
  { name: 'missing objects as null', patch: { timing: null, rotation: null, signer: null } },
  { name: 'nulls within objects', patch: { timing: { clockSkew: null }, rotation: {} } },
  ...[
    'https://a',
    'https://a.example.com:8443/t/1/',
    'https://[::1]:8443',
    'https://127.0.0.1',
  ].map((issuer) => ({ name: `issuer ${issuer}`, patch: { issuer } })),
  {
    name: 'a JWKS URI with a query',
    patch: { jwks: { uri: 'https://cdn.example.com/jwks?set=payments' } },
  },
  {
    name: 'labels and annotations at their bounds',
    patch: {
      signer: {
        secretName: 'a.b-c',
        labels: { 'example.com/team': 'a'.repeat(63), empty: '' },
        annotations: { ['b'.repeat(63)]: 'ä b\n'.repeat(256) },
      },
    },
  },
  ...GOOD_LISTS,
];
