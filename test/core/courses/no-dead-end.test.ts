import { describe, expect, test } from 'vitest';
import { REQUEST } from '../../../src/core/formats/names.ts';
import { TOMBSTONES_MAX } from '../../../src/core/ledger/codec.ts';
import { FAST_SPEC } from '../../support/core-world/fixtures.ts';
import { ledgerOf } from '../../support/core-world/states.ts';
import { type World, worldWith } from '../../support/core-world/world.ts';

/** Left alone, a rotation that is asked for now is carried out. */
function expectRotation(world: World): void {
  const before = world.signerKid;
  world.hands.annotate(REQUEST.rotate, 'now');
  world.runFor(60_000);
  expect(world.signerKid).not.toBe(before);
  expect(ledgerOf(world).handled.rotate).toBe('now');
  expect(world.refused).toEqual([]);
}

/** The interval never demands a rotation. */
const CALM = { ...FAST_SPEC, rotation: { ...FAST_SPEC.rotation, intervalMs: 86_400_000 } };

function settled(): World {
  const world = worldWith(CALM);
  world.runFor(20_000);
  return world;
}

describe('a rotation completes, however many keys ended in the life of the active key', () => {
  test('because something deletes the Secret of each pending key', () => {
    const world = settled();
    for (let ends = 0; ends < TOMBSTONES_MAX + 20; ends += 1) {
      const pending = ledgerOf(world).keys.find(({ state }) => state === 'Pending');
      if (pending === undefined) throw new Error(`no standby after ${ends} ends`);
      world.hands.deleteKeySecret(pending.ordinal);
      world.runFor(500);
    }
    expectRotation(world);
  });
});
