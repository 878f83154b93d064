import { expect, test } from 'vitest';
import { EVENT_REASONS, isRepair, REPAIRS } from '../../../src/core/formats/codes.ts';

test('every repair is the reason of an event', () => {
  expect(
    Object.keys(REPAIRS).filter((reason) => !EVENT_REASONS.some((one) => one === reason)),
  ).toEqual([]);
});

test.each([
  ['JwksRepaired', true],
  ['KeyActivated', false],
  // Of every object in JavaScript.
  ['toString', false],
])('%s is a repair: %s', (reason, expected) => {
  expect(isRepair(reason)).toBe(expected);
});
