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

cases('I4', DELETED, [['a second life counts its keys from one', secondLife(67), []]]);
