import { describe, expect, test } from 'vitest';
import type { Gate } from '../../../src/core/ledger/gates.ts';
import type { Transition, When } from '../../../src/core/reading/model.ts';
import {
  AT_ONCE,
  byTime,
  following,
  instantMs,
  isDue,
  opening,
  transitionTime,
  UNKNOWN,
} from '../../../src/core/schedule/transition.ts';
import { START_MS } from '../../support/core-world/world.ts';

const at = (sinceStartMs: number): When => ({ kind: 'At', atMs: START_MS + sinceStartMs });

function transition(when: When): Transition {
  return { action: 'Activate', key: null, when, waitingFor: 'RotationDue', explanation: '' };
}

describe('a transition', () => {
  test.each<[string, When, { due: boolean; instant: number | null; time: string | undefined }]>([
    ['at once', AT_ONCE, { due: true, instant: null, time: undefined }],
    ['some day', UNKNOWN, { due: false, instant: null, time: undefined }],
    ['now', at(0), { due: true, instant: START_MS, time: '2026-12-01T09:00:00Z' }],
    ['a moment ago', at(-1), { due: true, instant: START_MS - 1, time: '2026-12-01T09:00:00Z' }],
    [
      // Shown as the second at which it is open for certain.
      'a moment later',
      at(1),
      { due: false, instant: START_MS + 1, time: '2026-12-01T09:00:01Z' },
    ],
    [
      'after another one, whose time has come',
      { kind: 'After', atMs: START_MS },
      { due: false, instant: START_MS, time: '2026-12-01T09:00:00Z' },
    ],
  ])('%s', (_, when, expected) => {
    const one = transition(when);
    expect({
      due: isDue(one, START_MS),
      instant: instantMs(one),
      time: transitionTime(one),
    }).toEqual(expected);
  });

  test('that is none is never due', () => {
    expect(isDue(null, START_MS)).toBe(false);
  });
});

test.each<[number | null, When]>([
  [null, UNKNOWN],
  [START_MS, at(0)],
])('a gate that opens at %s', (opensAtMs, expected) => {
  const gate: Gate = { opensAtMs, from: { label: 'x', notYet: 'y', atMs: null }, terms: [] };
  expect(opening(gate)).toEqual(expected);
});

test.each<[string, When, When]>([
  ['that has a time', at(1), { kind: 'After', atMs: START_MS + 1 }],
  ['that happens in this pass', AT_ONCE, UNKNOWN],
  ['whose time is not known', UNKNOWN, UNKNOWN],
])('what follows a transition %s', (_, when, expected) => {
  expect(following(transition(when))).toEqual(expected);
});

test('in order: what comes at once, then by time, and last what has no time', () => {
  const after: When = { kind: 'After', atMs: START_MS + 2 };
  const times = [UNKNOWN, after, at(3), AT_ONCE, at(1), UNKNOWN, AT_ONCE];
  const sorted = times.map(transition).sort(byTime);
  expect(sorted.map(({ when }) => when)).toEqual([
    AT_ONCE,
    AT_ONCE,
    at(1),
    after,
    at(3),
    UNKNOWN,
    UNKNOWN,
  ]);
});

test.each([AT_ONCE, at(1), UNKNOWN])('two of the same time keep their order: %o', (when) => {
  const [first, second] = [transition(when), transition(when)];
  expect([first, second].sort(byTime)[0]).toBe(first);
  expect(byTime(first, second)).toBe(0);
});
