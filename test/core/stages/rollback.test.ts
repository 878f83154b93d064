import { describe, expect, test } from 'vitest';
import { REQUEST } from '../../../src/core/formats/names.ts';
import type { Spec } from '../../../src/core/formats/spec.ts';
import type { RollbackRefusal } from '../../../src/core/ledger/ledger.ts';
import { FAST_SPEC, kindOfAlgorithm } from '../../support/core-world/fixtures.ts';
import { ledgerOf } from '../../support/core-world/states.ts';
import { type World, worldWith } from '../../support/core-world/world.ts';

const CALM: Spec = { ...FAST_SPEC, rotation: { ...FAST_SPEC.rotation, intervalMs: 600_000 } };

/** k2 took over from k1 at 20 s; the switch is complete at 22 s, with S at 23 s. */
function rotated(forMs: number): World {
  const world = worldWith(CALM);
  world.runFor(20_000);
  world.hands.annotate(REQUEST.rotate, '1');
  world.runFor(forMs);
  return world;
}

function askRollback(world: World, id = '1'): void {
  world.hands.annotate(REQUEST.rollback, id);
  world.settle();
}

test('the previous key signs again, its removal is void, and its interval starts again', () => {
  const world = rotated(5_000);
  const atMs = world.nowMs;
  askRollback(world);
  expect(world.signerKid).toBe('k1');
  const ledger = ledgerOf(world);
  expect(ledger.keys.map(({ kid, state }) => `${kid} ${state}`)).toEqual([
    'k1 Active',
    'k2 Retiring',
    'k3 Pending',
  ]);
  expect(ledger.keys[0]).toMatchObject({ activatedMs: atMs, supersededSeenMs: null });
  expect(ledger.handled.rollback).toBe('1');
  expect(world.api.set?.status?.lastHandledRollbackRequest).toBe('1');
  world.runFor(60_000);
  expect(world.servedKids).toEqual(['k1', 'k3']);
});

test.each<[string, number, string]>([
  ['until the switch in flight is complete', 1_000, 'k2'],
  ['and S longer', 2_999, 'k2'],
  ['and no longer', 3_000, 'k1'],
])('it waits %s', (_, sinceSwitchMs, signs) => {
  const world = rotated(500);
  askRollback(world);
  world.runFor(sinceSwitchMs - 500);
  expect(world.signerKid).toBe(signs);
});

test('a request that is removed while it waits is withdrawn', () => {
  const world = rotated(500);
  askRollback(world);
  world.hands.annotate(REQUEST.rollback, null);
  world.runFor(10_000);
  expect(world.signerKid).toBe('k2');
});

test('a rollback handles a requested rotation as well', () => {
  const world = rotated(5_000);
  world.hands.annotate(REQUEST.rotate, '2');
  askRollback(world);
  expect(ledgerOf(world).handled).toEqual({ rotate: '2', rollback: '1' });
  world.runFor(60_000);
  expect(world.signerKid).toBe('k1');
});

describe('it is refused once, with the reason in the status', () => {
  test.each<[RollbackRefusal, () => World]>([
    ['NoPreviousKey', () => firstKeyOnly()],
    ['NoPreviousKey', () => rotated(60_000)],
    [
      'PreviousKeyRevoked',
      () => {
        const world = rotated(5_000);
        world.hands.editSpec((spec) => ({
          ...spec,
          revocations: [{ kid: 'k1', reason: 'KeyCompromise' }],
        }));
        return world;
      },
    ],
    [
      'PreviousKeyRemoved',
      () => {
        const world = rotated(5_000);
        while (ledgerOf(world).keys[0]?.bar === null) {
          const { nextAtMs, wrote } = world.runPass();
          if (!wrote && nextAtMs !== null) world.nowMs = Math.max(world.nowMs, nextAtMs);
        }
        world.hands.annotate(REQUEST.rollback, '1');
        // The JWKS still shows it, but a barred key never signs again.
        world.runPass();
        world.runPass();
        return world;
      },
    ],
    [
      'PreviousKeyOfOtherKind',
      () => {
        const world = rotated(5_000);
        world.hands.editSpec((spec) => ({ ...spec, kind: kindOfAlgorithm('EdDSA') }));
        return world;
      },
    ],
    [
      'PreviousKeySecretLost',
      () => {
        const world = rotated(5_000);
        world.hands.deleteKeySecret(1);
        return world;
      },
    ],
    [
      'PreviousKeyNotProven',
      () => {
        const world = rotated(5_000);
        world.hands.editJwksKeys((keys) => keys.slice(1));
        return world;
      },
    ],
  ])('%s', (reason, make) => {
    const world = make();
    const signed = world.signerKid;
    askRollback(world);
    expect(world.signerKid).toBe(signed);
    expect(world.api.set?.status?.rollbackRefused).toMatchObject({
      request: '1',
      reason,
      message: expect.stringMatching(/\w/),
    });
    const refusals = world.written.filter(({ step }) => step.reason.code === 'RefuseRollback');
    expect(refusals).toHaveLength(1);
    expect(refusals[0]?.step.events.map((event) => event.reason)).toEqual(['RollbackRefused']);
  });

  function firstKeyOnly(): World {
    const world = worldWith(CALM);
    world.runFor(20_000);
    return world;
  }

  test('and the next one that is carried out clears the reason', () => {
    const world = worldWith(CALM);
    world.runFor(20_000);
    askRollback(world);
    world.hands.annotate(REQUEST.rotate, '1');
    world.runFor(5_000);
    askRollback(world, '2');
    expect(world.signerKid).toBe('k1');
    expect(world.api.set?.status).not.toHaveProperty('rollbackRefused');
  });
});

test('while the clocks are in doubt it waits', () => {
  const world = rotated(5_000);
  world.skewMs = 3_600_000;
  world.hands.annotate(REQUEST.rollback, '1');
  world.runFor(1_000);
  expect(world.signerKid).toBe('k2');
  world.skewMs = 0;
  world.runFor(1_000);
  expect(world.signerKid).toBe('k1');
});
