import { expect, test } from 'vitest';
import { HAND } from '../../record/history.ts';
import { FIRST_KEY, type Move, OPERATOR as OP, violationsOf } from '../small-history.ts';

const PUBLISHED: readonly Move[] = [...FIRST_KEY, [10, OP, 'jwks', 'a b c']];
const revoked = { revocations: [{ kid: 'a', reason: 'KeyCompromise' }] };

test.each<[string, readonly Move[], readonly number[]]>([
  [
    'one switch after the other',
    [
      [30, OP, 'signer', 'b'],
      [32, OP, 'signer', 'c'],
    ],
    [],
  ],
  [
    'a switch in the middle of another',
    [
      [30, OP, 'signer', 'b'],
      [31.9, OP, 'signer', 'c'],
    ],
    [31.9],
  ],
  [
    'from a key that is being revoked',
    [
      [30, OP, 'signer', 'b'],
      [31, HAND, 'set', revoked],
      [31.5, OP, 'signer', 'c'],
    ],
    [],
  ],
  [
    'with one that someone put there',
    [
      [30, OP, 'signer', 'b'],
      [31, HAND, 'signer', 'x'],
      [31.5, OP, 'signer', 'b'],
    ],
    [],
  ],
  [
    'through an empty signer',
    [
      [30, OP, 'signer', 'b'],
      [31, OP, 'signer', ''],
      [31.5, OP, 'signer', 'c'],
    ],
    [31.5],
  ],
])('%s', (_, moves, brokenAt) => {
  const found = violationsOf([...PUBLISHED, ...moves], 'P3');
  expect(found.map(({ atSeconds }) => atSeconds)).toEqual(brokenAt);
});
