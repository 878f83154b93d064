/** I1 to I4 and I7: for each, histories that keep it and histories that break it. */
import { HAND } from '../../record/history.ts';
import { cases, READY, SWITCHED } from '../cases.ts';
import { type Move, OPERATOR as OP } from '../small-history.ts';

const ENDED: readonly Move[] = [...SWITCHED, [40, OP, 'jwks', 'b'], [41, OP, 'key-1', null]];

cases('I1', READY, [
  ['a switch to a published key', [[30, OP, 'signer', 'b']], []],
  ['to one that is not published', [[30, OP, 'signer', 'c']], [30]],
  ['to another key under a published kid', [[30, OP, 'signer', 'b*']], [30]],
  [
    'someone takes it out at that very moment',
    [
      [29.9, HAND, 'jwks', 'a'],
      [30, OP, 'signer', 'b'],
    ],
    [],
  ],
  [
    'or the whole ConfigMap away',
    [
      [29.9, HAND, 'jwks', null],
      [30, OP, 'signer', 'b'],
    ],
    [],
  ],
  [
    'or long before',
    [
      [25, HAND, 'jwks', 'a'],
      [30, OP, 'signer', 'b'],
    ],
    [30],
  ],
  ['rubbish in the signer', [[30, OP, 'signer', '!']], [30]],
  [
    'someone’s rubbish',
    [
      [30, HAND, 'signer', '!'],
      [31, OP, 'signer', 'a'],
    ],
    [],
  ],
  ['nothing in the signer', [[30, OP, 'signer', '']], []],
]);

cases('I2', READY, [
  ['P + H + C after its publication', [[27, OP, 'signer', 'b']], []],
  ['before', [[26.9, OP, 'signer', 'b']], [26.9]],
  [
    'an operator took it out in between',
    [
      [22, OP, 'jwks', 'a'],
      [23, OP, 'jwks', 'a b'],
      [29, OP, 'signer', 'b'],
    ],
    [29],
  ],
  [
    'someone took the ConfigMap away in between',
    [
      [22, HAND, 'jwks', null],
      [23, OP, 'jwks', 'a b'],
      [29, OP, 'signer', 'b'],
    ],
    [29],
  ],
  [
    'and it waits again',
    [
      [22, HAND, 'jwks', null],
      [23, OP, 'jwks', 'a b'],
      [30, OP, 'signer', 'b'],
    ],
    [],
  ],
  [
    'a repair waits for nothing',
    [
      [21, HAND, 'jwks', 'x'],
      [22, HAND, 'signer', 'x'],
      [22.5, OP, 'signer', 'a'],
    ],
    [],
  ],
  [
    'a switch that someone took away before its ledger was copied: the key of the newest copy signs on',
    [
      [26, OP, 'status', {}],
      [30, OP, 'signer', 'b'],
      [31, HAND, 'jwks', null],
      [31, HAND, 'signer', null],
      [40, OP, 'jwks', 'a b'],
      [40, OP, 'signer', 'a'],
    ],
    [],
  ],
  [
    'a switch that was copied, and a recovery that still goes back',
    [
      [26, OP, 'status', {}],
      [30, OP, 'signer', 'b'],
      [30.5, OP, 'status', {}],
      [31, HAND, 'jwks', null],
      [31, HAND, 'signer', null],
      [40, OP, 'jwks', 'a b'],
      [40, OP, 'signer', 'a'],
    ],
    [40],
  ],
  [
    'a revocation that wants no wait',
    [
      [
        21,
        HAND,
        'set',
        {
          onRevokeWithoutStandby: 'SignImmediately',
          revocations: [{ kid: 'a', reason: 'Unspecified' }],
        },
      ],
      [22, OP, 'signer', 'b'],
    ],
    [],
  ],
  [
    'one that fails closed',
    [
      [21, HAND, 'set', { revocations: [{ kid: 'a', reason: 'Unspecified' }] }],
      [22, OP, 'signer', 'b'],
    ],
    [22],
  ],
]);

