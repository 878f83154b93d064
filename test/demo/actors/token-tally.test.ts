import { expect, test } from 'vitest';
import { TokenTally } from './token-tally.ts';

test('from the revocation on, tokens of that key are neither verified nor rejected', () => {
  const tally = new TokenTally(2);
  tally.accept('a', 0, 1000);
  expect(tally.refuse('a', 1)).toBe(true);
  tally.revoke('a');
  tally.accept('a', 0, 2000);
  tally.accept('b', 0, 2100);
  expect(tally.refuse('a', 1)).toBe(false);
  expect(tally.refuse('b', 1)).toBe(true);
  expect(tally.counts()).toEqual({
    verified: 2,
    rejected: 2,
    revoked: { accepted: 1, refused: 1, lastAcceptedMs: 2000, trusting: 1 },
  });
});

test('a cache counts as trusting until it was seen to refuse, and again once it accepts', () => {
  const tally = new TokenTally(3);
  const trusting = () => tally.counts().revoked?.trusting;
  expect(trusting()).toBeUndefined();
  tally.revoke('a');
  expect(trusting()).toBe(3);
  for (const replica of [0, 1, 2]) tally.refuse('a', replica);
  expect(trusting()).toBe(0);
  tally.accept('a', 1, 5000);
  expect(trusting()).toBe(1);
});
