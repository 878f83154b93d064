import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isLongerThan } from '../../../src/core/encoding/byte-length.ts';

test('bytes are counted, not characters', () => {
  expect(isLongerThan(4, 'aaaa')).toBe(false);
  expect(isLongerThan(4, 'aaaaa')).toBe(true);
  expect(isLongerThan(4, 'éé')).toBe(false);
  expect(isLongerThan(4, 'ééé')).toBe(true);
});

test('as Node counts them, whatever the text', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('a', '\u0000', 'é', '€', '😀') }),
      fc.nat({ max: 40 }),
      (text, max) => {
        expect(isLongerThan(max, text)).toBe(Buffer.byteLength(text) > max);
      },
    ),
  );
});
