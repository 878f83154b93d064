import { describe, expect, test } from 'vitest';
import { REQUEST } from '../../../src/core/formats/names.ts';
import type { Ledger, LedgerKey, Tombstone } from '../../../src/core/ledger/ledger.ts';
import { newKey } from '../../../src/core/ledger/lifecycle.ts';
import type { Transition } from '../../../src/core/reading/model.ts';
import { scheduleOf } from '../../../src/core/schedule/schedule.ts';
import { isDue } from '../../../src/core/schedule/transition.ts';
import { fixtureJwk } from '../../support/core-world/fixture-jwk.ts';
import {
  EC_KIND,
  FAST_SPEC,
  FAST_TERMS,
  kindOfAlgorithm,
  SECOND,
} from '../../support/core-world/fixtures.ts';
import { ledgerOf, rotatedWorld, situation, withKey } from '../../support/core-world/states.ts';
import { type World, worldWith } from '../../support/core-world/world.ts';
import { told } from './told.ts';

function publication(world: World, ledger = ledgerOf(world)): Transition | null {
  const now = situation(world);
  return scheduleOf(now, ledger).publication;
}

const AT_ONCE = 'Publish a key at once: Nothing';

describe('with a standby the next key is published', () => {
  test.each<[string, (world: World) => void, string]>([
    ['not while there is one', () => undefined, 'nothing'],
    ['at once, if its Secret is lost', ({ hands }) => hands.deleteKeySecret(3), AT_ONCE],
    [
      'at once, if it is of another algorithm',
      ({ hands }) => hands.editSpec((spec) => ({ ...spec, kind: kindOfAlgorithm('RS256') })),
      AT_ONCE,
    ],
  ])('%s', (_, disturb, expected) => {
    const world = rotatedWorld();
    disturb(world);
    expect(told(publication(world))).toBe(expected);
  });

  test('not in a deletion', () => {
    const world = rotatedWorld();
    const keys = ledgerOf(world).keys.filter(({ state }) => state !== 'Pending');
    const ledger = { ...ledgerOf(world), keys };
    expect(told(publication(world, ledger))).toBe(AT_ONCE);
    const deletion = { removing: false, jwksRemovedSeenMs: null };
    expect(told(publication(world, { ...ledger, deletion }))).toBe('nothing');
  });
});

describe('without a standby the next key is published', () => {
  /** #1 signs since 0 s. Due at 600 s, less the lead of 8 s and a minute. */
  function lonely(): World {
    const rotation = { intervalMs: 600 * SECOND, standby: false, suspend: false };
    const world = worldWith({ ...FAST_SPEC, rotation });
    world.settle();
    return world;
  }

  test.each<[string, (world: World) => void, string]>([
    ['in time for the next rotation', () => undefined, 'Publish a key 532s: PublicationDue'],
    [
      'at a time that is past, if the interval becomes shorter than the lead',
      ({ hands }) =>
        hands.editSpec((spec) => ({
          ...spec,
          rotation: { ...spec.rotation, intervalMs: 60 * SECOND },
        })),
      'Publish a key -8s: PublicationDue',
    ],
    [
      'sooner, if C is longer',
      (world) => {
        const terms = { ...FAST_TERMS, verifierCacheTtlMs: 15 * SECOND };
        world.hands.editSpec((spec) => ({ ...spec, terms }));
        world.settle();
      },
      'Publish a key 522s: PublicationDue',
    ],
    [
      'at once, if a rotation is requested',
      ({ hands }) => hands.annotate(REQUEST.rotate, '1'),
      AT_ONCE,
    ],
    [
      'at once, if the algorithm changes',
      ({ hands }) => hands.editSpec((spec) => ({ ...spec, kind: kindOfAlgorithm('RS256') })),
      AT_ONCE,
    ],
  ])('%s', (_, disturb, expected) => {
    const world = lonely();
    disturb(world);
    expect(told(publication(world))).toBe(expected);
  });

  test('at once, if no key signs', () => {
    const world = lonely();
    expect(told(publication(world, withKey(ledgerOf(world), 'k1', { state: 'Retiring' })))).toBe(
      AT_ONCE,
    );
  });
});

