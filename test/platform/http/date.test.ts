import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseHttpDateMs } from '../../../src/platform/http/date.ts';

test('every date that a server can send is read correctly', () => {
  const seconds = fc.integer({ min: 0, max: 253_402_300_799 });
  fc.assert(
    fc.property(seconds, (s) => parseHttpDateMs(new Date(s * 1000).toUTCString()) === s * 1000),
  );
});

test.each([
  undefined,
  '',
  '2026-12-01T09:00:00Z',
  'Sunday, 06-Nov-94 08:49:37 GMT',
  'Sun Nov  6 08:49:37 1994',
  'Sun, 06 Nov 1994 08:49:37 CET',
  'Sun, 06 Foo 1994 08:49:37 GMT',
  'Sun, 06 Anf 1994 08:49:37 GMT',
  'Sun, 00 Nov 1994 08:49:37 GMT',
  'Sun, 06 Nov 1994 24:49:37 GMT',
  'Sun, 06 Nov 1994 24:00:00 GMT',
  'Sun, 06 Nov 1994 08:60:37 GMT',
  'Sun, 06 Nov 1994 08:49:60 GMT',
  'Sun, 32 Nov 1994 08:49:37 GMT',
  'Sun, 6 Nov 1994 08:49:37 GMT',
  'Fri, 06 Nov 0049 08:49:37 GMT',
  'Sat, 06 Nov 0049 08:49:37 GMT',
  'Sun, 29 Feb 2026 08:49:37 GMT',
  'Mon, 06 Nov 1994 08:49:37 GMT',
  'Thu, 31 Nov 1994 08:49:37 GMT',
  'sun, 06 nov 1994 08:49:37 gmt',
  'Sun, 06 Nov 1994 08:49:37 GMT ',
  'Invalid Date',
])('%s is not a date', (text) => {
  expect(parseHttpDateMs(text)).toBeNull();
});
