import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../fake-api/json/json.ts';
import { HAND } from '../../record/history.ts';
import { judge } from '../judge.ts';
import {
  FIRST_KEY,
  type Move,
  NEXT_KEY,
  OPERATOR as OP,
  smallHistory,
  violationsOf,
} from '../small-history.ts';

// P 2 + H 0 + C 5 make a lead of 7 s; a token that is signed at the last moment, Ps 2 after a
// switch, is valid for T 8 + L 1 + S 1 more: until 12 s after the switch.
const TIMING = {
  publicationDelay: '2s',
  signerRefreshDelay: '2s',
  verifierLeeway: '1s',
  clockSkew: '1s',
};
const SWITCH: readonly Move[] = [...NEXT_KEY, [27, OP, 'signer', 'b']];

/** Whose tokens are first rejected, and when: `a 20`. */
function rejections(moves: readonly Move[]): readonly string[] {
  return violationsOf([...FIRST_KEY, ...moves], 'P1').map(({ atSeconds, message }) => {
    return `${/a token of (\w)/.exec(message)?.[1]} ${atSeconds}`;
  });
}

interface Case {
  readonly name: string;
  readonly moves: readonly Move[];
  readonly rejected: readonly string[];
}

describe('rotations', () => {
  test.each<Case>([
    { name: 'only a first key', moves: [], rejected: [] },
    { name: 'each gate kept', moves: [...SWITCH, [39, OP, 'jwks', 'b']], rejected: [] },
    {
      name: 'the next key signs too soon',
      moves: [...NEXT_KEY, [26.999, OP, 'signer', 'b']],
      rejected: ['b 26.999'],
    },
    {
      name: 'a key leaves too soon',
      moves: [...SWITCH, [38.998, OP, 'jwks', 'b']],
      rejected: ['a 38.998'],
    },
    {
      name: 'the active key is out for a moment, in the middle of its life',
      moves: [
        [60, OP, 'jwks', 'b'],
        [60.1, OP, 'jwks', 'a'],
      ],
      rejected: ['a 60'],
    },
    {
      name: 'someone takes the JWKS and the signer before a switch was copied: the key signs on',
      moves: [
        ...NEXT_KEY,
        [26, OP, 'status', {}],
        [30, OP, 'signer', 'b'],
        [38, HAND, 'jwks', 'b'],
        [38, HAND, 'signer', null],
        [40, OP, 'jwks', 'a b'],
        [40, OP, 'signer', 'a'],
      ],
      rejected: [],
    },
    {
      name: 'the same after it was copied: the operator knew better',
      moves: [
        ...NEXT_KEY,
        [26, OP, 'status', {}],
        [30, OP, 'signer', 'b'],
        [30.5, OP, 'status', {}],
        [38, HAND, 'jwks', 'b'],
        [38, HAND, 'signer', null],
        [40, OP, 'jwks', 'a b'],
        [45, OP, 'signer', 'a'],
      ],
      rejected: ['a 45'],
    },
    {
      name: 'another key under the same kid',
      moves: [[20, OP, 'jwks', 'a*']],
      rejected: ['a 20'],
    },
    {
      name: 'a JWKS that is gone or unreadable: servers keep the last good one',
      moves: [
        [20, HAND, 'jwks', '!'],
        [21, OP, 'jwks', null],
        [22, OP, 'jwks', 'a'],
      ],
      rejected: [],
    },
    {
      name: 'a deleted signer Secret: issuers keep using what they mounted',
      moves: [...NEXT_KEY, [27, HAND, 'signer', null], [38, OP, 'jwks', 'b']],
      rejected: ['a 38'],
    },
    {
      name: 'an emptied signer Secret: nobody signs any more',
      moves: [...NEXT_KEY, [27, OP, 'signer', ''], [39, OP, 'jwks', 'b']],
      rejected: [],
    },
  ])('$name', ({ moves, rejected }) => {
    expect(rejections(moves)).toEqual(rejected);
  });
});

