import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bytesOfBase64url, numberOfBytes } from '../../../src/core/encoding/base64url.ts';

test('what Node writes is read to the same bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 90 }), (bytes) => {
      expect(bytesOfBase64url(Buffer.from(bytes).toString('base64url'))).toEqual(bytes);
    }),
  );
});

test('no two texts stand for the same bytes', () => {
  const text = fc.string({ unit: fc.constantFrom(...'ABQgw-_'), minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(text, (each) => {
      const bytes = bytesOfBase64url(each);
      if (bytes !== null) expect(Buffer.from(bytes).toString('base64url')).toBe(each);
    }),
  );
});

test.each(['', 'A', 'AAAAA', 'AB', 'AAB', 'AA==', 'AA=', ' AA', 'A A', 'AA\n', 'A+', 'A/', 'Ä'])(
  '%j is refused',
  (text) => {
    expect(bytesOfBase64url(text)).toBeNull();
  },
);

test.each([
  [[0], 0n],
  [[1, 0], 256n],
  [[1, 0, 1], 65_537n],
])('the bytes %j are the number %d', (bytes, value) => {
  expect(numberOfBytes(new Uint8Array(bytes))).toBe(value);
});
