/** The arithmetic of each gate as in docs/rotation.md, and its explanation. */
import { describe, expect, test } from 'vitest';
import type { Terms } from '../../../src/core/formats/spec.ts';
import { type Declared, explainGate } from '../../../src/core/ledger/explain.ts';
import {
  activationGate,
  deletionGate,
  dueGate,
  type Gate,
  isOpen,
  lastOf,
  publishGate,
  removalGate,
  restartGate,
  servedSinceGate,
  switchedGate,
  takenUpGate,
  unforeseenRemovalGate,
} from '../../../src/core/ledger/gates.ts';
import type { LedgerKey } from '../../../src/core/ledger/ledger.ts';
import { newKey } from '../../../src/core/ledger/lifecycle.ts';
import { fixtureJwk } from '../../support/core-world/fixture-jwk.ts';
import {
  DEFAULT_TERMS,
  EC_KIND,
  FAST_TERMS,
  HOUR,
  MINUTE,
  TERM_FIELDS,
} from '../../support/core-world/fixtures.ts';
import { ledgerOf, rotatedWorld } from '../../support/core-world/states.ts';

const NINE = Date.UTC(2026, 11, 1, 9);

function keyWith(changes: Partial<LedgerKey>, terms: Terms = DEFAULT_TERMS): LedgerKey {
  const publicJwk = fixtureJwk('k1', EC_KIND);
  const origin = { ordinal: 1, kid: 'k1', publicJwk, keyKind: EC_KIND, imported: false };
  return { ...newKey(origin, terms), ...changes };
}

/** Larger than any term of these tests, so that the texts are short: they name no field. */
const NOTHING_LOWERED: Declared = {
  terms: {
    ...DEFAULT_TERMS,
    ...Object.fromEntries(Object.keys(DEFAULT_TERMS).map((name) => [name, 720 * HOUR])),
  },
  termFields: TERM_FIELDS,
};
const published = keyWith({ publishedSeenMs: NINE });
const shared = keyWith({ publishedSeenMs: NINE }, { ...DEFAULT_TERMS, sharedCacheTtlMs: MINUTE });
const signing = keyWith({ state: 'Active', signerSeenMs: NINE, activatedMs: NINE });
const stopped = keyWith({ state: 'Retiring', supersededSeenMs: NINE });
const settled = { ...stopped, settled: { seenMs: NINE + 4 * MINUTE, reload: 'Watch' as const } };
const policy = { intervalMs: 720 * HOUR, standby: false, suspend: false };

