import { describe, expect, it } from 'vitest';
import { microTime, parseKubeTimeMs } from '../../../src/platform/kube/time.ts';

describe('microTime', () => {
  it.each([
    [0, '1970-01-01T00:00:00.000000Z'],
    [1_795_460_700_000, '2026-11-23T19:05:00.000000Z'],
    [1_795_460_700_007, '2026-11-23T19:05:00.007000Z'],
    [1_795_460_700_999.9995, '2026-11-23T19:05:00.999999Z'],
  ])('writes %d with six digits', (wallMs, text) => {
    expect(microTime(wallMs)).toBe(text);
  });
});

describe('parseKubeTimeMs', () => {
  it.each([
    ['2026-11-23T19:05:00Z', 1_795_460_700_000],
    ['2026-11-23T19:05:00.007999Z', 1_795_460_700_007],
    ['2026-11-23T20:05:00.5+01:00', 1_795_460_700_500],
    ['2026-11-23T19:05Z', null],
    ['2026-13-23T19:05:00Z', null],
    ['Mon, 23 Nov 2026 19:05:00 GMT', null],
    [1_795_460_700_000, null],
    [undefined, null],
  ])('reads %s', (value, atMs) => {
    expect(parseKubeTimeMs(value)).toBe(atMs);
  });
});
