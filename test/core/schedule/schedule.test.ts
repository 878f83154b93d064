import { describe, expect, test } from 'vitest';
import { REQUEST } from '../../../src/core/formats/names.ts';
import type { Ledger } from '../../../src/core/ledger/ledger.ts';
import { scheduleOf } from '../../../src/core/schedule/schedule.ts';
import { ledgerOf, rotatedWorld, situation, withKey } from '../../support/core-world/states.ts';
import type { World } from '../../support/core-world/world.ts';
import { told } from './told.ts';

function upcoming(world: World, ledger = ledgerOf(world)): readonly string[] {
  return scheduleOf(situation(world), ledger).upcoming.map(told);
}

const rotate = ({ hands }: World) => hands.annotate(REQUEST.rotate, 'now');
const rollBack = ({ hands }: World) => hands.annotate(REQUEST.rollback, 'now');
const UNCHANGED = (ledger: Ledger) => ledger;

// #1 is retiring, #2 signs since 30 s, #3 is pending.
describe('everything that is waited for', () => {
  test.each<[string, (world: World) => void, (ledger: Ledger) => Ledger, readonly string[]]>([
    [
      'soonest first',
      () => undefined,
      UNCHANGED,
      ['Remove k1 44s: TokensExpire', 'Activate k3 60s: RotationDue'],
    ],
    [
      'what comes at once before it',
      ({ hands }) => hands.deleteKeySecret(3),
      UNCHANGED,
      [
        'Publish a key at once: Nothing',
        'Remove k3 at once: Nothing',
        'Remove k1 44s: TokensExpire',
      ],
    ],
    [
      'what has no time yet after it',
      () => undefined,
      (ledger) => withKey(ledger, 'k1', { supersededSeenMs: null, settled: null }),
      ['Activate k3 60s: RotationDue', 'Remove k1 some day: TokensExpire'],
    ],
    [
      'what a user requests first, although a removal comes sooner',
      rotate,
      (ledger) => withKey(ledger, 'k2', { signerSeenMs: null }),
      ['Activate k3 some day: SwitchComplete', 'Remove k1 44s: TokensExpire'],
    ],
    [
      'a rollback before a rotation, if both are requested',
      (world) => {
        rotate(world);
        rollBack(world);
      },
      UNCHANGED,
      [
        'RollBack k1 33s: SwitchComplete',
        'Activate k3 38s: ActivationGate',
        'Remove k1 44s: TokensExpire',
      ],
    ],
    [
      'in a deletion nothing else',
      (world) => {
        rotate(world);
        rollBack(world);
      },
      (ledger) => ({ ...ledger, deletion: { removing: false, jwksRemovedSeenMs: null } }),
      ['DeleteJwks a key 44s: TokensExpire'],
    ],
  ])('%s', (_, disturb, change, expected) => {
    const world = rotatedWorld();
    disturb(world);
    expect(upcoming(world, change(ledgerOf(world)))).toEqual(expected);
  });

  test('with the arithmetic of what is requested', () => {
    const world = rotatedWorld();
    const actions = () =>
      scheduleOf(situation(world), ledgerOf(world)).upcoming.map(
        ({ action, key }) => `${action} ${key?.kid}`,
      );
    expect(actions()).toEqual(['Remove k1', 'Activate k3']);
    rotate(world);
    expect(actions()).toEqual(['Activate k3', 'Remove k1']);
    const [next] = scheduleOf(situation(world), ledgerOf(world)).upcoming;
    expect(next?.explanation).toMatch(/09:00:30.*09:00:38Z$/);
  });
});

test('the parts are those of the ledger that is assessed, not of the one that is stored', () => {
  const world = rotatedWorld();
  const ledger = withKey(ledgerOf(world), 'k2', { state: 'Retiring', settled: null });
  const schedule = scheduleOf(situation(world), ledger);
  expect(schedule.ledger).toBe(ledger);
  expect(schedule.demand.code).toBe('NoActiveKey');
  expect([schedule.rotationDue, schedule.rotationOverdueMs]).toEqual([null, null]);
  expect(told(schedule.activation)).toBe('Activate k3 38s: ActivationGate');
  expect(schedule.removals.map(told)).toEqual([
    'Remove k1 44s: TokensExpire',
    'Remove k2 some day: TokensExpire',
  ]);
  expect([schedule.rollback, schedule.publication, schedule.deletion]).toEqual([null, null, null]);
});
