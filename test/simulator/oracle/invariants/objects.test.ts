/** I5, I6, I8 and the counts: for each, histories that keep it and histories that break it. */
import { ANNOTATION, LABEL } from '../../../../src/core/formats/names.ts';
import type { JsonObject } from '../../../fake-api/json/json.ts';
import { HAND } from '../../record/history.ts';
import { cases, READY, SWITCHED } from '../cases.ts';
import { OPERATOR as OP, timeAt } from '../small-history.ts';

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
  [
    'what someone else shows',
    [[30, HAND, 'configmaps/other', { data: { 'a.json': PRIVATE_JWK } }]],
    [],
  ],
]);

const owned = (namespace: string, name: string): JsonObject => ({
  metadata: {
    labels: { [LABEL.set]: name },
    annotations: { [ANNOTATION.owner]: JSON.stringify({ namespace, name, uid: 'uid-9' }) },
  },
});

/** A key Secret of the set, with the labels and finalizers that someone else gave it. */
const marked = (labels: JsonObject, finalizers: string[] = []): JsonObject => {
  const { metadata } = owned('auth', 'payments') as { metadata: JsonObject };
  return {
    metadata: {
      ...metadata,
      labels: { ...(metadata['labels'] as JsonObject), ...labels },
      finalizers,
    },
  };
};

const unmarked = (kid: string): JsonObject => ({ data: { 'private.pem': `pem of ${kid}` } });

cases('I6', READY, [
  [
    'the label of someone else is taken away',
    [
      [30, HAND, 'key-2', marked({ team: 'payments' })],
      [31, OP, 'key-2', marked({})],
    ],
    [31],
  ],
  [
    'or the finalizer',
    [
      [30, HAND, 'key-2', marked({}, ['example.com/hold'])],
      [31, OP, 'key-2', marked({ more: 'of its own' })],
    ],
    [31],
  ],
  [
    'both stay, or their owner takes them back',
    [
      [30, HAND, 'key-2', marked({ team: 'payments' }, ['example.com/hold'])],
      [31, OP, 'key-2', marked({ team: 'other' }, ['example.com/hold'])],
      [32, HAND, 'key-2', marked({})],
      [33, OP, 'key-2', marked({})],
    ],
    [],
  ],
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
    'which the set has to adopt',
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
  [
    'the Secret of a key of ours without its marks',
    [
      [30, HAND, 'key-2', unmarked('b')],
      [31, OP, 'key-2', 'b'],
    ],
    [],
  ],
  [
    'made again',
    [
      [30, HAND, 'key-2', null],
      [30, HAND, 'key-2', unmarked('b')],
      [31, OP, 'key-2', 'b'],
    ],
    [],
  ],
  [
    'a key that no operator ever had, without marks',
    [
      [30, HAND, 'key-2', null],
      [30, HAND, 'key-2', unmarked('x')],
      [31, OP, 'key-2', 'b'],
    ],
    [31],
  ],
  [
    'or one that someone made and published',
    [
      [29, HAND, 'key-7', 'x'],
      [29, HAND, 'jwks', 'a b x'],
      [30, HAND, 'key-7', unmarked('x')],
      [31, OP, 'key-7', null],
    ],
    [31],
  ],
  [
    'a stranger’s key, although it was taken for ours and published',
    [
      [30, HAND, 'key-7', 'x'],
      [31, OP, 'jwks', 'a b x'],
      [32, OP, 'key-7', 'x'],
    ],
    [32],
  ],
  [
    'a stranger’s JWKS without a key',
    [
      [30, HAND, 'jwks', null],
      [30, HAND, 'jwks', { data: { 'jwks.json': '{"keys":[]}' } }],
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
    'someone else’s doing',
    [
      [21, HAND, 'status', gate('activatableTime', 40)],
      [22, OP, 'status', gate('activatableTime', 30)],
    ],
    [],
  ],
  [
    'after someone took away all that told of it',
    [
      [21, OP, 'status', gate('activatableTime', 40)],
      [22, HAND, 'signer', null],
      [22, HAND, 'jwks', null],
      [22, HAND, 'status', {}],
      [23, OP, 'status', gate('activatableTime', 29)],
      [24, OP, 'status', gate('activatableTime', 29)],
    ],
    [],
  ],
  [
    'by S + 1 s, if someone made a wait start again',
    [
      [21, OP, 'status', gate('activatableTime', 30)],
      [22, HAND, 'signer', null],
      [23, OP, 'status', {}],
      [24, OP, 'status', gate('activatableTime', 28)],
      [25, OP, 'status', gate('activatableTime', 28)],
    ],
    [],
  ],
  [
    'by more',
    [
      [21, OP, 'status', gate('activatableTime', 30)],
      [22, HAND, 'signer', null],
      [23, OP, 'status', {}],
      [24, OP, 'status', gate('activatableTime', 27.999)],
    ],
    [24],
  ],
  [
    'by more in two steps',
    [
      [21, OP, 'status', gate('activatableTime', 30)],
      [22, HAND, 'jwks', 'a'],
      [24, OP, 'status', gate('activatableTime', 28)],
      [25, HAND, 'jwks', 'a'],
      [26, OP, 'status', gate('activatableTime', 27)],
    ],
    [26],
  ],
  [
    'if someone did so long before',
    [
      [10, HAND, 'signer', null],
      [11, OP, 'signer', 'a'],
      [21, OP, 'status', gate('activatableTime', 30)],
      [24, OP, 'status', gate('activatableTime', 29)],
    ],
    [24],
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
    'one of them is someone else’s',
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
    'of a copy that someone made of it',
    [
      [30, HAND, 'key-9', 'a'],
      [31, OP, 'key-9', null],
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
    'of an ended one that someone had published again',
    [
      [40, OP, 'jwks', 'b'],
      [50, HAND, 'jwks', 'a b'],
      [51, OP, 'key-1', null],
    ],
    [],
  ],
]);
