import { expect, test } from 'vitest';
import { clocksDisagree, judgeOffsetMs, recordedMs } from '../../../src/core/reading/clock.ts';

const reading = (
  startedMs: number,
  endedMs: number,
  first: number | null,
  last = first,
  elapsedMs = endedMs - startedMs,
) => ({ startedMs, endedMs, elapsedMs, firstDateMs: first, lastDateMs: last });

test.each([
  ['the operator is ahead', reading(10_500, 10_600, 9_000), 10_600, -1_500],
  ['the API server is ahead', reading(10_500, 10_600, 12_000), 12_000, 0],
  ['a reading over many seconds', reading(10_000, 15_000, 10_000, 16_000), 16_000, 0],
  ['no Date', reading(10_500, 10_600, null), 10_600, 0],
])('%s: recorded by the later clock, judged by the earlier', (_, read, recorded, offset) => {
  expect(recordedMs(read)).toBe(recorded);
  expect(judgeOffsetMs(read)).toBe(offset);
});

test.each([
  ['no Date', reading(10_000, 10_000, null), true],
  ['the same', reading(10_000, 10_000, 10_000), false],
  ['S + 1 s behind', reading(13_000, 13_000, 10_000), false],
  ['more behind', reading(13_001, 13_001, 10_000), true],
  ['S + 1 s ahead', reading(10_000, 10_000, 13_000), false],
  ['more ahead', reading(9_999, 9_999, 13_000), true],
  ['a slow reading within', reading(10_000, 60_000, 10_000, 60_000), false],
  ['set forward by S in the middle', reading(10_000, 12_100, 10_000, 10_000, 100), false],
  ['set forward by more in the middle', reading(10_000, 20_100, 10_000, 10_000, 100), true],
  ['set back by S in the middle', reading(10_000, 8_100, 10_000, 10_000, 100), false],
  ['set back by more in the middle', reading(10_000, 100, 10_000, 10_000, 100), true],
  ['set right in the middle', reading(20_000, 10_100, 10_000, 10_000, 100), true],
])('clocks that may differ by at most 2 s: %s', (_, read, disagree) => {
  expect(clocksDisagree(read, 2_000)).toBe(disagree);
});