describe('terms that are edited', () => {
  test.each<Case>([
    {
      name: 'H counts once it is declared',
      moves: [[19, HAND, 'set', { timing: { ...TIMING, sharedCacheTTL: '3s' } }], ...SWITCH],
      rejected: ['b 27'],
    },
    {
      name: 'a lowered C counts for P plus its old value more',
      moves: [...NEXT_KEY, [24, HAND, 'set', { verifierCacheTTL: '1s' }], [26, OP, 'signer', 'b']],
      rejected: ['b 26'],
    },
    {
      name: 'and then no longer',
      moves: [[10, HAND, 'set', { verifierCacheTTL: '1s' }], ...NEXT_KEY, [23, OP, 'signer', 'b']],
      rejected: [],
    },
    {
      name: 'a raised T counts for tokens that were signed before, while one of them may live',
      moves: [...SWITCH, [38, HAND, 'set', { tokenTTL: '12s' }], [42, OP, 'jwks', 'b']],
      rejected: ['a 42'],
    },
    {
      name: 'and not for those that have expired',
      moves: [...SWITCH, [39, HAND, 'set', { tokenTTL: '12s' }], [39, OP, 'jwks', 'b']],
      rejected: [],
    },
  ])('$name', ({ moves, rejected }) => {
    expect(rejections(moves)).toEqual(rejected);
  });
});

// A preset's C is what was measured, whatever the operator's table says: of `kong` 30 s, of a listed
// lifetime that lifetime. With P 2, a key of second 20 is known to all at second 52.
describe('verifiers that are listed', () => {
  const listing = (atSeconds: number, ...verifiers: readonly JsonObject[]): Move => [
    atSeconds,
    HAND,
    'set',
    { rotation: { interval: '720h' }, verifiers: [...verifiers] },
  ];
  const kong = { name: 'edge', preset: 'kong' };
  const quick = { name: 'app', cacheTTL: '1s' };
  test.each<Case>([
    {
      name: 'the slowest is waited for',
      moves: [listing(10, kong), ...NEXT_KEY, [52, OP, 'signer', 'b']],
      rejected: [],
    },
    {
      name: 'it is not',
      moves: [listing(10, kong), ...NEXT_KEY, [51.999, OP, 'signer', 'b']],
      rejected: ['b 51.999'],
    },
    {
      name: 'a lifetime that is listed, too',
      moves: [
        listing(10, kong, { name: 'app', cacheTTL: '40s' }),
        ...NEXT_KEY,
        [61, OP, 'signer', 'b'],
      ],
      rejected: ['b 61'],
    },
    {
      name: 'one that is added in mid-rotation counts at once',
      moves: [...NEXT_KEY, listing(26, kong), [51, OP, 'signer', 'b']],
      rejected: ['b 51'],
    },
    {
      name: 'one that is taken out counts for P and its C more',
      moves: [listing(10, kong, quick), ...NEXT_KEY, listing(21, quick), [51, OP, 'signer', 'b']],
      rejected: ['b 51'],
    },
    {
      name: 'and then no longer',
      moves: [listing(10, kong, quick), listing(12, quick), ...NEXT_KEY, [44, OP, 'signer', 'b']],
      rejected: [],
    },
  ])('$name', ({ moves, rejected }) => {
    expect(rejections(moves)).toEqual(rejected);
  });
});

describe('tokens that are not valid', () => {
  const revoked = { revocations: [{ kid: 'a', reason: 'KeyCompromise' }] };
  const deletion = { deletionPolicy: 'Delete' };
  test.each<Case>([
    {
      name: 'of a revoked key',
      moves: [...SWITCH, [30, HAND, 'set', revoked], [31, OP, 'jwks', 'b']],
      rejected: [],
    },
    {
      name: 'but not before its revocation',
      moves: [...SWITCH, [30, OP, 'jwks', 'b'], [31, HAND, 'set', revoked]],
      rejected: ['a 30'],
    },
    {
      name: 'of a set whose deletion does not wait',
      moves: [
        [20, HAND, 'set', deletion],
        [21, HAND, 'deletion', 'skip'],
        [22, OP, 'jwks', 'b'],
      ],
      rejected: [],
    },
    {
      name: 'but a deletion alone waits',
      moves: [
        [20, HAND, 'set', deletion],
        [21, HAND, 'deletion', ''],
        [22, OP, 'jwks', 'b'],
      ],
      rejected: ['a 22'],
    },
    {
      name: 'of a set that someone took away whole, and that is made again',
      moves: [
        [20, HAND, 'key-1', null],
        [20, HAND, 'jwks', null],
        [20, HAND, 'signer', null],
        [20, HAND, 'set', null],
        [21, HAND, 'set', {}],
        [22, OP, 'key-1', 'c'],
        [22, OP, 'jwks', 'c'],
        [22, OP, 'signer', 'c'],
      ],
      rejected: [],
    },
    {
      name: 'but not as long as one object tells of the key',
      moves: [
        [5, OP, 'status', {}],
        [20, HAND, 'key-1', null],
        [20, HAND, 'jwks', null],
        [20, HAND, 'signer', null],
        [22, OP, 'key-2', 'c'],
        [22, OP, 'jwks', 'c'],
        [22, OP, 'signer', 'c'],
      ],
      rejected: ['a 22', 'c 22'],
    },
  ])('$name', ({ moves, rejected }) => {
    expect(rejections(moves)).toEqual(rejected);
  });
});