describe('the next key waits', () => {
  const RETIRED = { generation: 9, reason: 'Retired', removedSeenMs: null } as const;

  function extraKeys(count: number, changes: Partial<LedgerKey> = {}): readonly LedgerKey[] {
    return Array.from({ length: count }, (_, index) => {
      const kid = `extra-${index}`;
      const publicJwk = fixtureJwk(kid, EC_KIND);
      const origin = { ordinal: 50 + index, kid, publicJwk, keyKind: EC_KIND, imported: false };
      const key = newKey(origin, FAST_TERMS);
      return { ...key, state: 'Retiring' as const, mayHaveSigned: true, ...changes };
    });
  }

  /** #1 and #2, and more, without a standby. */
  function withExtra(extra: readonly LedgerKey[], changes: Partial<Ledger> = {}): Ledger {
    const ledger = ledgerOf(rotatedWorld());
    const living = ledger.keys.filter(({ state }) => state !== 'Pending');
    return { ...ledger, keys: [...living, ...extra], ...changes };
  }

  const stones = (count: number): readonly Tombstone[] =>
    Array.from({ length: count }, (_, index) => ({
      ordinal: 100 + index,
      kid: `ended-${index}`,
      algorithm: 'ES256',
      reason: 'Retired',
      removedSeenMs: 1,
      trustMs: 1,
    }));

  test.each<[string, Ledger, string]>([
    ['not if it is the eighth', withExtra(extraKeys(5)), AT_ONCE],
    // #1 leaves at 44 s; nothing is known of the others.
    [
      'if it would be the ninth, until the first leaves',
      withExtra(extraKeys(6)),
      'Publish a key 44s: PublishedKeysMax',
    ],
    [
      'if it would be the ninth with those that are barred and can still be trusted',
      withExtra(extraKeys(6, { bar: RETIRED })),
      'Publish a key 44s: PublishedKeysMax',
    ],
    [
      'not for those that were seen removed',
      withExtra(extraKeys(6, { bar: { ...RETIRED, removedSeenMs: 1 } })),
      AT_ONCE,
    ],
    [
      'not for those that have ended, however many',
      withExtra([], { tombstones: stones(128) }),
      AT_ONCE,
    ],
    [
      'if the ledger holds sixteen, because their Secrets are not gone yet',
      withExtra(extraKeys(14, { bar: { ...RETIRED, removedSeenMs: 1 } })),
      'Publish a key some day: PublishedKeysMax',
    ],
  ])('%s', (_, ledger, expected) => {
    expect(told(publication(rotatedWorld(), ledger))).toBe(expected);
  });

  test('and is not due just because that time has come: the first must have left', () => {
    const world = rotatedWorld();
    const { publication: waiting } = scheduleOf(situation(world), withExtra(extraKeys(6)));
    expect(isDue(waiting, Number.MAX_SAFE_INTEGER)).toBe(false);
  });

  test.each<[string, (world: World) => void, RegExp]>([
    [
      'and why it leaves then',
      () => undefined,
      /^8 keys are published, the maximum: key #1 must leave the JWKS first \(no issuer has signed with it since 2026-12-01T09:00:33Z, .*: 2026-12-01T09:00:44Z\)$/,
    ],
    [
      'and who holds it',
      (world) => {
        const old = { pod: 'a', readsBy: 'Env', sinceMs: 0, workload: null } as const;
        world.api.pods = { kind: 'Read', readOnce: [old], more: 0 };
      },
      /^8 keys .*: key #1 must leave the JWKS first \(it waits until no pod can still hold the key: restart or stop Pod a \(env\);/,
    ],
  ])('the explanation names the first to leave, %s', (_, disturb, expected) => {
    const world = worldWith(FAST_SPEC);
    disturb(world);
    world.runFor(35_000);
    const ledger = ledgerOf(world);
    const living = ledger.keys.filter(({ state }) => state !== 'Pending');
    const full = { ...ledger, keys: [...living, ...extraKeys(6)] };
    expect(publication(world, full)?.explanation).toMatch(expected);
  });
});
