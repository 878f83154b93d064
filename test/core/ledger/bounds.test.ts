import { expect, test } from 'vitest';
import { DURATION_RULES, durationMs } from '../../../src/api/duration-rules.ts';
import { REQUEST_ID_LENGTH_MAX } from '../../../src/core/formats/names.ts';
import { VERIFIER_PRESETS } from '../../../src/core/formats/presets.ts';
import { PUBLISHED_KEYS_MAX } from '../../../src/core/formats/served-set.ts';
import { formatInstant } from '../../../src/core/formats/time.ts';
import {
  GENERATION_COUNTED_MAX,
  IDENTITY_LENGTH_MAX,
  INSTANT_MAX_MS,
  LEDGER_BYTES_MAX,
  LEDGER_KEYS_MAX,
  MANAGER_LENGTH_MAX,
  MANAGERS_NOTED_MAX,
  NAMESPACE_LENGTH_MAX,
  OBJECT_NAME_LENGTH_MAX,
  ORDINAL_MAX,
  TOMBSTONES_MAX,
} from '../../../src/core/ledger/bounds.ts';
import { readLedger, serializeLedger } from '../../../src/core/ledger/codec.ts';
import type { Ledger, LedgerKey, Tombstone } from '../../../src/core/ledger/ledger.ts';
import { LOWERED_MAX, TERM_MAX_MS, TRUST_MAX_MS } from '../../../src/core/ledger/terms.ts';
import { fixtureJwk } from '../../support/core-world/fixture-jwk.ts';

const RSA_4096 = { ...fixtureJwk('k', { algorithm: 'RS256', rsaModulusLength: 2048 }) };
const MODULUS = Buffer.alloc(512, 0xff).toString('base64url');
const KID_MAX = 128;
/** Each of these is two bytes in JSON. */
const QUOTES = (count: number) => '"'.repeat(count);
const URL_MAX = `https://a.example/${'x'.repeat(1024)}`.slice(0, 1024);

function kid(index: number): string {
  return `${index}`.padEnd(KID_MAX, '"');
}

function keyAtTheMaximum(index: number): LedgerKey {
  const isPublished = index < PUBLISHED_KEYS_MAX;
  return {
    ordinal: ORDINAL_MAX - 1 - index,
    kid: kid(index),
    algorithm: 'RS256',
    rsaModulusLength: 4096,
    publicJwk: { ...RSA_4096, n: MODULUS, kid: kid(index) },
    state: 'Retiring',
    imported: false,
    mayHaveSigned: false,
    publishedSeenMs: INSTANT_MAX_MS,
    activatedMs: INSTANT_MAX_MS,
    signerSeenMs: INSTANT_MAX_MS,
    supersededSeenMs: INSTANT_MAX_MS,
    settled: { seenMs: INSTANT_MAX_MS, reload: 'Restart' },
    bar: isPublished
      ? null
      : { generation: 1, reason: 'SecretLost', removedSeenMs: INSTANT_MAX_MS },
    largest: TERM_MAX_MS,
  };
}

function stoneAtTheMaximum(index: number): Tombstone {
  return {
    ordinal: ORDINAL_MAX - 1000 - index,
    kid: kid(1000 + index),
    algorithm: 'EdDSA',
    reason: 'SecretLost',
    removedSeenMs: INSTANT_MAX_MS,
    trustMs: TRUST_MAX_MS,
  };
}

const managers = Array.from({ length: MANAGERS_NOTED_MAX + 1 }, () => QUOTES(MANAGER_LENGTH_MAX));
const identity = QUOTES(IDENTITY_LENGTH_MAX);

const AT_THE_MAXIMUM: Ledger = {
  epochMs: INSTANT_MAX_MS,
  generation: GENERATION_COUNTED_MAX,
  set: {
    namespace: QUOTES(NAMESPACE_LENGTH_MAX),
    name: QUOTES(OBJECT_NAME_LENGTH_MAX),
    uid: identity,
  },
  recovering: { uid: identity, resourceVersion: identity },
  keys: Array.from({ length: LEDGER_KEYS_MAX }, (_, index) => keyAtTheMaximum(index)).reverse(),
  tombstones: Array.from({ length: TOMBSTONES_MAX }, (_, index) => stoneAtTheMaximum(index)),
  nextOrdinal: ORDINAL_MAX,
  previousKid: kid(7),
  terms: {
    declared: TERM_MAX_MS,
    lowered: Array.from({ length: LOWERED_MAX }, () => ({
      terms: TERM_MAX_MS,
      seenMs: INSTANT_MAX_MS,
    })),
  },
  publication: { issuer: URL_MAX, jwksUri: URL_MAX },
  // A control character is six bytes in JSON.
  handled: {
    rotate: '\u0001'.repeat(REQUEST_ID_LENGTH_MAX),
    rollback: '\u0001'.repeat(REQUEST_ID_LENGTH_MAX),
  },
  rollbackRefused: 'PreviousKeyOfOtherKind',
  closed: false,
  jwks: { uid: identity, resourceVersion: identity, generation: GENERATION_COUNTED_MAX, managers },
  signer: { uid: identity, managers },
  deletion: { removing: false, jwksRemovedSeenMs: INSTANT_MAX_MS },
};

test('a ledger at all of its bounds fits into its annotation and into the status', () => {
  const text = serializeLedger(AT_THE_MAXIMUM);
  expect(Buffer.byteLength(text)).toBeLessThan(LEDGER_BYTES_MAX);
  expect(readLedger(text)).toEqual({ kind: 'Ledger', ledger: AT_THE_MAXIMUM });
});

test('the status can show any instant with the longest terms added', () => {
  const sumMs = Object.values(TERM_MAX_MS).reduce((sum, termMs) => sum + termMs, 0);
  expect(formatInstant(INSTANT_MAX_MS + 3 * sumMs)).toMatch(/^9\d{3}-/);
});

test('the terms have the bounds of the CRD, and no preset is above them', () => {
  const maxima = Object.fromEntries(
    DURATION_RULES.map(({ path, max }) => [path.replace('timing.', ''), durationMs(max)]),
  );
  expect(TERM_MAX_MS).toEqual({
    tokenTtlMs: maxima['tokenTTL'],
    verifierCacheTtlMs: maxima['verifierCacheTTL'],
    verifierTrustMs: maxima['verifierCacheTTL'],
    sharedCacheTtlMs: maxima['sharedCacheTTL'],
    publicationDelayMs: maxima['publicationDelay'],
    signerRefreshDelayMs: maxima['signerRefreshDelay'],
    verifierLeewayMs: maxima['verifierLeeway'],
    clockSkewMs: maxima['clockSkew'],
  });
  for (const { cacheTtlMs, trustMs } of Object.values(VERIFIER_PRESETS)) {
    expect(cacheTtlMs).toBeLessThanOrEqual(TERM_MAX_MS.verifierCacheTtlMs);
    expect(trustMs ?? 0).toBeLessThanOrEqual(TERM_MAX_MS.verifierTrustMs);
  }
});
