import { describe, expect, it } from 'vitest';
import { systemRandom } from '../../src/platform/random.ts';

describe('systemRandom', () => {
  it('gives floats in [0, 1) and hex of the requested length', () => {
    for (let index = 0; index < 100; index++) {
      expect(systemRandom.float()).toBeGreaterThanOrEqual(0);
      expect(systemRandom.float()).toBeLessThan(1);
    }
    expect(systemRandom.hex(16)).toMatch(/^[0-9a-f]{32}$/);
    expect(systemRandom.hex(16)).not.toBe(systemRandom.hex(16));
  });
});
