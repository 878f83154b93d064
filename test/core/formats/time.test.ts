import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  formatDurationMs,
  formatInstant,
  parseDurationMs,
} from '../../../src/core/formats/time.ts';

test.each([
  ['0s', 0],
  ['500ms', 500],
  ['8s', 8_000],
  ['1m30s', 90_000],
  ['90s', 90_000],
  ['720h', 2_592_000_000],
  ['1h1m1s1ms', 3_661_001],
  ['99999h', 359_996_400_000],
])('the duration %s is %d ms', (text, ms) => {
  expect(parseDurationMs(text)).toBe(ms);
});

test.each([
  '',
  '1',
  '1d',
  '-1s',
  '+1s',
  '1.5h',
  ' 1s',
  '1s ',
  '1S',
  '100000s',
  '1h1h1h1h1h',
  's',
  '１s',
])('%j is no duration', (text) => {
  expect(parseDurationMs(text)).toBeNull();
});

test.each([
  [0, '0s'],
  [1, '1ms'],
  [60_000, '1m'],
  [90_500, '1m30s500ms'],
  [86_400_000, '24h'],
  [-90_000, '-1m30s'],
])('%d ms is written %s', (ms, text) => {
  expect(formatDurationMs(ms)).toBe(text);
});

test('a duration is read as it was written', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 359_996_400_000 }), (ms) => {
      expect(parseDurationMs(formatDurationMs(ms))).toBe(ms);
    }),
  );
});

test('an instant is written as Date writes it, in whole seconds without a fraction', () => {
  const range = { min: Date.UTC(1970, 0, 1), max: Date.UTC(2199, 11, 31) };
  const second = fc.integer({ min: 0, max: range.max / 1000 }).map((seconds) => seconds * 1000);
  fc.assert(fc.property(fc.oneof(fc.integer(range), second), expectAsDateWrites));
});

test.each([0, 59_000, -1, -1000, 253_402_300_799_000, 253_402_300_800_000, 8.64e15])(
  'so is %d, at a bound',
  (ms) => expectAsDateWrites(ms),
);

function expectAsDateWrites(ms: number): void {
  expect(formatInstant(ms)).toBe(new Date(ms).toISOString().replace('.000', ''));
}

test('an instant beyond what a Date can hold is written as the last one', () => {
  expect(formatInstant(Number.MAX_SAFE_INTEGER)).toBe('+275760-09-13T00:00:00Z');
});
