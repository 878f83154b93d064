/** For each invariant, histories that keep it and histories that break it. */
import { describe, expect, test } from 'vitest';
import { ANNOTATION, LABEL } from '../../../../src/core/names.ts';
import type { JsonObject } from '../../../fake-api/json.ts';
import { HAND } from '../../history.ts';
import {
  FIRST_KEY,
  type Move,
  NEXT_KEY,
  OPERATOR as OP,
  timeAt,
  violationsOf,
} from '../small-history.ts';

type Case = readonly [name: string, moves: readonly Move[], brokenAt: readonly number[]];

function cases(promise: string, before: readonly Move[], table: readonly Case[]): void {
  describe(promise, () => {
    test.each(table)('%s', (_, moves, brokenAt) => {
      const found = violationsOf([...before, ...moves], promise);
      expect(found.map(({ atSeconds }) => atSeconds)).toEqual(brokenAt);
    });
  });
}

const READY: readonly Move[] = [...FIRST_KEY, ...NEXT_KEY];
const SWITCHED: readonly Move[] = [...READY, [27, OP, 'signer', 'b']];
const ENDED: readonly Move[] = [...SWITCHED, [40, OP, 'jwks', 'b'], [41, OP, 'key-1', null]];

cases('I1', READY, [
  ['a switch to a published key', [[30, OP, 'signer', 'b']], []],
  ['to one that is not published', [[30, OP, 'signer', 'c']], [30]],
  ['to another key under a published kid', [[30, OP, 'signer', 'b*']], [30]],
  [
    'a hand takes it out at that very moment',
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
    'a hand’s rubbish',
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
    'a hand took the ConfigMap away in between',
    [
      [22, HAND, 'jwks', null],
      [23, OP, 'jwks', 'a b'],
      [29, OP, 'signer', 'b'],
    ],
    [29],
  ],
  [
    'and it waits anew',
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
    'what a hand took away must be put back',
    [
      [30, HAND, 'jwks', 'b'],
      [31, OP, 'jwks', 'b c'],
    ],
    [31],
  ],
  [
    'also where the ConfigMap was gone',
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
    'a hand’s doing',
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
    'put there by a hand, and removed',
    [
      [50, HAND, 'jwks', 'a b'],
      [51, OP, 'jwks', 'b'],
    ],
    [],
  ],
  [
    'put there by a hand, and kept',
    [
      [50, HAND, 'jwks', 'a b'],
      [51, OP, 'jwks', 'a b c'],
    ],
    [51],
  ],
  ['an ended key in the signer', [[50, OP, 'signer', 'a']], [50]],
  [
    'where hands took all that tells of its end',
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
    'a key Secret made anew',
    [
      [50, HAND, 'key-2', null],
      [51, OP, 'key-2', 'b'],
    ],
    [],
  ],
]);

const PRIVATE_JWK = JSON.stringify({ kty: 'EC', crv: 'P-256', x: 'a', y: 'a', d: 'secret' });
const showing = (text: string): JsonObject => ({ metadata: { annotations: { note: text } } });

cases('I5', READY, [
  ['a private JWK in a status', [[30, OP, 'status', { note: PRIVATE_JWK }]], [30]],
  ['as an object', [[30, OP, 'status', { note: JSON.parse(PRIVATE_JWK) }]], [30]],
  ['in an annotation', [[30, OP, 'configmaps/other', showing(PRIVATE_JWK)]], [30]],
  ['a PEM in an event', [[30, OP, 'events/one', { note: '-----BEGIN PRIVATE KEY-----' }]], [30]],
  [
    'a private JWK in a ConfigMap',
    [[30, OP, 'configmaps/other', { data: { 'a.json': PRIVATE_JWK } }]],
    [30],
  ],
  [
    'public ones, and members of that name elsewhere',
    [[30, OP, 'status', { d: 1, key: { kty: 'EC', x: 'a' } }]],
    [],
  ],
  ['what a hand shows', [[30, HAND, 'configmaps/other', { data: { 'a.json': PRIVATE_JWK } }]], []],
]);

const owned = (namespace: string, name: string): JsonObject => ({
  metadata: {
    labels: { [LABEL.set]: name },
    annotations: { [ANNOTATION.owner]: JSON.stringify({ namespace, name, uid: 'uid-9' }) },
  },
});

