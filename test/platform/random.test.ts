import { describe, expect, it } from 'vitest';
import { hashToUnit, systemRandom } from '../../src/platform/random.ts';

describe('hashToUnit', () => {
  it('gives the same number for the same text, in [0, 1)', () => {
    for (const text of ['', 'a', 'auth/payments', 'é🙂']) {
      expect(hashToUnit(text)).toBe(hashToUnit(text));
      expect(hashToUnit(text)).toBeGreaterThanOrEqual(0);
      expect(hashToUnit(text)).toBeLessThan(1);
    }
  });

  it('spreads names that differ in their last digits only', () => {
    const buckets = Array.from({ length: 10 }, () => 0);
    for (let index = 0; index < 10_000; index++) {
      const bucket = Math.floor(hashToUnit(`auth/set-${index}`) * 10);
      buckets[bucket] = (buckets[bucket] ?? 0) + 1;
    }
    for (const count of buckets) {
      expect(count).toBeGreaterThan(850);
      expect(count).toBeLessThan(1150);
    }
  });
});

describe('systemRandom', () => {
  it('gives floats in [0, 1) and hex of the length asked for', () => {
    for (let index = 0; index < 100; index++) {
      expect(systemRandom.float()).toBeGreaterThanOrEqual(0);
      expect(systemRandom.float()).toBeLessThan(1);
    }
    expect(systemRandom.hex(16)).toMatch(/^[0-9a-f]{32}$/);
    expect(systemRandom.hex(16)).not.toBe(systemRandom.hex(16));
  });
});
