import { describe, expect, test } from 'vitest';
import {
  boolean,
  integerFrom,
  list,
  Malformed,
  oneOf,
  orNull,
  record,
  textUpTo,
} from '../../../src/core/ledger/members.ts';

const letter = (value: unknown, name: string) => oneOf(value, name, ['a', 'b']);
const integer = integerFrom(2, 9);
const text = textUpTo(3);
const short = (value: unknown, name: string) => list(value, name, 2);

describe('what is as it must be is read', () => {
  test.each<[string, (value: unknown, name: string) => unknown, unknown]>([
    ['an object', record, { a: 1 }],
    ['a list of the greatest length', short, [1, 2]],
    ['an empty string', text, ''],
    ['the longest string', text, 'abc'],
    ['the smallest number', integer, 2],
    ['the largest number', integer, 9],
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
    [text, ['abcd'], 'member is longer than 3'],
    [integer, [undefined, 2.5, '2', 2 ** 53, Number.NaN], 'member is not a whole number'],
    [integer, [1, -2, 10, Number.MAX_SAFE_INTEGER], 'member is not from 2 to 9'],
    [boolean, [undefined, null, 0, 'true'], 'member is not a boolean'],
    [letter, [undefined, 'c', ['a']], 'member has an unknown value'],
  ])('%o', (read, values, message) => {
    for (const value of values) {
      expect(() => read(value, 'member')).toThrow(new Malformed(message));
    }
    expect(() => orNull(undefined, 'member', read)).toThrow(Malformed);
  });
});
