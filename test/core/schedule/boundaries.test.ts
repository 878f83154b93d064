import { expect, test } from 'vitest';
import { ANNOTATION, REQUEST } from '../../../src/core/formats/names.ts';
import type { Spec } from '../../../src/core/formats/spec.ts';
import { plan } from '../../../src/core/plan.ts';
import { boundariesOf } from '../../../src/core/schedule/boundaries.ts';
import { scheduleOf } from '../../../src/core/schedule/schedule.ts';
import { FAST_SPEC, SECOND } from '../../support/core-world/fixtures.ts';
import { ledgerOf, rotatedWorld, situation } from '../../support/core-world/states.ts';
import { START_MS, type World } from '../../support/core-world/world.ts';

/** In seconds since the set was created, each once, in order. */
function secondsOf(world: World): readonly number[] {
  const now = situation(world);
  const schedule = scheduleOf(now, ledgerOf(world));
  const times = boundariesOf(now, schedule).map((atMs) => (atMs - START_MS) / SECOND);
  return [...new Set(times)].sort((a, b) => a - b);
}

function edited(terms: Partial<Spec['terms']>): World {
  const world = rotatedWorld();
  world.hands.editSpec((spec) => ({ ...spec, terms: { ...spec.terms, ...terms } }));
  return world;
}

const NOTHING = () => rotatedWorld();

// At 35 s: #1 retires, #2 signs since 30 s, #3 is published since 30 s.
test.each<[string, () => World, number]>([
  ['the key that signs is served everywhere', NOTHING, 2],
  ['pods that start read the new key', NOTHING, 33],
  ['workloads may be restarted', NOTHING, 34],
  ['the next key may sign', NOTHING, 38],
  ['the old key may leave the JWKS', NOTHING, 44],
  ['the rotation is due', NOTHING, 60],
  // Due, and then a lead of 8 s and a minute.
  ['the rotation is overdue', NOTHING, 128],
  [
    'the old key may leave, by a T that is not in the ledger yet',
    () => edited({ tokenTtlMs: 20_000 }),
    56,
  ],
  // Ended at 44 s; P 2s, D 5s and S 1s after that.
  ['nobody trusts an ended key any more', () => later(50), 52],
  // Noted at 35 s; P 2s and the old T of 8s after that.
  ['a term that was lowered no longer counts', () => noted({ tokenTtlMs: 2_000 }, 43), 45],
])('a decision may change when %s', (_, worldOf, seconds) => {
  expect(secondsOf(worldOf())).toContain(seconds);
});

function later(seconds: number): World {
  const world = rotatedWorld();
  world.runUntil(START_MS + seconds * SECOND);
  return world;
}

function noted(terms: Partial<Spec['terms']>, seconds: number): World {
  const world = edited(terms);
  world.runUntil(START_MS + seconds * SECOND);
  return world;
}

test('without a sound ledger no such time is known: then every step is taken at once', () => {
  const world = rotatedWorld();
  world.hands.annotateSigner(ANNOTATION.ledger, null);
  expect(plan(world.observe(), world.nowMs).nextAtMs).toBeNull();
});

test('in an ordered deletion the last of them is when the caches have expired', () => {
  const world = rotatedWorld({ ...FAST_SPEC, deletionPolicy: 'Delete' });
  world.hands.deleteSet();
  world.runUntil(START_MS + 50 * SECOND);
  expect(world.api.jwks).toBeNull();
  // The JWKS was seen gone at 49 s: P 2s, C 5s, S 1s.
  expect(secondsOf(world)).toContain(57);
});

test.each([
  ['tokens', 36, 49],
  ['caches', 50, 57],
])(
  'a wait for %s that is skipped changes its words once it would be over',
  (_, atSeconds, then) => {
    const world = rotatedWorld({ ...FAST_SPEC, deletionPolicy: 'Delete' });
    world.hands.deleteSet();
    world.runUntil(START_MS + atSeconds * SECOND);
    world.hands.annotate(REQUEST.skipDeletionWait, world.api.set?.ref.uid ?? '');
    expect(scheduleOf(situation(world), ledgerOf(world)).deletion?.when.kind).toBe('AtOnce');
    expect(secondsOf(world)).toContain(then);
  },
);
