/** P1 where a key signed that no operator chose, and where a set of the same name came before. */
import { HAND } from '../../record/history.ts';
import { cases, READY } from '../cases.ts';
import { FIRST_KEY, type Move, OPERATOR as OP } from '../small-history.ts';

/** Someone makes the next key sign, and the operator puts the old one back. */
const PUT_ASIDE: readonly Move[] = [
  ...READY,
  [30, HAND, 'signer', 'b'],
  [31, OP, 'signer', 'a'],
  [32, HAND, 'set', { algorithm: 'EdDSA' }],
];

cases('P1', PUT_ASIDE, [
  ['the next key that someone made sign stays as long as its tokens', [[44, OP, 'jwks', 'a']], []],
  ['and no operator may take it out sooner', [[40, OP, 'jwks', 'a']], [40]],
]);

cases('P1', READY, [
  [
    'a key that may have been ended before someone made it sign',
    [
      [29, HAND, 'set', { algorithm: 'EdDSA' }],
      [30, HAND, 'signer', 'b'],
      [31, OP, 'signer', 'a'],
      [32, OP, 'jwks', 'a'],
    ],
    [],
  ],
  [
    'a key that is not known yet, of which someone made tokens',
    [
      [20.5, HAND, 'signer', 'b'],
      [21, OP, 'signer', 'a'],
    ],
    [],
  ],
]);

/** The JWKS goes at 60, when all tokens have expired. */
const DELETED: readonly Move[] = [
  ...FIRST_KEY,
  [30, HAND, 'set', { deletionPolicy: 'Delete' }],
  [40, HAND, 'deletion', 'go'],
  [41, OP, 'signer', ''],
  [60, OP, 'jwks', null],
];

function secondLife(atSeconds: number, endedBy: string = OP): readonly Move[] {
  return [
    [atSeconds, OP, 'key-1', null],
    [atSeconds, endedBy, 'signer', null],
    [atSeconds, OP, 'set', null],
    [atSeconds, HAND, 'set', {}],
    [atSeconds, OP, 'key-1', 'c'],
    [atSeconds, OP, 'jwks', 'c'],
    [atSeconds, OP, 'signer', 'c'],
  ];
}

cases('P1', DELETED, [
  ['a second life after P + H + C', secondLife(67), []],
  ['before, while caches hold the JWKS of the first', secondLife(66.9), [66.9]],
  ['but someone who takes the rest away brought that about', secondLife(66.9, HAND), []],
]);

/** The second life begins, and someone puts something of the first back. */
function restoredLife(what: 'key-1' | 'jwks'): readonly Move[] {
  return [
    ...secondLife(67).slice(0, 4),
    [67.1, HAND, what, 'a'],
    [67.2, OP, 'jwks', 'a'],
    [67.3, OP, 'signer', 'a'],
    [67.4, OP, 'jwks', 'a'],
  ];
}

cases('I4', DELETED, [
  ['a second life counts its keys from one', secondLife(67), []],
  [
    'its ordinals stay low beside a key of the first life',
    [...secondLife(67), [70, HAND, 'key-4', 'a'], [80, OP, 'key-2', 'd'], [81, OP, 'key-4', null]],
    [],
  ],
  [
    'a key of the first life joins the second',
    [...secondLife(67), [70, HAND, 'key-2', 'a'], [71, OP, 'jwks', 'c a'], [72, OP, 'key-2', null]],
    [71],
  ],
  ['a key of the first life becomes the first of the second', restoredLife('key-1'), [67.3, 67.4]],
  ['the second life takes over the JWKS of the first', restoredLife('jwks'), []],
]);
