import { expect, test } from 'vitest';
import {
  BLANK_MS,
  KnownKeySecrets,
  LISTED_AGAIN_MS,
  NAMES_MAX,
} from '../../../src/operator/memory/known-key-secrets.ts';

const SET = 'uid-1';

function listed(...names: readonly string[]): KnownKeySecrets {
  const known = new KnownKeySecrets();
  known.listing(SET, 0)(names);
  return known;
}

test.each<[string, boolean, (known: KnownKeySecrets) => void, number]>([
  ['nothing happened', false, () => {}, LISTED_AGAIN_MS - 1],
  ['ten minutes are over', true, () => {}, LISTED_AGAIN_MS],
  ['a watch shows a known one', false, (known) => known.shown('key-1'), 1],
  ['a watch shows an unknown one', true, (known) => known.shown('key-9'), 1],
  [
    'a watch shows one that is about to be made',
    false,
    (known) => {
      known.add('key-9');
      known.shown('key-9');
    },
    1,
  ],
  [
    'a watch shows one that was gone',
    true,
    (known) => {
      known.forget('key-1');
      known.shown('key-1');
    },
    1,
  ],
  [
    'the next list was made',
    false,
    (known) => {
      known.shown('key-9');
      known.listing(SET, 1)(['key-1', 'key-9']);
    },
    2,
  ],
  [
    'a watch shows one while a list is on its way',
    true,
    (known) => {
      const end = known.listing(SET, 1);
      known.shown('key-9');
      end(['key-1']);
    },
    2,
  ],
  [
    'a list failed',
    true,
    (known) => {
      known.shown('key-9');
      known.listing(SET, 1);
    },
    2,
  ],
  [
    'there are too many names',
    true,
    (known) => {
      for (let n = 0; n < NAMES_MAX; n++) known.add(`more-${n}`);
    },
    1,
  ],
])('after a list, when %s: %s', (_, isDue, happen, nowMs) => {
  const known = listed('key-1');
  happen(known);
  expect(known.isListDue(SET, nowMs)).toBe(isDue);
});

test('the first reading of a set lists, and of another set of the name', () => {
  expect(new KnownKeySecrets().isListDue(SET, 0)).toBe(true);
  expect(listed().isListDue('uid-2', 0)).toBe(true);
});

test('a set that had nothing may do without a list for a moment', () => {
  const known = listed();
  expect(known.isBlank(0)).toBe(false);
  known.foundNothing();
  expect(known.isBlank(BLANK_MS - 1)).toBe(true);
  expect(known.isBlank(BLANK_MS)).toBe(false);
  known.listing(SET, 1)([]);
  expect(known.isBlank(2)).toBe(false);
});