cases('I3', SWITCHED, [
  ['a key whose tokens have all expired', [[39, OP, 'jwks', 'b']], []],
  ['one with a token that lives', [[38.9, OP, 'jwks', 'b']], [38.9]],
  ['the one that signs', [[60, OP, 'jwks', 'a']], [60]],
  [
    'one that never signed',
    [
      [50, OP, 'jwks', 'a b c'],
      [51, OP, 'jwks', 'a b'],
    ],
    [],
  ],
  [
    'what someone took away must be put back',
    [
      [30, HAND, 'jwks', 'b'],
      [31, OP, 'jwks', 'b c'],
    ],
    [31],
  ],
  [
    'even if the ConfigMap was gone',
    [
      [30, HAND, 'jwks', null],
      [31, OP, 'jwks', 'b'],
    ],
    [31],
  ],
  [
    'a revoked key',
    [
      [30, HAND, 'set', { revocations: [{ kid: 'a', reason: 'Unspecified' }] }],
      [31, OP, 'jwks', 'b'],
    ],
    [],
  ],
]);

cases('I7', SWITCHED, [
  ['an empty set', [[50, OP, 'jwks', '']], [50]],
  ['no ConfigMap', [[50, OP, 'jwks', null]], [50]],
  [
    'someone else’s doing',
    [
      [50, HAND, 'jwks', null],
      [51, HAND, 'jwks', ''],
    ],
    [],
  ],
  [
    'an ordered deletion',
    [
      [30, HAND, 'set', { deletionPolicy: 'Delete' }],
      [31, HAND, 'deletion', ''],
      [32, OP, 'signer', ''],
      [50, OP, 'jwks', null],
    ],
    [],
  ],
  [
    'a deletion that retains',
    [
      [31, HAND, 'deletion', ''],
      [50, OP, 'jwks', null],
    ],
    [50],
  ],
]);

cases('I4', ENDED, [
  ['nothing comes back', [[50, OP, 'jwks', 'b c']], []],
  ['an ended key in the JWKS', [[50, OP, 'jwks', 'a b']], [50]],
  [
    'put there by someone, and removed',
    [
      [50, HAND, 'jwks', 'a b'],
      [51, OP, 'jwks', 'b'],
    ],
    [],
  ],
  [
    'put there by someone, and kept',
    [
      [50, HAND, 'jwks', 'a b'],
      [51, OP, 'jwks', 'a b c'],
    ],
    [51],
  ],
  ['an ended key in the signer', [[50, OP, 'signer', 'a']], [50]],
  [
    'if someone took all that tells of its end',
    [
      [50, HAND, 'signer', null],
      [50, HAND, 'jwks', null],
      [51, HAND, 'jwks', 'a'],
      [52, OP, 'jwks', 'a'],
    ],
    [],
  ],
  ['another key under a kid', [[50, OP, 'jwks', 'b*']], [50]],
  [
    'a revoked key begins to sign, longer after than a write may take',
    [
      [42, OP, 'jwks', 'b c'],
      [50, HAND, 'set', { revocations: [{ kid: 'c', reason: 'Unspecified' }] }],
      [54.1, OP, 'signer', 'c'],
    ],
    [54.1],
  ],
  [
    'the entry is taken away again, after an operator has worked',
    [
      [42, OP, 'jwks', 'b c'],
      [50, HAND, 'set', { revocations: [{ kid: 'c', reason: 'Unspecified' }] }],
      [51, OP, 'status', {}],
      [52, HAND, 'set', { revocations: [] }],
      [60, OP, 'signer', 'c'],
    ],
    [60],
  ],
  [
    'the entry is taken away again before anybody can have seen it',
    [
      [42, OP, 'jwks', 'b c'],
      [50, HAND, 'set', { revocations: [{ kid: 'c', reason: 'Unspecified' }] }],
      [52, HAND, 'set', { revocations: [] }],
      [60, OP, 'signer', 'c'],
    ],
    [],
  ],
  [
    'the private key of an ended key is put back, and destroyed',
    [
      [50, HAND, 'key-1', 'a'],
      [51, OP, 'key-1', null],
    ],
    [],
  ],
  ['the private key of an ended key is put back, and stays', [[50, HAND, 'key-1', 'a']], [120]],
  ['it is put back just before the end', [[110, HAND, 'key-1', 'a']], []],
  ['an ordinal for another key', [[50, OP, 'key-1', 'c']], [50]],
  [
    'a lower ordinal than before',
    [
      [50, HAND, 'key-2', null],
      [51, OP, 'key-2', 'c'],
    ],
    [51],
  ],
  [
    'a lower ordinal than that of a copy',
    [
      [50, HAND, 'key-9', 'b'],
      [51, OP, 'key-9', null],
      [60, OP, 'key-3', 'c'],
    ],
    [],
  ],
  [
    'a key Secret that is made again',
    [
      [50, HAND, 'key-2', null],
      [51, OP, 'key-2', 'b'],
    ],
    [],
  ],
]);
