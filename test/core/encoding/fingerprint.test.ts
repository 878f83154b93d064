import { expect, test } from 'vitest';
import { fingerprint } from '../../../src/core/encoding/fingerprint.ts';

test.each([
  ['the same text', 'a text', 'a text', true],
  ['another text', 'a text', 'a test', false],
  ['another order', 'ab', 'ba', false],
  ['nothing', '', ' ', false],
])('%s', (_, one, other, expected) => {
  expect(fingerprint(one) === fingerprint(other)).toBe(expected);
  expect(fingerprint(one)).toMatch(/^[0-9a-f]{16}$/);
});
