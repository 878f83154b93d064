import { expect, test } from 'vitest';
import { isRecord } from '../../../src/core/formats/is-record.ts';

test.each([
  [{}, true],
  [{ a: 1 }, true],
  [Object.create(null), true],
  [[], false],
  [null, false],
  [undefined, false],
  ['text', false],
  [1, false],
])('%j: %s', (value, isOne) => {
  expect(isRecord(value)).toBe(isOne);
});
