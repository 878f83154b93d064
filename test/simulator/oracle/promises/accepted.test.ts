import { describe, expect, test } from 'vitest';
import { HAND } from '../../history.ts';
import { judge } from '../judge.ts';
import { type Move, OPERATOR as OP, smallHistory } from '../small-history.ts';

// P 2 + H 0 + C 5 make a lead of 7 s; a token that is signed at the last moment, Ps 2 after a
// switch, is valid for T 8 + L 1 + S 1 more: 12 s after the switch.
const FIRST: readonly Move[] = [
  [1, OP, 'key-1', 'a'],
  [1, OP, 'jwks', 'a'],
  [1, OP, 'signer', 'a'],
];
const NEXT: readonly Move[] = [
  [20, OP, 'key-2', 'b'],
  [20, OP, 'jwks', 'a b'],
];

/** When tokens are first rejected, in seconds, and whose. */
function rejections(moves: readonly Move[]): readonly string[] {
  const history = smallHistory([...FIRST, ...moves]);
  const { violations } = judge(history, { seed: 7 });
  return violations
    .filter(({ promise }) => promise === 'P1')
    .map(({ atMs, message }) => {
      const kid = /a token of (\w)/.exec(message)?.[1];
      return `${kid} at ${(atMs - history.startMs) / 1000}`;
    });
}

describe('a token is rejected where', () => {
  test.each<[string, readonly Move[], readonly string[]]>([
    ['nothing but the first key', [], []],
    ['a rotation keeps its gates', [...NEXT, [27, OP, 'signer', 'b'], [39, OP, 'jwks', 'b']], []],
    [
      'the next key signs a moment too soon',
      [...NEXT, [26.999, OP, 'signer', 'b']],
      ['b at 26.999'],
    ],
    [
      'a key leaves a moment too soon',
      [...NEXT, [27, OP, 'signer', 'b'], [38.998, OP, 'jwks', 'b']],
      ['a at 38.998'],
    ],
    [
      'the active key leaves for a moment',
      [
        [20, OP, 'jwks', 'b'],
        [20.1, OP, 'jwks', 'a'],
      ],
      ['a at 20'],
    ],
    ['another key stands under the kid', [[20, OP, 'jwks', 'a*']], ['a at 20']],
    [
      'the JWKS is gone or unreadable: servers go on',
      [
        [20, HAND, 'jwks', '!'],
        [21, OP, 'jwks', null],
        [22, OP, 'jwks', 'a'],
      ],
      [],
    ],
  ])('%s', (_, moves, expected) => {
    expect(rejections(moves)).toEqual(expected);
  });
});
