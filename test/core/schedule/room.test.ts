import { describe, expect, test } from 'vitest';
import type { KeyKind } from '../../../src/core/formats/spec.ts';
import type { Ledger, LedgerKey } from '../../../src/core/ledger/ledger.ts';
import { newKey } from '../../../src/core/ledger/lifecycle.ts';
import { isFull, makingRoom } from '../../../src/core/schedule/room.ts';
import { scheduleOf } from '../../../src/core/schedule/schedule.ts';
import { fixtureJwk } from '../../support/core-world/fixture-jwk.ts';
import {
  EC_KIND,
  FAST_SPEC,
  FAST_TERMS,
  kindOfAlgorithm,
} from '../../support/core-world/fixtures.ts';
import { ledgerOf, rotatedWorld, situation } from '../../support/core-world/states.ts';
import { told } from './told.ts';

const RSA = kindOfAlgorithm('RS256');
const WANTED = kindOfAlgorithm('ES384');
const BARRED = { generation: 9, reason: 'Retired', removedSeenMs: null } as const;

/** #2 signs; the spec asks for another kind. */
const world = rotatedWorld({ ...FAST_SPEC });
world.hands.editSpec((spec) => ({ ...spec, kind: WANTED }));
const now = situation(world);
const active = ledgerOf(world).keys.filter(({ state }) => state === 'Active');

function key(ordinal: number, kind: KeyKind, changes: Partial<LedgerKey> = {}): LedgerKey {
  const kid = `k${ordinal}`;
  const publicJwk = fixtureJwk(kid, kind);
  const origin = { ordinal, kid, publicJwk, keyKind: kind, imported: false };
  return { ...newKey(origin, FAST_TERMS), publishedSeenMs: ordinal, ...changes };
}

/** After its wait, by the instant at which that began. */
const signed = (settledMs: number): Partial<LedgerKey> => ({
  mayHaveSigned: true,
  settled: { seenMs: settledMs, reload: 'Watch' },
});

const withKeys = (...keys: readonly LedgerKey[]): Ledger => ({
  ...ledgerOf(world),
  keys: [...active, ...keys],
});

const many = (count: number, changes: Partial<LedgerKey> = {}): readonly LedgerKey[] =>
  Array.from({ length: count }, (_, index) => key(20 + index, RSA, changes));

describe('there is no room', () => {
  test.each<[string, Ledger, boolean]>([
    ['with seven published keys: there is', withKeys(...many(6)), false],
    ['with eight', withKeys(...many(7)), true],
    [
      'with one of them barred, if it may still be needed',
      withKeys(...many(6), key(9, RSA, { bar: BARRED, mayHaveSigned: true })),
      true,
    ],
    [
      'with one of them barred that never signed: there is',
      withKeys(...many(6), key(9, RSA, { bar: BARRED })),
      false,
    ],
  ])('%s', (_, ledger, expected) => {
    expect(isFull(ledger)).toBe(expected);
  });
});

describe('room is made by', () => {
  test.each<[string, Ledger, string | null]>([
    ['nobody, if all may be needed', withKeys(key(5, RSA, { state: 'Retiring' })), null],
    ['not by one of the kind that the spec asks for', withKeys(key(5, WANTED)), null],
    ['the oldest of another kind', withKeys(key(5, RSA), key(6, RSA)), 'k5'],
    ['not by the standby of the old kind', withKeys(key(5, EC_KIND), key(6, RSA)), 'k6'],
    ['of several, by one that is proven later', withKeys(key(5, EC_KIND), key(6, EC_KIND)), 'k6'],
    ['that standby, if nothing else can go', withKeys(key(5, EC_KIND)), 'k5'],
    ['one that never signed', withKeys(key(5, RSA, signed(1)), key(6, RSA)), 'k6'],
    [
      'the standby of the old kind before one that may have signed',
      withKeys(key(5, EC_KIND), key(6, RSA, signed(1))),
      'k5',
    ],
    [
      'the first whose tokens have expired, if all may have signed',
      withKeys(
        key(5, RSA, signed(3)),
        key(6, RSA, signed(2)),
        key(7, RSA, { mayHaveSigned: true }),
      ),
      'k6',
    ],
    ['not by a barred one: it leaves anyway', withKeys(key(5, RSA, { bar: BARRED })), null],
    [
      'not by the one that is proven first, while no key signs',
      { ...withKeys(), keys: [key(5, RSA), key(6, EC_KIND)] },
      'k6',
    ],
  ])('%s', (_, ledger, expected) => {
    expect(makingRoom(now, ledger)?.kid ?? null).toBe(expected);
  });
});

describe('a key makes room', () => {
  /** The Secrets of these keys are not there, except that of #3. */
  const secrets = (ledger: Ledger) => ({
    ...now,
    keySecrets: ledger.keys.map(({ ordinal, kid, publicJwk, algorithm, rsaModulusLength }) => {
      const keyKind: KeyKind = { algorithm, rsaModulusLength };
      const content = { kind: 'Key', kid, publicJwk, keyKind, kidIsThumbprint: true } as const;
      const { meta } = world.hands.keySecret(3);
      return { meta, typeFits: true, ordinal, content };
    }),
  });
  const removed = (ledger: Ledger) =>
    scheduleOf(secrets(ledger), ledger).removals.map((each) => `${told(each)}: ${each.reason}`);

  test.each<[string, Ledger, readonly string[]]>([
    [
      'at once, if it never signed',
      withKeys(...many(7)),
      ['Remove k20 at once: Nothing: Superseded'],
    ],
    ['not while there is room', withKeys(...many(6)), []],
    ['not if the next key is there already', withKeys(...many(6), key(9, WANTED)), []],
    [
      'by its gate, if it may have signed',
      withKeys(...many(7, signed(now.nowMs))),
      ['Remove k20 46s: TokensExpire: Superseded'],
    ],
    [
      'not in a deletion',
      { ...withKeys(...many(7)), deletion: { removing: false, jwksRemovedSeenMs: null } },
      [],
    ],
  ])('%s', (_, ledger, expected) => {
    expect(removed(ledger)).toEqual(expected);
  });
});
