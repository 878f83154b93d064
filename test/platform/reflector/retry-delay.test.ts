import { expect, test } from 'vitest';
import { RetryDelay } from '../../../src/platform/reflector/retry-delay.ts';

const take = (delay: RetryDelay, count: number) =>
  Array.from({ length: count }, () => delay.nextMs());

test('doubles from 0.8 s to 30 s, and begins again after a reset', () => {
  const delay = new RetryDelay(() => 0);
  expect(take(delay, 8)).toEqual([800, 1600, 3200, 6400, 12_800, 25_600, 30_000, 30_000]);
  delay.reset();
  expect(delay.nextMs()).toBe(800);
});

test('the jitter adds up to half', () => {
  expect(take(new RetryDelay(() => 0.5), 2)).toEqual([1000, 2000]);
  expect(new RetryDelay(() => 0.999_999).nextMs()).toBeLessThan(1200);
});
