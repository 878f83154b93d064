import { expect, test } from 'vitest';
import { decodeSigningKeySet } from '../../src/api/decode.ts';
import { TERM_FIELDS } from '../support/core-world/fixtures.ts';
import { BAD_SPECS, badSet, GOOD_PATCHES, GOOD_SPEC } from './bad-specs.ts';

test.for(BAD_SPECS)('$name is rejected', (bad) => {
  const result = decodeSigningKeySet(badSet(bad));
  const errors = result.ok ? [] : result.errors;
  const byField = (a: { message: string }, b: { message: string }) =>
    a.message < b.message ? -1 : 1;
  expect(
    errors.map(({ field, code, message }) => ({ field, code, message })).sort(byField),
  ).toEqual(bad.errors.map(({ field, code, message }) => ({ field, code, message })).sort(byField));
});

test.for(GOOD_PATCHES)('$name is accepted', ({ name, setName, patch }) => {
  const good = { name, patch, errors: [], ...(setName === undefined ? {} : { setName }) };
  expect(decodeSigningKeySet(badSet(good))).toMatchObject({ ok: true });
});

const withSpec = (spec: unknown, metadata: object = { name: 'payments' }) => ({ metadata, spec });

test('fills in every default', () => {
  expect(decodeSigningKeySet(withSpec(GOOD_SPEC))).toEqual({
    ok: true,
    spec: {
      kind: { algorithm: 'RS256', rsaModulusLength: 2048 },
      issuer: null,
      terms: {
        tokenTtlMs: 900_000,
        verifierCacheTtlMs: 600_000,
        verifierTrustMs: 600_000,
        sharedCacheTtlMs: 0,
        publicationDelayMs: 180_000,
        signerRefreshDelayMs: 180_000,
        verifierLeewayMs: 300_000,
        clockSkewMs: 30_000,
      },
      rotation: { intervalMs: 2_592_000_000, standby: true, suspend: false },
      signer: {
        name: 'payments-signer',
        labels: {},
        annotations: {},
        reload: 'Watch',
        restart: [],
      },
      jwks: { name: 'payments-jwks', labels: {}, annotations: {}, uri: null },
      keySecrets: { labels: {}, annotations: {} },
      deletionPolicy: 'Retain',
      revocations: [],
      onRevokeWithoutStandby: 'FailClosed',
      restartToForget: [],
      termFields: TERM_FIELDS,
    },
  });
});

test('keeps what is written', () => {
  const spec = {
    tokenTTL: '1h',
    verifierCacheTTL: '1m30s',
    algorithm: 'EdDSA',
    issuer: 'https://login.example.com',
    rotation: { interval: '24h', standby: false, suspend: true },
    timing: { sharedCacheTTL: '500ms' },
    signer: {
      secretName: 's',
      labels: { a: 'b' },
      annotations: { c: 'd' },
      reload: 'Restart',
      restart: [{ kind: 'DaemonSet', name: 'agent' }],
    },
    jwks: { configMapName: 'j', uri: 'https://cdn.example.com/j', labels: { e: 'f' } },
    deletionPolicy: 'Delete',
    revocations: [{ kid: 'a' }, { kid: 'b', reason: 'KeyCompromise' }],
    onRevokeWithoutStandby: 'SignImmediately',
    unknown: 'is dropped',
  };
  expect(decodeSigningKeySet(withSpec(spec, { name: 'login' }))).toMatchObject({
    ok: true,
    spec: {
      kind: { algorithm: 'EdDSA', rsaModulusLength: null },
      issuer: 'https://login.example.com',
      terms: {
        tokenTtlMs: 3_600_000,
        verifierCacheTtlMs: 90_000,
        sharedCacheTtlMs: 500,
        clockSkewMs: 30_000,
      },
      rotation: { intervalMs: 86_400_000, standby: false, suspend: true },
      signer: {
        name: 's',
        labels: { a: 'b' },
        annotations: { c: 'd' },
        reload: 'Restart',
        restart: [{ kind: 'DaemonSet', name: 'agent' }],
      },
      jwks: { name: 'j', uri: 'https://cdn.example.com/j', labels: { e: 'f' }, annotations: {} },
      deletionPolicy: 'Delete',
      revocations: [
        { kid: 'a', reason: 'Unspecified' },
        { kid: 'b', reason: 'KeyCompromise' },
      ],
      onRevokeWithoutStandby: 'SignImmediately',
      restartToForget: [],
    },
  });
});

test('what all objects have in common is on each of them; what one has of its own takes precedence', () => {
  const objects = { labels: { team: 'all', cost: '1' }, annotations: { note: 'all' } };
  const signer = { labels: { team: 'signer' } };
  const jwks = { annotations: { note: 'jwks', more: 'x' } };
  const decoded = decodeSigningKeySet(
    withSpec({ tokenTTL: '1h', verifierCacheTTL: '1m', objects, signer, jwks }),
  );
  expect(decoded).toMatchObject({
    ok: true,
    spec: {
      signer: { labels: { team: 'signer', cost: '1' }, annotations: { note: 'all' } },
      jwks: { labels: { team: 'all', cost: '1' }, annotations: { note: 'jwks', more: 'x' } },
      keySecrets: objects,
    },
  });
});

