import { beforeEach, describe, expect, test } from 'vitest';
import type { Effort, Urgency } from '../../../src/core/reading/contest.ts';
import type { Plan, Step } from '../../../src/core/reading/model.ts';
import { Contests, LASTING_MS, PAUSE_MAX_MS } from '../../../src/operator/memory/contests.ts';
import { plannedStep, rotatedWorld } from '../../support/core-world/states.ts';

/** A repair of the signer's labels. */
function repair(effort: Partial<Effort> = {}): Step {
  const world = rotatedWorld();
  world.hands.editSigner((signer) => ({ ...signer, meta: { ...signer.meta, labels: {} } }));
  const step = plannedStep(world);
  return { ...step, effort: { ...step.effort, ...effort } };
}

const STEP = repair();

function whole(...held: readonly Effort[]): Plan {
  const rest = { nextAtMs: null, upcoming: [], rotationDueMs: null, publishedKids: [] };
  return { step: null, held, isWhole: true, ...rest };
}

let contests: Contests;
let nowMs: number;
beforeEach(() => {
  contests = new Contests();
  nowMs = 1_000_000;
});

/** Takes the step as soon as it may be taken, and finds it undone at once. @returns how long it backed off */
function fightOnce(step = STEP): number {
  contests.taken(step, nowMs);
  const takenMs = nowMs;
  while (contests.holdsUp(step, nowMs)) nowMs = contests.nextMs() ?? Infinity;
  return nowMs - takenMs;
}

test('a step that was never taken does not back off', () => {
  expect(contests.holdsUp(STEP, nowMs)).toBe(false);
  expect(contests.standing(nowMs)).toEqual([]);
  expect(contests.nextMs()).toBeNull();
});

test.each<[Urgency, readonly number[]]>([
  ['Immediate', [1, 2, 4, 8, 10, 10]],
  ['Soon', [1, 2, 4, 8, 16, 32, 60, 60]],
  ['Later', [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 600, 600]],
])('a step that is undone backs off, twice as long each time: %s', (urgency, seconds) => {
  const step = repair({ urgency });
  expect(seconds.map(() => fightOnce(step) / 1000)).toEqual(seconds);
  expect(Math.max(...seconds) * 1000).toBe(PAUSE_MAX_MS[urgency]);
});

test('one that is found undone later than its back-off does not wait', () => {
  contests.taken(STEP, nowMs);
  expect(contests.holdsUp(STEP, nowMs + 1500)).toBe(false);
});

test('one that wants something else by now does not wait', () => {
  fightOnce();
  contests.taken(STEP, nowMs);
  expect(contests.holdsUp(repair({ intent: 'another' }), nowMs)).toBe(false);
  expect(contests.holdsUp(STEP, nowMs)).toBe(true);
});

describe('what the core is told', () => {
  test('nothing of a step that has lasted so far', () => {
    contests.taken(STEP, nowMs);
    expect(contests.standing(nowMs)).toEqual([]);
  });

  test('undone once: it backs off; people do that by mistake', () => {
    contests.taken(STEP, nowMs);
    contests.holdsUp(STEP, nowMs);
    expect(contests.standing(nowMs)).toMatchObject([{ isPaused: true, isReported: false }]);
    expect(contests.standing(nowMs + 1000)).toMatchObject([{ isPaused: false }]);
  });

  test('undone twice: it is contested, with the field and its manager as they are now', () => {
    fightOnce();
    contests.taken(STEP, nowMs);
    contests.holdsUp(repair({ setBy: 'helm' }), nowMs);
    expect(contests.standing(nowMs)).toMatchObject([
      { isPaused: true, isReported: true, setBy: 'helm' },
    ]);
  });
});

describe('a fight is over', () => {
  beforeEach(() => {
    fightOnce();
    fightOnce();
    contests.taken(STEP, nowMs);
  });

  test('once the step has lasted, and the set is looked at then', () => {
    expect(contests.nextMs()).toBe(nowMs + LASTING_MS);
    contests.review(whole(), nowMs + LASTING_MS - 1);
    expect(contests.standing(nowMs)).toMatchObject([{ isReported: true }]);
    contests.review(whole(), nowMs + LASTING_MS);
    expect(contests.standing(nowMs)).toEqual([]);
  });

  test('once it is not wanted any more', () => {
    contests.holdsUp(STEP, nowMs);
    contests.review(whole(STEP.effort), nowMs);
    expect(contests.standing(nowMs)).toHaveLength(1);
    contests.review(whole(), nowMs);
    expect(contests.standing(nowMs)).toEqual([]);
  });

  test('not as long as stages were left out', () => {
    contests.holdsUp(STEP, nowMs);
    contests.review({ ...whole(), isWhole: false }, nowMs);
    expect(contests.standing(nowMs)).toHaveLength(1);
  });

  test('and the next one begins with the first back-off', () => {
    nowMs += LASTING_MS;
    contests.holdsUp(STEP, nowMs);
    expect(fightOnce()).toBe(2000);
  });
});

test('a step that is refused again backs off, and is not reported as undone', () => {
  contests.refused(STEP, nowMs);
  expect(contests.holdsUp(STEP, nowMs)).toBe(false);
  contests.refused(STEP, nowMs);
  expect(contests.holdsUp(STEP, nowMs)).toBe(true);
  expect(contests.standing(nowMs)).toMatchObject([{ isPaused: true, isReported: false }]);
  expect(contests.nextMs()).toBe(nowMs + 1000);
  contests.taken(STEP, nowMs + 1000);
  expect(contests.standing(nowMs + 1000)).toEqual([]);
});

test('a step that meets another version again and again backs off, until it is taken', () => {
  const meet = (times: number) => {
    for (let time = 0; time < times; time += 1) contests.outdated(STEP, nowMs);
  };
  meet(4);
  expect(contests.holdsUp(STEP, nowMs)).toBe(false);
  meet(1);
  expect(contests.holdsUp(STEP, nowMs)).toBe(true);
  nowMs = contests.nextMs() ?? Infinity;
  expect(contests.holdsUp(STEP, nowMs)).toBe(false);
  contests.taken(STEP, nowMs);
  meet(4);
  expect(contests.standing(nowMs).filter(({ isPaused }) => isPaused)).toEqual([]);
});

describe('what another operator has reported', () => {
  const BEGAN = '2026-12-01T09:00:00Z';

  test('is kept for as long as this one may need to find out, from when it saw it first', () => {
    expect(contests.keptForMs(null, nowMs)).toBe(0);
    expect(contests.keptForMs(BEGAN, nowMs)).toBe(LASTING_MS);
    expect(contests.keptForMs(BEGAN, nowMs + 1000)).toBe(LASTING_MS - 1000);
    expect(contests.keptForMs(BEGAN, nowMs + LASTING_MS)).toBe(0);
    const again = '2026-12-01T09:06:00Z';
    expect(contests.keptForMs(again, nowMs + LASTING_MS)).toBe(LASTING_MS);
  });

  test('is not kept by one that has reported some itself', () => {
    fightOnce();
    fightOnce();
    expect(contests.keptForMs(BEGAN, nowMs)).toBe(0);
  });
});
