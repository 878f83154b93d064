import { expect, test } from 'vitest';
import type { Condition, Status } from '../../../src/core/formats/status.ts';
import type { Ledger } from '../../../src/core/ledger/ledger.ts';
import { activate, bar, bury, emptySigner } from '../../../src/core/ledger/lifecycle.ts';
import { conditionEvents, transitionEvents } from '../../../src/core/report/events.ts';
import { ledgerOf, rotatedWorld, withKey } from '../../support/core-world/states.ts';

const ledger = ledgerOf(rotatedWorld());
const [retiring] = ledger.keys;
if (retiring === undefined) throw new Error('there is a key');

test.each<[string, Ledger | null, Ledger, readonly string[]]>([
  ['no change', ledger, ledger, []],
  [
    'a switch',
    ledger,
    activate(ledger, 'k3', null, 0),
    [
      'Normal KeyRetiring: Key #2 (k2) no longer signs. It stays in the JWKS until its last token has expired.',
      'Normal KeyActivated: Key #3 (k3) signs from now on',
    ],
  ],
  [
    'a signer that is emptied',
    ledger,
    emptySigner(ledger),
    [
      'Normal KeyRetiring: Key #2 (k2) no longer signs. It stays in the JWKS until its last token has expired.',
    ],
  ],
  [
    'a bar',
    ledger,
    bar(ledger, 'k1', 'Retired'),
    ['Normal KeyRemoved: Key #1 (k1) leaves the JWKS: its last token has expired'],
  ],
  [
    'an end',
    ledger,
    bury(ledger, retiring, 0),
    ['Normal KeyRetired: Key #1 (k1) has ended (Retired)'],
  ],
  [
    'a wait that starts again',
    ledger,
    withKey(ledger, 'k3', { publishedSeenMs: null }),
    [
      'Warning WaitRestarted: Someone else changed or deleted the JWKS ConfigMap. The wait of key #3 (k3) starts again.',
    ],
  ],
  [
    'the first ledger',
    null,
    { ...ledger, keys: ledger.keys.slice(1, 2) },
    ['Normal KeyActivated: Key #2 (k2) signs from now on'],
  ],
])('%s', (_, before, after, expected) => {
  const events = transitionEvents(before, after);
  expect(events.map(({ type, reason, message }) => `${type} ${reason}: ${message}`)).toEqual(
    expected,
  );
});

test('an event reports the sixth published key that has signed, and neither the fifth nor the seventh', () => {
  const [key] = ledger.keys.slice(-1);
  if (key === undefined) throw new Error('there is a key');
  const withUsed = (count: number): Ledger => ({
    ...ledger,
    keys: Array.from({ length: 8 }, (_, index) => ({
      ...key,
      ordinal: index + 1,
      kid: `k${index + 1}`,
      mayHaveSigned: index < count,
    })),
  });
  const reasonsFor = (count: number) =>
    transitionEvents(withUsed(count - 1), withUsed(count)).map(({ reason }) => reason);
  expect([5, 6, 7].map(reasonsFor)).toEqual([[], ['ManyKeysPublished'], []]);
});

test('a whole rotation reports each transition once', () => {
  const world = rotatedWorld();
  const before = world.written.length;
  world.runFor(20_000);
  const events = world.written.slice(before).flatMap(({ step }) => step.events);
  expect(events.map(({ reason }) => reason)).toEqual(['KeyRemoved', 'KeyRetired']);
});

function statusWith(
  type: Condition['type'],
  status: Condition['status'],
  reason: Condition['reason'],
  message = 'why',
): Status {
  const condition = { type, status, reason, message, lastTransitionTime: '' };
  return { conditions: [{ ...condition, observedGeneration: 1 }] };
}

test.each<[string, Status | null, Status, readonly string[]]>([
  [
    'a stall that begins',
    null,
    statusWith('Stalled', 'True', 'LedgerTooNew'),
    ['Warning LedgerTooNew: why'],
  ],
  [
    'a stall that lasts',
    statusWith('Stalled', 'True', 'LedgerTooNew'),
    statusWith('Stalled', 'True', 'LedgerTooNew'),
    [],
  ],
  [
    'a stall for another reason',
    statusWith('Stalled', 'True', 'LedgerTooNew'),
    statusWith('Stalled', 'True', 'ObjectNotOwned'),
    ['Warning ObjectNotOwned: why'],
  ],
  [
    'clocks that begin to differ',
    {},
    statusWith('ClockSkew', 'True', 'ClocksDisagree'),
    ['Warning ClocksDisagree: why'],
  ],
  ['a set that becomes ready', {}, statusWith('Ready', 'True', 'Signing'), []],
  [
    'a refused write, which was reported before',
    null,
    statusWith('Stalled', 'True', 'WriteRefused'),
    [],
  ],
  [
    'a revocation that matches no key',
    {},
    statusWith('RevocationsUnmatched', 'True', 'KidUnknown'),
    ['Warning KidUnknown: why'],
  ],
  [
    'another one that matches none either',
    statusWith('RevocationsUnmatched', 'True', 'KidUnknown', 'one'),
    statusWith('RevocationsUnmatched', 'True', 'KidUnknown', 'one and another'),
    ['Warning KidUnknown: one and another'],
  ],
  [
    'one that is still there',
    statusWith('RevocationsUnmatched', 'True', 'KidUnknown'),
    statusWith('RevocationsUnmatched', 'True', 'KidUnknown'),
    [],
  ],
  [
    'what else says so: one event is enough',
    {},
    statusWith('RevocationsApplied', 'Unknown', 'KidUnknown'),
    [],
  ],
  ['a stall that ends', statusWith('Stalled', 'True', 'LedgerTooNew'), {}, []],
])('conditions: %s', (_, before, after, expected) => {
  const told = conditionEvents(before, after).map(
    ({ type, reason, message }) => `${type} ${reason}: ${message}`,
  );
  expect(told).toEqual(expected);
});