cases('I6', READY, [
  [
    'an object of nobody is changed',
    [
      [30, HAND, 'configmaps/other', {}],
      [31, OP, 'configmaps/other', {}],
    ],
    [31],
  ],
  [
    'or deleted',
    [
      [30, HAND, 'secrets/other', {}],
      [31, OP, 'secrets/other', null],
    ],
    [31],
  ],
  [
    'another set’s, by the operator that keeps both',
    [
      [30, HAND, 'secrets/orders-signer', owned('auth', 'orders')],
      [31, OP, 'secrets/orders-signer', null],
    ],
    [],
  ],
  [
    'another set’s under a name of ours',
    [
      [30, HAND, 'key-7', owned('auth', 'orders')],
      [31, OP, 'key-7', null],
    ],
    [31],
  ],
  [
    'which the set was told to adopt',
    [
      [29, HAND, 'set', {}],
      [29, HAND, 'adoption', 'uid-9'],
      [30, HAND, 'key-7', owned('auth', 'orders')],
      [31, OP, 'key-7', null],
    ],
    [],
  ],
  [
    'ours without its marks, known by its keys',
    [
      [30, HAND, 'jwks', null],
      [30, HAND, 'jwks', 'a b'],
      [31, OP, 'jwks', 'a b'],
    ],
    [],
  ],
  [
    'a stranger under our name',
    [
      [30, HAND, 'jwks', null],
      [30, HAND, 'jwks', 'x'],
      [31, OP, 'jwks', 'a b'],
    ],
    [31],
  ],
  ['the spec', [[30, OP, 'set', { tokenTTL: '9s' }]], [30]],
  ['the status', [[30, OP, 'status', {}]], []],
  [
    'leases and events',
    [
      [30, HAND, 'leases/lease', {}],
      [31, OP, 'leases/lease', {}],
      [30, HAND, 'events/one', {}],
      [31, OP, 'events/one', {}],
    ],
    [],
  ],
  [
    'anything else',
    [
      [30, HAND, 'namespaces/auth', {}],
      [31, OP, 'namespaces/auth', null],
    ],
    [31],
  ],
]);

const gate = (name: string, seconds: number): JsonObject => ({
  keys: [{ ordinal: 2, kid: 'b', state: 'Pending', algorithm: 'ES256', [name]: timeAt(seconds) }],
});

cases('I8', READY, [
  [
    'later',
    [
      [21, OP, 'status', gate('activatableTime', 30)],
      [22, OP, 'status', gate('activatableTime', 31)],
    ],
    [],
  ],
  [
    'earlier',
    [
      [21, OP, 'status', gate('activatableTime', 30)],
      [22, OP, 'status', gate('activatableTime', 29)],
    ],
    [22],
  ],
  [
    'earlier, after it was hidden for a while',
    [
      [21, OP, 'status', gate('removableTime', 30)],
      [22, OP, 'status', {}],
      [23, OP, 'status', gate('removableTime', 29)],
    ],
    [23],
  ],
  [
    'a hand’s doing',
    [
      [21, HAND, 'status', gate('activatableTime', 40)],
      [22, OP, 'status', gate('activatableTime', 30)],
    ],
    [],
  ],
  [
    'after hands took away all that told of it',
    [
      [21, OP, 'status', gate('activatableTime', 30)],
      [22, HAND, 'signer', null],
      [22, HAND, 'jwks', null],
      [22, HAND, 'status', {}],
      [23, OP, 'status', gate('activatableTime', 29)],
    ],
    [],
  ],
]);

cases('Counts', SWITCHED, [
  [
    'one key waits',
    [
      [28, OP, 'key-3', 'c'],
      [28, OP, 'jwks', 'a b c'],
    ],
    [],
  ],
  [
    'two keys wait',
    [
      [28, OP, 'key-3', 'c'],
      [28, OP, 'key-4', 'd'],
      [28, OP, 'jwks', 'a b c d'],
    ],
    [28],
  ],
  [
    'one of them is a hand’s',
    [
      [28, OP, 'key-3', 'c'],
      [28, HAND, 'key-4', 'd'],
      [28, OP, 'jwks', 'a b c d'],
    ],
    [],
  ],
  ['the private key of a published one is destroyed', [[41, OP, 'key-1', null]], [41]],
  [
    'of one that has left',
    [
      [40, OP, 'jwks', 'b'],
      [41, OP, 'key-1', null],
    ],
    [],
  ],
  [
    'of one whose tokens live, while the JWKS is gone',
    [
      [30, HAND, 'jwks', null],
      [31, OP, 'key-1', null],
    ],
    [31],
  ],
  [
    'of an ended one that a hand had published again',
    [
      [40, OP, 'jwks', 'b'],
      [50, HAND, 'jwks', 'a b'],
      [51, OP, 'key-1', null],
    ],
    [],
  ],
]);
