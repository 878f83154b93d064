import { expect, test } from 'vitest';
import { decodeSigningKeySet } from '../../src/api/decode.ts';
import { BAD_SPECS, badSet, GOOD_PATCHES, GOOD_SPEC } from './bad-specs.ts';

test.for(BAD_SPECS)('$name is refused', (bad) => {
  const result = decodeSigningKeySet(badSet(bad));
  const errors = result.ok ? [] : result.errors;
  const byField = (a: { message: string }, b: { message: string }) =>
    a.message < b.message ? -1 : 1;
  expect(
    errors.map(({ field, code, message }) => ({ field, code, message })).sort(byField),
  ).toEqual(bad.errors.map(({ field, code, message }) => ({ field, code, message })).sort(byField));
});

test.for(GOOD_PATCHES)('$name is taken', ({ name, setName, patch }) => {
  const good = { name, patch, errors: [], ...(setName === undefined ? {} : { setName }) };
  expect(decodeSigningKeySet(badSet(good))).toMatchObject({ ok: true });
});

const withSpec = (spec: unknown, metadata: object = { name: 'payments' }) => ({ metadata, spec });

test('fills in every default', () => {
  expect(decodeSigningKeySet(withSpec(GOOD_SPEC))).toEqual({
    ok: true,
    set: {
      meta: {
        namespace: '',
        name: 'payments',
        uid: '',
        resourceVersion: '',
        generation: 0,
        annotations: {},
        finalizers: [],
        deleting: false,
      },
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
        signer: { name: 'payments-signer', labels: {}, annotations: {} },
        jwks: { name: 'payments-jwks', labels: {}, annotations: {}, uri: null },
        deletionPolicy: 'Retain',
        revocations: [],
        onRevokeWithoutStandby: 'FailClosed',
        restartToForget: [],
      },
      status: {},
    },
  });
});

test('keeps what is written', () => {
  const metadata = {
    namespace: 'auth',
    name: 'login',
    uid: 'u-1',
    resourceVersion: '42',
    generation: 3,
    annotations: { 'signingkeys.dev/rotate': '1' },
    finalizers: ['signingkeys.dev/ordered-deletion'],
    deletionTimestamp: '2026-12-01T09:00:00Z',
  };
  const spec = {
    tokenTTL: '1h',
    verifierCacheTTL: '1m30s',
    algorithm: 'EdDSA',
    issuer: 'https://login.example.com',
    rotation: { interval: '24h', standby: false, suspend: true },
    timing: { sharedCacheTTL: '500ms' },
    signer: { secretName: 's', labels: { a: 'b' }, annotations: { c: 'd' } },
    jwks: { configMapName: 'j', uri: 'https://cdn.example.com/j', labels: { e: 'f' } },
    deletionPolicy: 'Delete',
    unknown: 'is dropped',
  };
  const result = decodeSigningKeySet({ metadata, spec, status: { ledger: '{}' } });
  const { deletionTimestamp: _, ...meta } = metadata;
  expect(result).toMatchObject({
    ok: true,
    set: {
      meta: { ...meta, deleting: true },
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
        signer: { name: 's', labels: { a: 'b' }, annotations: { c: 'd' } },
        jwks: { name: 'j', uri: 'https://cdn.example.com/j', labels: { e: 'f' }, annotations: {} },
        deletionPolicy: 'Delete',
        revocations: [],
        onRevokeWithoutStandby: 'FailClosed',
        restartToForget: [],
      },
      status: { ledger: '{}' },
    },
  });
});

test.for([undefined, null, 1, 'x', [], {}, { metadata: null, spec: [] }])(
  'refuses %j without a throw',
  (object) => {
    expect(decodeSigningKeySet(object)).toMatchObject({ ok: false, meta: null });
  },
);

test('a bad spec keeps its metadata, so that a status can say so', () => {
  const result = decodeSigningKeySet(withSpec({}, { name: 'a', namespace: 'b', generation: 2 }));
  expect(result).toMatchObject({ ok: false, meta: { name: 'a', namespace: 'b', generation: 2 } });
});

test('bounds what it repeats of a bad value', () => {
  const result = decodeSigningKeySet(withSpec({ ...GOOD_SPEC, timing: ['x'.repeat(10_000)] }));
  const [error] = result.ok ? [] : result.errors;
  expect(error?.message.length).toBeLessThan(400);
});
