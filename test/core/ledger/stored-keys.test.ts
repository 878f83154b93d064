import { expect, test } from 'vitest';
import { Malformed } from '../../../src/core/ledger/members.ts';
import { keyOf, kidOf, termsOf, tombstoneOf } from '../../../src/core/ledger/stored-keys.ts';
import { ledgerOf, rotatedWorld } from '../../support/core-world/states.ts';

const ledger = ledgerOf(rotatedWorld());
const [key] = ledger.keys;
if (key === undefined) throw new Error('there is a key');
const { supersededSeenMs, ...stored } = key;
const form = { ...stored, signedUntilMs: supersededSeenMs };
const stone = {
  ordinal: 1,
  kid: 'k1',
  algorithm: 'ES256',
  reason: 'Retired',
  removedSeenMs: 5,
  trustMs: null,
};

test('a key is read as it is stored', () => {
  expect(keyOf(form)).toEqual(key);
  expect(tombstoneOf(stone)).toEqual(stone);
  expect(kidOf('k1', 'kid')).toBe('k1');
  expect(termsOf(key.largest, 'largest')).toEqual(key.largest);
  expect(termsOf({ ...key.largest, verifierTrustMs: null }, 'largest').verifierTrustMs).toBeNull();
});

test.each<[string, () => unknown, string]>([
  ['an instant', () => keyOf({ ...form, activatedMs: 2 ** 53 - 1 }), 'activatedMs is not from 0'],
  ['an ordinal', () => keyOf({ ...form, ordinal: 2 ** 53 - 1 }), 'ordinal is not from 1'],
  ['another kind', () => keyOf({ ...form, algorithm: 'RS256' }), 'of different kinds'],
  ['a kid', () => kidOf('a b', 'kid'), 'kid is not the id of a key'],
  ['a trust', () => tombstoneOf({ ...stone, trustMs: -1 }), 'tombstone.trustMs is not from 0'],
  [
    'a term',
    () => termsOf({ ...key.largest, clockSkewMs: 3_600_001 }, 'largest'),
    'largest.clockSkewMs is not from 0 to 3600000',
  ],
])('%s out of its bounds is refused', (_, read, message) => {
  expect(read).toThrow(Malformed);
  expect(read).toThrow(message);
});