describe('what someone else brings about', () => {
  test.each<Case>([
    {
      name: 'it takes the active key out: until the repair, nobody is to blame',
      moves: [
        [20, HAND, 'jwks', 'x'],
        [20.5, OP, 'jwks', 'a'],
      ],
      rejected: [],
    },
    {
      name: 'but the repair must bring it back',
      moves: [
        [20, HAND, 'jwks', 'x'],
        [20.5, OP, 'jwks', 'c'],
      ],
      rejected: ['a 20.5'],
    },
    {
      name: 'it takes the next key out at the moment of the switch',
      moves: [
        ...NEXT_KEY,
        [26.9, HAND, 'jwks', 'a'],
        [27, OP, 'signer', 'b'],
        [27.1, OP, 'jwks', 'a b'],
      ],
      rejected: [],
    },
    {
      name: 'but an operator that puts it back knows, and must wait again',
      moves: [
        ...NEXT_KEY,
        [26.8, HAND, 'jwks', 'a'],
        [26.9, OP, 'jwks', 'a b'],
        [27, OP, 'signer', 'b'],
      ],
      rejected: ['b 27'],
    },
    {
      name: 'and so must one that had longer than a write may take',
      moves: [...NEXT_KEY, [22, HAND, 'jwks', 'a'], [27, OP, 'signer', 'b']],
      rejected: ['b 27'],
    },
    {
      name: 'it restores an old signer whose key is gone',
      moves: [...SWITCH, [39, OP, 'jwks', 'b'], [45, HAND, 'signer', 'a'], [46, OP, 'signer', 'b']],
      rejected: [],
    },
    {
      name: 'it restores one whose key is still retiring: its new tokens live as long',
      moves: [...SWITCH, [35, HAND, 'signer', 'a'], [36, OP, 'signer', 'b'], [48, OP, 'jwks', 'b']],
      rejected: [],
    },
    {
      name: 'and the operator must not take it away before',
      moves: [...SWITCH, [35, HAND, 'signer', 'a'], [36, OP, 'signer', 'b'], [47, OP, 'jwks', 'b']],
      rejected: ['a 47'],
    },
    {
      name: 'it puts a stranger into the signer, which the operator then makes its own',
      moves: [
        [20, HAND, 'signer', 'h'],
        [21, OP, 'jwks', 'a h'],
        [22, OP, 'status', { activeKid: 'h' }],
        [30, OP, 'jwks', 'a'],
      ],
      rejected: ['h 30'],
    },
  ])('$name', ({ moves, rejected }) => {
    expect(rejections(moves)).toEqual(rejected);
  });
});

test('a new key under SignImmediately can’t be known yet; one that then leaves is cut off', () => {
  const called = {
    onRevokeWithoutStandby: 'SignImmediately',
    revocations: [{ kid: 'a', reason: 'KeyCompromise' }],
  };
  const moves: readonly Move[] = [
    [20, HAND, 'set', called],
    [21, OP, 'jwks', 'a b'],
    [21, OP, 'signer', 'b'],
    [21, OP, 'jwks', 'b'],
  ];
  expect(rejections(moves)).toEqual([]);
  expect(rejections([...moves, [40, OP, 'jwks', 'c']])).toEqual(['b 40']);
});

test('a seed gives the same verdict again, and every seed the same violations', () => {
  const history = smallHistory([...FIRST_KEY, ...SWITCH, [38, OP, 'jwks', 'b']]);
  expect(judge(history, { seed: 3 })).toEqual(judge(history, { seed: 3 }));
  const found = [1, 2, 3].map((seed) =>
    judge(history, { seed }).violations.map(({ atMs }) => atMs),
  );
  expect(found[1]).toEqual(found[0]);
  expect(found[2]).toEqual(found[0]);
});
