import { expect, test } from 'vitest';
import { nextCheckMs, validUntilMs } from './check-times.ts';

test.each([0, 1000])('a token is checked until its end, with a leeway of %i ms', (leewayMs) => {
  const untilMs = validUntilMs(8, leewayMs);
  const times: number[] = [];
  for (let atMs: number | null = 0; atMs !== null; atMs = nextCheckMs(atMs, untilMs)) {
    times.push(atMs);
  }
  expect(times.length).toBeGreaterThan(7);
  const last = times.at(-1) ?? 0;
  expect(last).toBeLessThan(8000 + leewayMs);
  expect(last).toBeGreaterThan(8000 + leewayMs - 100);
});

test('after its end a token is not checked', () => {
  expect(nextCheckMs(9000, 8000)).toBeNull();
});
