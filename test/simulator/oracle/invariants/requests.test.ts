/** Switches with and without a cause, and requests that are left open. */
import { HAND } from '../../record/history.ts';
import { cases, READY } from '../cases.ts';
import { type Move, OPERATOR as OP } from '../small-history.ts';

const ASKED: readonly Move[] = [
  ...READY,
  [21, HAND, 'rotate', '1'],
  [27, OP, 'signer', 'b'],
  [28, OP, 'jwks', 'a b c'],
  [29, OP, 'status', { lastHandledRotateRequest: '1' }],
];

cases('Requests', READY, [
  ['a switch after the interval', [[31, OP, 'signer', 'b']], []],
  ['before it, for nothing', [[27, OP, 'signer', 'b']], [27]],
  [
    'before it, for another kind',
    [
      [26, HAND, 'set', { algorithm: 'EdDSA' }],
      [27, OP, 'signer', 'b'],
    ],
    [],
  ],
  [
    'before it, because of a revocation',
    [
      [26, HAND, 'set', { revocations: [{ kid: 'a', reason: 'KeyCompromise' }] }],
      [27, OP, 'signer', 'b'],
      [27, OP, 'jwks', 'b'],
    ],
    [],
  ],
  [
    'a revocation that is not carried out',
    [[60, HAND, 'set', { revocations: [{ kid: 'a', reason: 'KeyCompromise' }] }]],
    [120, 120],
  ],
]);

cases('Requests', ASKED, [
  ['a request is carried out', [], []],
  ['and not once more', [[40, OP, 'signer', 'c']], [40]],
  [
    'but the next one is',
    [
      [36, HAND, 'rotate', '2'],
      [40, OP, 'signer', 'c'],
      [40, OP, 'status', { lastHandledRotateRequest: '2' }],
    ],
    [],
  ],
  [
    'unless someone put another signer there, and the note is lost',
    [
      [36, HAND, 'signer', 'b'],
      [40, OP, 'signer', 'c'],
    ],
    [],
  ],
  ['a rollback that nobody asked for', [[40, OP, 'signer', 'a']], [40]],
  [
    'and one that someone did',
    [
      [36, HAND, 'rollback', '1'],
      [40, OP, 'signer', 'a'],
    ],
    [],
  ],
  ['the next one is left open', [[60, HAND, 'rotate', '2']], [120]],
  [
    'while the set is suspended',
    [
      [59, HAND, 'set', { rotation: { interval: '30s', suspend: true } }],
      [60, HAND, 'rotate', '2'],
    ],
    [],
  ],
  [
    'while the status says what it waits for',
    [
      [60, HAND, 'rotate', '2'],
      [60, OP, 'status', { nextTransition: { waitingFor: 'ActivationGate' } }],
    ],
    [],
  ],
]);
