/** A rotation and a rollback with real mounts: not one token may be rejected. */
import { test } from 'vitest';
import { recordFigure } from '../support/record-figure.ts';
import { createNamespace } from './namespaces.ts';
import {
  activeOrdinal,
  CACHE_SECONDS,
  createSet,
  hasProvenStandby,
  kidOf,
  PROVEN_TIMEOUT_MS,
  requestRollback,
  requestRotation,
  untilSet,
} from './signing-key-sets.ts';
import { expectNoneRejected, untilInUse } from './token-judgement.ts';
import { startTokenPods } from './token-pods.ts';

const SET = 'logins';
const TIMEOUT_MS = 20 * 60_000;

test(
  'a rollback loses nothing',
  async () => {
    const namespace = await createNamespace('logins');
    await createSet(namespace, SET);
    const pods = await startTokenPods(namespace, SET, CACHE_SECONDS * 1000);
    await pods.ready();
    const signs = async (ordinal: number) => {
      const set = await untilSet(
        ...([namespace, SET, `key ${ordinal} signs`] as const),
        (each) => activeOrdinal(each) === ordinal,
        PROVEN_TIMEOUT_MS,
      );
      await untilInUse(pods, kidOf(set, ordinal));
    };
    await untilSet(namespace, SET, 'a proven standby', hasProvenStandby, PROVEN_TIMEOUT_MS);
    await requestRotation(namespace, SET, 'there');
    await signs(2);
    const startMs = performance.now();
    await requestRollback(namespace, SET, 'and back');
    await signs(1);
    recordFigure('rolledBackMs', Math.round(performance.now() - startMs));
    await expectNoneRejected(pods);
  },
  TIMEOUT_MS,
);