test.each<[string, Gate, number | null, string]>([
  [
    'servedSince',
    servedSinceGate(published),
    3 * MINUTE,
    'published 2026-12-01T09:00:00Z, served everywhere by 2026-12-01T09:03:00Z',
  ],
  [
    'activationGate: Pending → Active',
    activationGate(published),
    3 * MINUTE + 10 * MINUTE + 30_000,
    'published 2026-12-01T09:00:00Z, served everywhere by 2026-12-01T09:03:00Z, verifiers cache up to 10m, clock skew 30s: 2026-12-01T09:13:30Z',
  ],
  [
    'activationGate: Pending → Active with a shared cache',
    activationGate(shared),
    3 * MINUTE + MINUTE + 10 * MINUTE + 30_000,
    'published 2026-12-01T09:00:00Z, served everywhere by 2026-12-01T09:03:00Z, shared caches keep old copies up to 1m, verifiers cache up to 10m, clock skew 30s: 2026-12-01T09:14:30Z',
  ],
  [
    'switchedGate: every issuer signs with it',
    switchedGate(signing),
    3 * MINUTE + 30_000,
    'active key seen signing 2026-12-01T09:00:00Z, every issuer signs with it by 2026-12-01T09:03:00Z, clock skew 30s: 2026-12-01T09:03:30Z',
  ],
  [
    'takenUpGate of the active key: the next switch',
    takenUpGate(signing),
    3 * MINUTE + 30_000,
    'active key seen signing 2026-12-01T09:00:00Z, every issuer signs with it by 2026-12-01T09:03:00Z, clock skew 30s: 2026-12-01T09:03:30Z',
  ],
  [
    'takenUpGate of an earlier key: what starts reads the next key',
    takenUpGate(stopped),
    3 * MINUTE + 30_000,
    'removed from the signer Secret 2026-12-01T09:00:00Z, every issuer has switched by 2026-12-01T09:03:00Z, clock skew 30s: 2026-12-01T09:03:30Z',
  ],
  [
    'restartGate: a restart counts',
    restartGate(signing),
    3 * MINUTE + 2 * 30_000,
    'active key seen signing 2026-12-01T09:00:00Z, new pods get the new key by 2026-12-01T09:03:00Z, 2 × clock skew = 1m: 2026-12-01T09:04:00Z',
  ],
  [
    'removalGate: Retiring → Retired, as forecast',
    removalGate(stopped),
    3 * MINUTE + 30_000 + 15 * MINUTE + 5 * MINUTE + 2 * 30_000,
    'removed from the signer Secret 2026-12-01T09:00:00Z, every issuer has switched by 2026-12-01T09:03:00Z, clock skew 30s, token lifetime 15m, verifier leeway 5m, 2 × clock skew = 1m: 2026-12-01T09:24:30Z',
  ],
  [
    'removalGate: Retiring → Retired',
    removalGate(settled),
    4 * MINUTE + 15 * MINUTE + 5 * MINUTE + 2 * 30_000,
    'no issuer has signed with it since 2026-12-01T09:04:00Z, token lifetime 15m, verifier leeway 5m, 2 × clock skew = 1m: 2026-12-01T09:25:00Z',
  ],
  [
    'due',
    dueGate(signing, policy),
    720 * HOUR,
    'active 2026-12-01T09:00:00Z, rotation interval 720h (spec.rotation.interval): 2026-12-31T09:00:00Z',
  ],
  [
    'the next key without a standby',
    publishGate(signing, policy, DEFAULT_TERMS),
    720 * HOUR - (13 * MINUTE + 30_000) - MINUTE,
    'active 2026-12-01T09:00:00Z, rotation interval 720h (spec.rotation.interval), minus 3m until servers show the next key, minus 10m that verifiers cache, minus 30s of clock skew, minus 1m as a margin: 2026-12-31T08:45:30Z',
  ],
])('%s', (_, gate, afterMs, explanation) => {
  expect(gate.opensAtMs).toBe(afterMs === null ? null : NINE + afterMs);
  expect(explainGate(gate, NOTHING_LOWERED)).toBe(explanation);
});

const unseen = keyWith({}, FAST_TERMS);
const unseenActive = keyWith({ state: 'Active' }, FAST_TERMS);
const unseenRetiring = keyWith({ state: 'Retiring' }, FAST_TERMS);
const jwksStillThere = { ...ledgerOf(rotatedWorld()), deletion: null };

test.each<[string, Gate, string]>([
  [
    'servedSinceGate',
    servedSinceGate(unseen),
    'the key is not published yet; then served everywhere within 2s',
  ],
  [
    'activationGate',
    activationGate(unseen),
    'the key is not published yet; then served everywhere within 2s, verifiers cache up to 5s, clock skew 1s',
  ],
  [
    'switchedGate',
    switchedGate(unseenActive),
    'the new key has not been seen in the signer Secret yet; then every issuer signs with it within 2s, clock skew 1s',
  ],
  [
    'takenUpGate of the active key',
    takenUpGate(unseenActive),
    'the new key has not been seen in the signer Secret yet; then every issuer signs with it within 2s, clock skew 1s',
  ],
  [
    'takenUpGate of an earlier key',
    takenUpGate(unseenRetiring),
    'the signer Secret has not been seen without the key yet; then every issuer has switched within 2s, clock skew 1s',
  ],
  [
    'restartGate',
    restartGate(unseenActive),
    'the new key has not been seen in the signer Secret yet; then new pods get the new key within 2s, 2 × clock skew = 2s',
  ],
  [
    'removalGate, as forecast',
    removalGate(unseenRetiring),
    'the signer Secret has not been seen without the key yet; then every issuer has switched within 2s, clock skew 1s, token lifetime 8s, verifier leeway 1s, 2 × clock skew = 2s',
  ],
  [
    'unforeseenRemovalGate',
    unforeseenRemovalGate(
      unseenRetiring,
      'it waits until no pod can still hold the key: restart or stop Pod a (env)',
    ),
    'it waits until no pod can still hold the key: restart or stop Pod a (env); then token lifetime 8s, verifier leeway 1s, 2 × clock skew = 2s',
  ],
  [
    'dueGate',
    dueGate(unseenActive, policy),
    'the key does not sign yet; then rotation interval 720h (spec.rotation.interval)',
  ],
  [
    'publishGate',
    publishGate(unseenActive, policy, DEFAULT_TERMS),
    'the key does not sign yet; then rotation interval 720h (spec.rotation.interval), minus 3m until servers show the next key, minus 10m that verifiers cache, minus 30s of clock skew, minus 1m as a margin',
  ],
  [
    'deletionGate',
    deletionGate(jwksStillThere, FAST_TERMS),
    'the JWKS is still there; then gone everywhere within 2s, verifiers cache up to 5s, clock skew 1s',
  ],
])('%s without its observation says what is missing, and shows no time', (_, gate, explanation) => {
  expect(gate.opensAtMs).toBeNull();
  expect(explainGate(gate, NOTHING_LOWERED)).toBe(explanation);
});

