import { describe, expect, test } from 'vitest';
import {
  activeKey,
  type EndReason,
  hasEnded,
  isLeaving,
  keyByKid,
  type Ledger,
  type LedgerKey,
  neededKeys,
  ordinalAfter,
  publishedKeys,
  sameKind,
} from '../../../src/core/ledger/ledger.ts';
import { EC_KIND, kindOfAlgorithm } from '../../support/core-world/fixtures.ts';
import { ledgerOf, rotatedWorld, withKey } from '../../support/core-world/states.ts';

/** #1 Retiring, #2 Active, #3 Pending. */
const rotated = ledgerOf(rotatedWorld());
const kidsOf = (keys: readonly LedgerKey[]) => keys.map(({ kid }) => kid);

function barred(reason: EndReason, removedSeenMs: number | null = null): Ledger {
  return withKey(rotated, 'k1', { bar: { generation: 9, reason, removedSeenMs } });
}

test('a key is found by its state or its kid', () => {
  expect(activeKey(rotated)?.kid).toBe('k2');
  expect(activeKey({ ...rotated, keys: [] })).toBeNull();
  expect(keyByKid(rotated, 'k3')?.ordinal).toBe(3);
  expect(keyByKid(rotated, 'k9')).toBeNull();
});

describe('which keys belong in the JWKS, and which must not be missing from it', () => {
  test.each<[string, Ledger, readonly string[], readonly string[]]>([
    ['in the middle of a rotation', rotated, ['k1', 'k2', 'k3'], ['k1', 'k2']],
    // A JWKS that still shows it is correct until the removal was seen.
    ['barred, not seen gone', barred('Retired'), ['k2', 'k3'], ['k1', 'k2']],
    ['barred and seen gone', barred('Retired', 1), ['k2', 'k3'], ['k2']],
    ['revoked', barred('Revoked'), ['k2', 'k3'], ['k2']],
  ])('%s', (_, ledger, published, needed) => {
    expect(kidsOf(publishedKeys(ledger))).toEqual(published);
    expect(kidsOf(neededKeys(ledger))).toEqual(needed);
    expect(kidsOf(ledger.keys.filter(isLeaving))).toEqual(
      needed.filter((kid) => !published.includes(kid)),
    );
  });

  test('a key that never signed is not needed once it is barred', () => {
    const ledger = withKey(barred('Superseded'), 'k1', { mayHaveSigned: false });
    expect(kidsOf(neededKeys(ledger))).toEqual(['k2']);
  });
});

describe('what has ended', () => {
  const stone = {
    ordinal: 4,
    kid: 'k4',
    algorithm: 'ES256',
    reason: 'Retired',
    removedSeenMs: 1,
    trustMs: 1,
  } as const;
  const keys = rotated.keys.slice(2);
  const ledger: Ledger = { ...rotated, keys, tombstones: [stone], nextOrdinal: 6 };

  test.each<[string, string, number, boolean]>([
    ['a tombstone', 'k4', 4, true],
    ['its kid under another ordinal', 'k4', 9, true],
    ['its ordinal under another kid', 'k9', 4, true],
    ['a living key', 'k3', 3, false],
    ['a key that is new', 'k9', 6, false],
    ['an ordinal without a tombstone', 'k9', 5, true],
    ['the ordinal of a living key under another kid', 'k9', 3, true],
    ['a living kid under an ended ordinal', 'k3', 2, true],
    ['a living kid under an ordinal that was never given', 'k3', 9, false],
  ])('%s', (_, kid, ordinal, expected) => {
    expect(hasEnded(ledger, kid, ordinal)).toBe(expected);
  });
});

test.each([
  ['no key', 1, [], 1],
  ['keys above it', 1, [3, 7, 2], 8],
  ['a key directly at it', 7, [7], 8],
  ['keys below it', 20, [3, 7], 20],
])('after %s the next ordinal is one that no key ever had', (_, before, ordinals, expected) => {
  const holders = ordinals.map((ordinal) => ({ ordinal }));
  expect(ordinalAfter(before, holders)).toBe(expected);
});

test.each([
  ['ES256', EC_KIND, true],
  ['ES384', kindOfAlgorithm('ES384'), false],
  ['RSA', kindOfAlgorithm('RS256'), false],
])('a key of %s is of the same kind as one of ES256: %s', (_, kind, expected) => {
  expect(sameKind(EC_KIND, kind)).toBe(expected);
});

test('two RSA keys of different lengths are of different kinds', () => {
  const kind = kindOfAlgorithm('RS256');
  expect(sameKind(kind, { ...kind, rsaModulusLength: 4096 })).toBe(false);
});
