/** A share of the planted bugs as tests, so that two of them are hunted at a time. */
import { expect, test } from 'vitest';
import { recordFigure, recordTotal } from '../support/vitest/record-figure.ts';
import { catcherOf } from './catchers.ts';
import { hunt } from './hunt.ts';
import { knownPatches } from './plant.ts';

const TIMEOUT_MS = 300_000;

export function testShare(share: number, shares: number): void {
  const patches = knownPatches().filter((_, index) => index % shares === share);
  test.each(patches)('$name', { timeout: TIMEOUT_MS }, async (patch) => {
    const found = await hunt(patch, [[catcherOf(patch)]]);
    recordTotal('planted', 1);
    recordTotal('plantedCaught', found === null ? 0 : 1);
    if (found !== null) recordFigure(`planted ${patch.name}`, `${found.promise}, ${found.after}`);
    expect(found, patch.description).not.toBeNull();
  });
}
