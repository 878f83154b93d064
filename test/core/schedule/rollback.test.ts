import { describe, expect, test } from 'vitest';
import { REQUEST } from '../../../src/core/formats/names.ts';
import type { Ledger } from '../../../src/core/ledger/ledger.ts';
import { previousSigner, rollbackTransition } from '../../../src/core/schedule/rollback.ts';
import { FAST_SPEC, kindOfAlgorithm, SECOND } from '../../support/core-world/fixtures.ts';
import { ledgerOf, rotatedWorld, situation, withKey } from '../../support/core-world/states.ts';
import { START_MS, type World, worldWith } from '../../support/core-world/world.ts';
import { told } from './told.ts';

/** The kid of the key that would sign again, or why there is none. */
function previous(world: World, ledger = ledgerOf(world)): string {
  const found = previousSigner(situation(world), ledger);
  return 'key' in found ? found.key.kid : found.refusal;
}

function rollback(world: World, ledger = ledgerOf(world)): string {
  const now = situation(world);
  return told(rollbackTransition(now, ledger, previousSigner(now, ledger)));
}

const NOTHING = () => undefined;
const UNCHANGED = (ledger: Ledger) => ledger;
const RETIRED = { generation: 9, reason: 'Retired', removedSeenMs: null } as const;

// #1 signed until 30 s, #2 signs, #3 is pending.
describe('a rollback would go back', () => {
  test.each<[string, (world: World) => void, (ledger: Ledger) => Ledger, string]>([
    ['to the previous key', NOTHING, UNCHANGED, 'k1'],
    [
      'to no key, if none signed before',
      NOTHING,
      (ledger) => ({ ...ledger, previousKid: null }),
      'NoPreviousKey',
    ],
    [
      'to no key that has ended',
      NOTHING,
      (ledger) => ({ ...ledger, keys: ledger.keys.slice(1) }),
      'NoPreviousKey',
    ],
    [
      'to no key that signs already',
      NOTHING,
      (ledger) => ({ ...ledger, previousKid: 'k2' }),
      'NoPreviousKey',
    ],
    ['to no revoked key', ({ hands }) => hands.revoke('k1'), UNCHANGED, 'PreviousKeyRevoked'],
    [
      'to no revoked key that has ended',
      ({ hands }) => hands.revoke('k1'),
      (ledger) => ({ ...ledger, keys: ledger.keys.slice(1) }),
      'PreviousKeyRevoked',
    ],
    ['to that key, if another one is revoked', ({ hands }) => hands.revoke('k3'), UNCHANGED, 'k1'],
    [
      'to no barred key',
      NOTHING,
      (ledger) => withKey(ledger, 'k1', { bar: RETIRED }),
      'PreviousKeyRemoved',
    ],
    [
      'to no key of another algorithm',
      ({ hands }) => hands.editSpec((spec) => ({ ...spec, kind: kindOfAlgorithm('EdDSA') })),
      UNCHANGED,
      'PreviousKeyOfOtherKind',
    ],
    [
      'to no key whose Secret is lost',
      ({ hands }) => hands.deleteKeySecret(1),
      UNCHANGED,
      'PreviousKeySecretLost',
    ],
    [
      'to no key that the JWKS does not show',
      ({ hands }) => hands.editJwksKeys((keys) => keys.slice(1)),
      UNCHANGED,
      'PreviousKeyNotProven',
    ],
    [
      'to no key of a JWKS that someone else changed',
      ({ hands }) => hands.editJwksFile('serve.json', '{}'),
      UNCHANGED,
      'PreviousKeyNotProven',
    ],
    [
      'to no key without a JWKS',
      ({ hands }) => hands.deleteJwks(),
      UNCHANGED,
      'PreviousKeyNotProven',
    ],
    [
      'to no key whose own gate is closed again',
      NOTHING,
      (ledger) => withKey(ledger, 'k1', { publishedSeenMs: START_MS + 30 * SECOND }),
      'PreviousKeyNotProven',
    ],
    [
      'to no key in a deletion, revoked or not',
      ({ hands }) => hands.revoke('k1'),
      (ledger) => ({ ...ledger, deletion: { removing: false, jwksRemovedSeenMs: null } }),
      'Deleting',
    ],
  ])('%s', (_, disturb, change, expected) => {
    const world = rotatedWorld();
    disturb(world);
    expect(previous(world, change(ledgerOf(world)))).toBe(expected);
  });
});

describe('it comes', () => {
  const ask = ({ hands }: World, id = '1') => hands.annotate(REQUEST.rollback, id);

  test.each<[string, (world: World) => void, (ledger: Ledger) => Ledger, string]>([
    ['not if nobody asks for it', NOTHING, UNCHANGED, 'nothing'],
    // The switch was seen at 30 s: Ps 2s, S 1s.
    ['once the last switch is taken up', ask, UNCHANGED, 'RollBack k1 33s: SwitchComplete'],
    [
      'some day, if the last switch was not seen yet',
      ask,
      (ledger) => withKey(ledger, 'k2', { signerSeenMs: null }),
      'RollBack k1 some day: SwitchComplete',
    ],
    [
      'at once, if no key signs',
      ask,
      (ledger) => withKey(ledger, 'k2', { state: 'Retiring' }),
      'RollBack k1 at once: Nothing',
    ],
    [
      'without a key, if it will be refused',
      (world) => {
        ask(world);
        world.hands.deleteKeySecret(1);
      },
      UNCHANGED,
      'RollBack a key 33s: SwitchComplete',
    ],
    [
      'not if this request was handled',
      ask,
      (ledger) => ({ ...ledger, handled: { ...ledger.handled, rollback: '1' } }),
      'nothing',
    ],
  ])('%s', (_, disturb, change, expected) => {
    const world = rotatedWorld();
    disturb(world);
    expect(rollback(world, change(ledgerOf(world)))).toBe(expected);
  });

  test('after a request that was there before the set was first seen it does not come', () => {
    const world = worldWith(FAST_SPEC);
    ask(world);
    world.runFor(35 * SECOND);
    expect(rollback(world)).toBe('nothing');
  });
});
