/** Tables of histories, and when each of them breaks a promise. */
import { describe, expect, test } from 'vitest';
import { FIRST_KEY, type Move, NEXT_KEY, OPERATOR, violationsOf } from './small-history.ts';
import type { Broken } from './verdict/rules.ts';

type Case = readonly [name: string, moves: readonly Move[], brokenAtSeconds: readonly number[]];

/** @param before what precedes the moves of each case, and breaks nothing */
export function cases(promise: Broken, before: readonly Move[], table: readonly Case[]): void {
  describe(promise, () => {
    test.each(table)('%s', (_, moves, brokenAt) => {
      const found = violationsOf([...before, ...moves], promise);
      expect(found.map(({ atSeconds }) => atSeconds)).toEqual(brokenAt);
    });
  });
}

/** `a` signs, `b` is published. */
export const READY: readonly Move[] = [...FIRST_KEY, ...NEXT_KEY];
/** `b` signs as soon as it may. */
export const SWITCHED: readonly Move[] = [...READY, [27, OPERATOR, 'signer', 'b']];