const M = 60_000;
const H = 60 * M;

test.for<[string, object, { cacheMs: number; trustMs: number | null; restart?: string[] }]>([
  ['the one declared lifetime', { verifierCacheTTL: '10m' }, { cacheMs: 10 * M, trustMs: 10 * M }],
  [
    'a lifetime of a verifier',
    { verifiers: [{ name: 'mobile', cacheTTL: '1h' }] },
    { cacheMs: H, trustMs: H },
  ],
  [
    'the largest of both',
    { verifierCacheTTL: '2h', verifiers: [{ name: 'mobile', cacheTTL: '1h' }] },
    { cacheMs: 2 * H, trustMs: 2 * H },
  ],
  [
    'a preset that lets go when its cache ends',
    {
      verifiers: [
        { name: 'a', preset: 'jose' },
        { name: 'b', preset: 'pyjwt' },
      ],
    },
    { cacheMs: 10 * M, trustMs: 10 * M },
  ],
  [
    'a preset that trusts longer than it takes to learn',
    { verifiers: [{ name: 'a', preset: 'dotnet' }] },
    { cacheMs: 12.6 * H, trustMs: 13.6 * H },
  ],
  [
    'the longest trust of one, the longest cache of another',
    { verifierCacheTTL: '90s', verifiers: [{ name: 'a', preset: 'get-jwks' }] },
    { cacheMs: 1.5 * M, trustMs: 2 * M },
  ],
  [
    'a preset that refetches at once and never forgets',
    { verifiers: [{ name: 'a', preset: 'go-oidc' }] },
    { cacheMs: 0, trustMs: null, restart: ['a'] },
  ],
  [
    'presets that must be restarted, among others',
    {
      verifierCacheTTL: '5m',
      verifiers: [
        { name: 'c', preset: 'kube-apiserver' },
        { name: 'a', preset: 'envoy' },
        { name: 'b', preset: 'kong' },
      ],
    },
    { cacheMs: 10 * M, trustMs: null, restart: ['c', 'b'] },
  ],
])('verifiers: %s', ([, declared, { cacheMs, trustMs, restart = [] }]) => {
  expect(decodeSigningKeySet(withSpec({ tokenTTL: '15m', ...declared }))).toMatchObject({
    ok: true,
    spec: {
      terms: { verifierCacheTtlMs: cacheMs, verifierTrustMs: trustMs },
      restartToForget: restart,
    },
  });
});

test.for<[string, Record<string, unknown>, string, string]>([
  ['of one', { verifierCacheTTL: '10m' }, 'spec.verifierCacheTTL', 'spec.verifierCacheTTL'],
  [
    'with a cacheTTL of its own',
    { verifiers: [{ name: 'mobile', cacheTTL: '1h' }] },
    'spec.verifiers[mobile].cacheTTL',
    'spec.verifiers[mobile].cacheTTL',
  ],
  [
    'of the slowest, whatever comes before and after it',
    {
      verifierCacheTTL: '10m',
      verifiers: [
        { name: 'gateway', preset: 'envoy' },
        { name: 'orders', preset: 'dotnet' },
        { name: 'mobile', cacheTTL: '1h' },
      ],
    },
    'spec.verifiers[orders], preset dotnet',
    'spec.verifiers[orders], preset dotnet',
  ],
  [
    'that are equal: the first one',
    {
      verifiers: [
        { name: 'a', preset: 'envoy' },
        { name: 'b', cacheTTL: '10m' },
      ],
    },
    'spec.verifiers[a], preset envoy',
    'spec.verifiers[a], preset envoy',
  ],
  [
    'of which one never forgets a key',
    {
      verifiers: [
        { name: 'a', preset: 'dotnet' },
        { name: 'b', preset: 'go-oidc' },
      ],
    },
    'spec.verifiers[a], preset dotnet',
    'spec.verifiers[b], preset go-oidc',
  ],
])('the fields that set the terms of verifiers %s', ([, declared, cache, trust]) => {
  expect(decodeSigningKeySet(withSpec({ tokenTTL: '15m', ...declared }))).toMatchObject({
    ok: true,
    spec: { termFields: { verifierCacheTtlMs: cache, verifierTrustMs: trust } },
  });
});

test.for([undefined, null, 1, 'x', [], {}, { metadata: null, spec: [] }])(
  'rejects %j without throwing',
  (object) => {
    expect(decodeSigningKeySet(object)).toMatchObject({ ok: false });
  },
);

test('quotes only so much of a bad value', () => {
  const result = decodeSigningKeySet(withSpec({ ...GOOD_SPEC, timing: ['x'.repeat(10_000)] }));
  const [error] = result.ok ? [] : result.errors;
  expect(error?.message.length).toBeLessThan(400);
});
