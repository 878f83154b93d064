/** A rotation and a rollback with real mounts: not one token may be rejected. */
import { test } from 'vitest';
import { recordFigure } from '../support/vitest/record-figure.ts';
import {
  kidOf,
  PROVEN_TIMEOUT_MS,
  requestRollback,
  requestRotation,
} from './world/signing-key-sets.ts';
import { expectNoneRejected, untilInUse } from './world/token-judgement.ts';
import { startTokenWorld } from './world/token-world.ts';

const TIMEOUT_MS = 20 * 60_000;

test(
  'a rollback loses nothing',
  async () => {
    const world = await startTokenWorld('logins');
    const { namespace, set, pods } = world;
    const isUsed = async (ordinal: number) =>
      await untilInUse(pods, kidOf(await world.signs(ordinal, PROVEN_TIMEOUT_MS), ordinal));
    await world.provenStandby();
    await requestRotation(namespace, set, 'there');
    await isUsed(2);
    const startMs = performance.now();
    await requestRollback(namespace, set, 'and back');
    await isUsed(1);
    recordFigure('rolledBackMs', Math.round(performance.now() - startMs));
    await expectNoneRejected(pods);
  },
  TIMEOUT_MS,
);
