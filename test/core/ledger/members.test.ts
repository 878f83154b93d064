import { describe, expect, test } from 'vitest';
import {
  boolean,
  integer,
  list,
  Malformed,
  oneOf,
  orNull,
  record,
  text,
} from '../../../src/core/ledger/members.ts';

const letter = (value: unknown, name: string) => oneOf(value, name, ['a', 'b']);
const short = (value: unknown, name: string) => list(value, name, 2);

describe('what is as it must be is read', () => {
  test.each<[string, (value: unknown, name: string) => unknown, unknown]>([
    ['an object', record, { a: 1 }],
    ['a list of the greatest length', short, [1, 2]],
    ['a string', text, ''],
    ['zero', integer, 0],
    ['the largest integer', integer, Number.MAX_SAFE_INTEGER],
    ['a boolean', boolean, false],
    ['a known value', letter, 'b'],
  ])('%s', (_, read, value) => {
    expect(read(value, 'member')).toEqual(value);
    expect(orNull(value, 'member', read)).toEqual(value);
    expect(orNull(null, 'member', read)).toBeNull();
  });
});

describe('anything else is refused, with the name of the member', () => {
  test.each<[(value: unknown, name: string) => unknown, readonly unknown[], string]>([
    [record, [undefined, null, [], 'a', 1], 'member is not an object'],
    [short, [undefined, null, {}, 'ab'], 'member is not a list'],
    [short, [[1, 2, 3]], 'member has more than 2 entries'],
    [text, [undefined, null, 1, ['a']], 'member is not a string'],
    [
      integer,
      [undefined, -1, 0.5, '1', 2 ** 53, Number.NaN],
      'member is not a non-negative integer',
    ],
    [boolean, [undefined, null, 0, 'true'], 'member is not a boolean'],
    [letter, [undefined, 'c', ['a']], 'member has an unknown value'],
  ])('%o', (read, values, message) => {
    for (const value of values) {
      expect(() => read(value, 'member')).toThrow(new Malformed(message));
    }
    expect(() => orNull(undefined, 'member', read)).toThrow(Malformed);
  });
});
