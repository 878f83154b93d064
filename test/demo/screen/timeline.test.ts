import { describe, expect, test } from 'vitest';
import type { KeyLife, KeyState } from '../record/chronicle.ts';
import { axisFor, bar, markLine, ruler } from './timeline.ts';

const LETTERS: { readonly [State in KeyState]: string } = {
  Pending: 'p',
  Active: 'A',
  Retiring: 'r',
  Retired: '.',
  Revoked: 'x',
};

function life(...changes: readonly (readonly [KeyState, number])[]): KeyLife {
  return { ordinal: 1, kid: 'k', changes: changes.map(([state, atMs]) => ({ state, atMs })) };
}

const axis = { startMs: 1000, stepMs: 1000, columns: 10 };

describe('a bar shows in each column the state at its end', () => {
  const whole = life(['Pending', 2500], ['Active', 4000], ['Retiring', 6200], ['Retired', 9000]);
  const table: readonly (readonly [string, KeyLife, number, string])[] = [
    ['before it was published', whole, 2400, '  '],
    ['in the moment of publication', whole, 2500, ' p'],
    ['within its life', whole, 5500, ' pAAA'],
    ['after its end', whole, 10_000, ' pAAArr..'],
    ['beyond the axis', whole, 60_000, ' pAAArr...'],
    ['before the axis', whole, 500, ''],
  ];
  test.each(table)('%s', (_, of, nowMs, wanted) => {
    const cells = bar(of, axis, nowMs).map((state) => (state === null ? ' ' : LETTERS[state]));
    expect(cells.join('')).toBe(wanted);
  });
});

test('the axis holds what is expected, and more if it takes longer', () => {
  expect(axisFor(0, 10_000, 100_000, 50).stepMs).toBe(2000);
  expect(axisFor(0, 200_000, 100_000, 50).stepMs).toBe(4000);
});

test.each([20, 60, 100])('every label of the ruler is at its column, %i wide', (columns) => {
  const stepMs = 100_000 / columns;
  const line = ruler({ startMs: 0, stepMs, columns });
  expect(line).toHaveLength(columns);
  const labels = [...line.matchAll(/(\d+)s/g)];
  expect(labels.length).toBeGreaterThan(1);
  for (const label of labels) {
    expect(label.index).toBe(Math.round((Number(label[1]) * 1000) / stepMs));
  }
});

test('two incidents in one column are both seen', () => {
  const marks = [
    { atMs: 3000, symbol: 'x', text: '' },
    { atMs: 3100, symbol: 'y', text: '' },
    { atMs: 99_000, symbol: 'z', text: 'beyond the axis' },
  ];
  expect(markLine(marks, axis)).toBe('  xy      ');
});
