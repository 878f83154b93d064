import { expect, test } from 'vitest';
import { failsIfMatch, matchesEtag } from '../../src/server/conditional.ts';

test.each([
  ['"abc"', true],
  ['W/"abc"', true],
  ['*', true],
  [' * ', true],
  ['"x", "abc"', true],
  ['"x",W/"abc" , "y"', true],
  [', ,"abc"', true],
  ['"a,b", "abc"', true],
  ['"x"', false],
  ['"abcd"', false],
  ['"ABC"', false],
  ['abc', false],
  ['', false],
  ['"*"', false],
  ['*, "x"', false],
  ['w/"abc"', false],
  ['"x"abc"', false],
  ['x "abc"', false],
  [' '.repeat(16_000), false],
  ['"x", '.repeat(3000), false],
])('If-None-Match %j', (header, matches) => {
  expect(matchesEtag(header, '"abc"')).toBe(matches);
});

test.each([
  ['"abc"', false],
  ['*', false],
  [' * ', false],
  ['"x", "abc"', false],
  ['"x"', true],
  // The comparison is strong.
  ['W/"abc"', true],
  ['W/"abc", "abc"', false],
  ['"x", '.repeat(3000), true],
  // Not a list of tags.
  ['abc', false],
  ['', false],
])('If-Match %j', (header, fails) => {
  expect(failsIfMatch(header, '"abc"')).toBe(fails);
});
