import { describe, expect, test } from 'vitest';
import { REQUEST } from '../../../src/core/formats/names.ts';
import type { Spec } from '../../../src/core/formats/spec.ts';
import type { ObservedPods } from '../../../src/core/reading/model.ts';
import { DELETION_WAIT_SKIPPED, deletionTransition } from '../../../src/core/schedule/deletion.ts';
import { FAST_SPEC, SECOND } from '../../support/core-world/fixtures.ts';
import { ledgerOf, situation, withKey } from '../../support/core-world/states.ts';
import { START_MS, type World, worldWith } from '../../support/core-world/world.ts';
import { told } from './told.ts';

const DYING: Spec = { ...FAST_SPEC, deletionPolicy: 'Delete' };
const HELD: ObservedPods = {
  kind: 'Read',
  readOnce: [{ pod: 'a', readsBy: 'Env', sinceMs: 0, workload: null }],
  more: 0,
};

/** Deleted at 12 s, while #1 signs and #2 is pending. */
function deletedWorld(untilSeconds: number, pods: ObservedPods | null = null): World {
  const world = worldWith(DYING);
  world.runFor(12 * SECOND);
  world.hands.deleteSet();
  if (pods !== null) world.api.pods = pods;
  world.settle();
  world.runUntil(START_MS + untilSeconds * SECOND);
  return world;
}

function skip({ api, hands }: World): void {
  hands.annotate(REQUEST.skipDeletionWait, api.set?.ref.uid ?? '');
}

const next = (world: World, ledger = ledgerOf(world)) =>
  told(deletionTransition(situation(world), ledger));

test('nothing is to come before a deletion has begun, and none is skipped', () => {
  const world = worldWith(DYING);
  world.runFor(12 * SECOND);
  skip(world);
  expect(next(world)).toBe('nothing');
});

describe('the JWKS is deleted', () => {
  test.each<[string, () => World, string]>([
    // The signer was seen empty at 12 s: Ps 2s, S 1s, T 8s, L 1s, 2S 2s.
    [
      'when the last token has expired',
      () => deletedWorld(16),
      'DeleteJwks a key 26s: TokensExpire',
    ],
    ['as is forecast at first', () => deletedWorld(13), 'DeleteJwks a key 26s: TokensExpire'],
    [
      'some day, while a pod may keep signing',
      () => deletedWorld(16, HELD),
      'DeleteJwks a key some day: PodsHoldKey',
    ],
    [
      'some day, while nobody knows the pods',
      () => deletedWorld(16, { kind: 'Forbidden' }),
      'DeleteJwks a key some day: PodsUnknown',
    ],
  ])('%s', (_, make, expected) => {
    expect(next(make())).toBe(expected);
  });

  test('with the last of several keys that signed', () => {
    const world = deletedWorld(16);
    const [k1] = ledgerOf(world).keys;
    if (k1?.settled == null) throw new Error('it is known that nobody signs with #1');
    const settled = { ...k1.settled, seenMs: k1.settled.seenMs + 4 * SECOND };
    const signed = { state: 'Retiring', mayHaveSigned: true } as const;
    const later = withKey(ledgerOf(world), 'k2', { ...signed, settled });
    expect(next(world, later)).toBe('DeleteJwks a key 30s: TokensExpire');
    const unknown = withKey(ledgerOf(world), 'k2', signed);
    expect(next(world, unknown)).toBe('DeleteJwks a key some day: TokensExpire');
  });

  test('once nothing that signed is left, at once', () => {
    const world = deletedWorld(16);
    const keys = ledgerOf(world).keys.filter(({ mayHaveSigned }) => !mayHaveSigned);
    expect(keys.map(({ kid }) => kid)).toEqual(['k2']);
    expect(next(world, { ...ledgerOf(world), keys })).toBe(
      'DeleteJwks a key at once: TokensExpire',
    );
  });

  test('not before a barred key whose tokens can still be valid', () => {
    const world = deletedWorld(16);
    const bar = { generation: 9, reason: 'Retired' as const, removedSeenMs: null };
    expect(next(world, withKey(ledgerOf(world), 'k1', { bar }))).toBe(
      'DeleteJwks a key 26s: TokensExpire',
    );
    const revoked = { ...bar, reason: 'Revoked' as const };
    expect(next(world, withKey(ledgerOf(world), 'k1', { bar: revoked }))).toBe(
      'DeleteJwks a key at once: TokensExpire',
    );
  });
});

describe('then the rest', () => {
  test('when no cache asks for the JWKS any more: P 2s, C 5s, S 1s after it was seen gone', () => {
    expect(next(deletedWorld(28))).toBe('Delete a key 34s: CachesExpire');
  });

  test('some day, while the JWKS was not seen gone', () => {
    const world = deletedWorld(28);
    const deletion = { removing: true, jwksRemovedSeenMs: null };
    expect(next(world, { ...ledgerOf(world), deletion })).toBe(
      'Delete a key some day: CachesExpire',
    );
  });

  test('by the largest C that any of its keys was published under', () => {
    const world = deletedWorld(28);
    const [k1] = ledgerOf(world).keys;
    if (k1 === undefined) throw new Error('#1 is there');
    const largest = { ...k1.largest, verifierCacheTtlMs: 20 * SECOND };
    expect(next(world, withKey(ledgerOf(world), 'k1', { largest }))).toBe(
      'Delete a key 49s: CachesExpire',
    );
  });
});

describe('a wait that is skipped', () => {
  test.each([
    [16, 'DeleteJwks a key at once: TokensExpire'],
    [28, 'Delete a key at once: CachesExpire'],
  ])('is over at once: at %d s', (seconds, expected) => {
    const world = deletedWorld(seconds);
    skip(world);
    expect(next(world)).toBe(expected);
  });

  // The arithmetic says when it would have been over.
  test.each<[string, number, boolean]>([
    ['is called skipped', 25, true],
    ['is not called skipped once it is over anyway', 26, false],
  ])('%s', (_, seconds, isSkipped) => {
    const world = deletedWorld(16);
    skip(world);
    world.nowMs = START_MS + seconds * SECOND;
    const transition = deletionTransition(situation(world), ledgerOf(world));
    expect(transition?.explanation.includes(DELETION_WAIT_SKIPPED)).toBe(isSkipped);
    expect(transition?.explanation).toMatch(/09:00:26Z$/);
    expect(transition?.when.kind).toBe('AtOnce');
  });
});

test('the UID of another set skips nothing', () => {
  const world = deletedWorld(16);
  world.hands.annotate(REQUEST.skipDeletionWait, 'uid-of-another-set');
  expect(next(world)).toBe('DeleteJwks a key 26s: TokensExpire');
});
