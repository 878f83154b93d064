import { describe, expect, test } from 'vitest';
import { HAND } from '../../record/history.ts';
import { FIRST_KEY, type Move, OPERATOR as OP, timeAt, violationsOf } from '../small-history.ts';

/** A status with these conditions, such as `Ready=True Signing`, of the key `a` unless another is named. */
function status(conditions: string, more: Readonly<Record<string, unknown>> = {}) {
  const parsed = conditions.split(', ').map((condition) => {
    const [, type = '', value = '', reason = ''] = /^(\w+)=(\w+) (\w+)$/.exec(condition) ?? [];
    return { type, status: value, reason, message: 'payments-key-1' };
  });
  return { activeKid: 'a', conditions: parsed, ...more };
}

const READY = status('Ready=True Signing, InvariantsHold=True NoneViolated');
const UNREADY = status('Ready=False SignerChanged');
const PENDING = 'DeletionPending=True FinalizersRemain';
const APPLIED = status(`Ready=True Signing, RevocationsApplied=True Applied, ${PENDING}`, {
  activeKid: 'b',
});
const UNMATCHED = status(
  `Ready=True Signing, RevocationsApplied=Unknown KidUnknown, RevocationsUnmatched=True KidUnknown, ${PENDING}`,
  { activeKid: 'b' },
);
const REVOKED = { revocations: [{ kid: 'a', reason: 'KeyCompromise' }] };
const HELD = {
  metadata: { deletionTimestamp: timeAt(0), labels: { 'signingkeys.dev/set': 'payments' } },
};

type Case = readonly [name: string, moves: readonly Move[], said: readonly string[]];

function said(moves: readonly Move[], endSeconds = 60): readonly string[] {
  return violationsOf(moves, 'Truth', endSeconds).map(
    ({ atSeconds, message }) => `${atSeconds}s ${message.replace('a status says ', '')}`,
  );
}

const EARLY: Move = [5, OP, 'status', status('Ready=False FirstKeyPending')];

function table(cases: readonly Case[]): void {
  test.each(cases)('%s', (_, moves, expected) => {
    const isLate = (moves[0]?.[0] ?? 0) > 5;
    expect(said([...FIRST_KEY, ...(isLate ? [EARLY] : []), ...moves])).toEqual(expected);
  });
}

describe('what an operator writes could be read shortly before', () => {
  table([
    ['a key that signs and is served', [[5, OP, 'status', READY]], []],
    ['too soon after the publication', [[2, OP, 'status', status('Ready=True Signing')]], []],
    [
      'a signer that holds another key, for longer than the reading can be old',
      [
        [10, HAND, 'signer', 'x'],
        [15, OP, 'status', status('Ready=True Signing')],
        [16, OP, 'signer', 'a'],
      ],
      ['15s Ready, though a is not in the signer Secret'],
    ],
    [
      'the same just before the write: it may have been read earlier',
      [
        [13, HAND, 'signer', 'x'],
        [15, OP, 'status', status('Ready=True Signing')],
        [16, OP, 'signer', 'a'],
      ],
      [],
    ],
    [
      'a JWKS without the key',
      [
        [10, HAND, 'jwks', 'x'],
        [15, OP, 'status', status('InvariantsHold=True NoneViolated, Ready=False JwksChanged')],
        [16, OP, 'jwks', 'a'],
      ],
      ['15s invariants hold, though the JWKS does not show a'],
    ],
    [
      'a key that signs before verifiers know it',
      [
        [20, OP, 'jwks', 'a b'],
        [21, OP, 'signer', 'b'],
        [24, OP, 'status', status('Ready=True Signing', { activeKid: 'b' })],
        [29, OP, 'status', status('Ready=True Signing', { activeKid: 'b', keyCount: 2 })],
      ],
      ['24s Ready, though b is not in the JWKS for long enough'],
    ],
    [
      'a revocation while a Secret waits for its finalizer, and once it is gone',
      [
        [20, OP, 'jwks', 'a b'],
        [28, OP, 'signer', 'b'],
        [29, HAND, 'set', REVOKED],
        [29.5, OP, 'jwks', 'b'],
        [30, OP, 'key-1', { ...HELD }],
        [36, OP, 'status', APPLIED],
        [37, OP, 'key-1', null],
        [
          42,
          OP,
          'status',
          status('Ready=True Signing, RevocationsApplied=True Applied', {
            activeKid: 'b',
            keyCount: 1,
          }),
        ],
      ],
      ['36s revocations applied, though payments-key-1 has a'],
    ],
    [
      'the same beside an entry that matches no key',
      [
        [20, OP, 'jwks', 'a b'],
        [28, OP, 'signer', 'b'],
        [29, HAND, 'set', { revocations: [...REVOKED.revocations, { kid: 'z' }] }],
        [29.5, OP, 'jwks', 'b'],
        [30, OP, 'key-1', { ...HELD }],
        [36, OP, 'status', UNMATCHED],
        [37, OP, 'key-1', null],
        [42, OP, 'status', { ...UNMATCHED, keyCount: 1 }],
      ],
      ['36s revocations applied, though payments-key-1 has a'],
    ],
    [
      'an entry that matches no key, taken as done',
      [
        [20, OP, 'jwks', 'a b'],
        [29, HAND, 'set', { revocations: [{ kid: 'z' }] }],
        [36, OP, 'status', { ...APPLIED, activeKid: 'a' }],
        [38, OP, 'status', { ...UNMATCHED, activeKid: 'a' }],
      ],
      ['36s revocations applied, though nothing ever had z'],
    ],
    [
      'an entry of a key that has signed, said to match none',
      [
        [20, OP, 'jwks', 'a b'],
        [28, OP, 'signer', 'b'],
        [29, HAND, 'set', REVOKED],
        [29.5, OP, 'jwks', 'b'],
        [30, OP, 'key-1', null],
        [36, OP, 'status', UNMATCHED],
        [38, OP, 'status', { ...APPLIED, keyCount: 1 }],
      ],
      ['36s that a revocation matches no key, though each has signed: a'],
    ],
    [
      'an ended key whose Secret waits for its finalizer',
      [
        [20, OP, 'jwks', 'a b'],
        [28, OP, 'signer', 'b'],
        [30, OP, 'key-1', { ...HELD }],
        [
          36,
          OP,
          'status',
          status(`Ready=True Signing, ${PENDING}`, {
            activeKid: 'b',
            keys: [{ kid: 'a', state: 'Retired' }],
          }),
        ],
        [37, OP, 'key-1', null],
      ],
      ['36s a has ended, though payments-key-1 is still there'],
    ],
  ]);
});

describe('what has changed is said in time', () => {
  table([
    [
      'a signer that nobody repairs',
      [
        [5, OP, 'status', READY],
        [10, HAND, 'signer', 'x'],
      ],
      [
        '30s Ready, though a is not in the signer Secret',
        '30s invariants hold, though a does not sign',
      ],
    ],
    [
      'a signer that is repaired in time',
      [
        [5, OP, 'status', READY],
        [10, HAND, 'signer', 'x'],
        [28, OP, 'signer', 'a'],
      ],
      [],
    ],
    [
      'or at least said to be wrong',
      [
        [5, OP, 'status', READY],
        [10, HAND, 'signer', 'x'],
        [28, OP, 'status', UNREADY],
      ],
      [],
    ],
    ['a set of which nothing is ever said', [], ['20s nothing']],
    [
      'a revocation of which nothing comes',
      [
        [5, OP, 'status', READY],
        [10, HAND, 'set', REVOKED],
      ],
      ['30s Ready, though a is revoked'],
    ],
  ]);
});