test('the rest of a set goes P + H + C + S after its JWKS', () => {
  const ledger = ledgerOf(rotatedWorld());
  const deletion = { removing: true, jwksRemovedSeenMs: NINE };
  const gate = deletionGate({ ...ledger, deletion }, { ...FAST_TERMS, sharedCacheTtlMs: 4_000 });
  expect(gate.opensAtMs).toBe(NINE + 2_000 + 4_000 + 5_000 + 1_000);
});

test('the explanation marks a term that was lowered meanwhile and still counts', () => {
  const terms = { ...DEFAULT_TERMS, publicationDelayMs: 2_000, verifierCacheTtlMs: 5_000 };
  expect(explainGate(activationGate(published), { terms, termFields: TERM_FIELDS })).toBe(
    'published 2026-12-01T09:00:00Z, served everywhere by 2026-12-01T09:03:00Z (spec.timing.publicationDelay is 2s ' +
      'now; the earlier 3m still counts), verifiers cache up to 10m (spec.verifierCacheTTL is 5s now; the earlier ' +
      '10m still counts), clock skew 30s (spec.timing.clockSkew): 2026-12-01T09:13:30Z',
  );
});

test.each<[string, Gate]>([
  ['servedSinceGate', servedSinceGate(shared)],
  ['activationGate', activationGate(shared)],
  ['switchedGate', switchedGate(signing)],
  ['takenUpGate', takenUpGate(stopped)],
  ['restartGate', restartGate(signing)],
  ['removalGate, as forecast', removalGate(stopped)],
  ['removalGate', removalGate(settled)],
  ['unforeseenRemovalGate', unforeseenRemovalGate(unseenRetiring, 'a pod holds it')],
  ['dueGate', dueGate(signing, policy)],
  ['publishGate', publishGate(signing, policy, shared.largest)],
  ['deletionGate', deletionGate(jwksStillThere, shared.largest)],
])('%s names the field behind each of its values', (_, gate) => {
  const nameless = gate.terms.filter(
    ({ term, field }) => term === undefined && field === undefined,
  );
  expect(nameless.map(({ label }) => label).filter((label) => label !== 'as a margin')).toEqual([]);
});

describe('a gate', () => {
  const gate = servedSinceGate(published);
  const opensAtMs = gate.opensAtMs ?? 0;

  test('is open from its instant on, and never if it has none', () => {
    expect(isOpen(gate, opensAtMs - 1)).toBe(false);
    expect(isOpen(gate, opensAtMs)).toBe(true);
    expect(isOpen(activationGate(keyWith({})), Number.MAX_SAFE_INTEGER)).toBe(false);
  });

  test('that is only forecast is never open', () => {
    const forecast = removalGate(stopped);
    expect(isOpen(forecast, (forecast.opensAtMs ?? 0) + HOUR)).toBe(false);
    expect(isOpen(removalGate(settled), NINE + 25 * MINUTE)).toBe(true);
  });

  test('of several, the latest counts, and one that can’t be told yet is the latest', () => {
    const sooner = { gate };
    const later = { gate: activationGate(published) };
    const unknown = { gate: removalGate(published) };
    expect(lastOf([sooner])).toBe(sooner);
    expect(lastOf([later, sooner])).toBe(later);
    expect(lastOf([sooner, unknown, later])).toBe(unknown);
  });

  test('is shown in whole seconds, rounded up, as it is not open before', () => {
    const odd = servedSinceGate(keyWith({ publishedSeenMs: NINE + 1 }));
    expect(explainGate(odd, NOTHING_LOWERED)).toBe(
      'published 2026-12-01T09:00:01Z, served everywhere by 2026-12-01T09:03:01Z',
    );
  });
});
