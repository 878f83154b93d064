/**
 * One rotation at the terms of the README, with all else left to its default: what most users have.
 * It takes 40 minutes, so `make soak` runs it, and nothing else does.
 */
import { expect, test } from 'vitest';
import { recordFigure } from '../../support/vitest/record-figure.ts';
import { DEFAULT_TERMS, kidOf, requestRotation, stateOf } from '../world/signing-key-sets.ts';
import { expectNoneRejected, untilInUse } from '../world/token-judgement.ts';
import { startTokenWorld } from '../world/token-world.ts';

const MINUTE_MS = 60_000;
/** P + C + S are 13.5 minutes, and Ps + T + L + 3S are 24.5; no step waits for another pass. */
const PROVEN_MS = 13.5 * MINUTE_MS;
const RETIRED_MS = 24.5 * MINUTE_MS;
const ROOM_MS = 3 * MINUTE_MS;
const SIGNS_TIMEOUT_MS = MINUTE_MS;
/** Ps, and what the issuer and the verifiers take. */
const USED_TIMEOUT_MS = 4 * MINUTE_MS;
const TIMEOUT_MS = 50 * MINUTE_MS;

test(
  'no token is rejected through a rotation at the default terms',
  async () => {
    const startMs = performance.now();
    const world = await startTokenWorld('defaults', { terms: DEFAULT_TERMS });
    const { namespace, set, pods } = world;
    await world.provenStandby(PROVEN_MS + ROOM_MS);
    const provenMs = performance.now() - startMs;
    await requestRotation(namespace, set, 'the only one');
    const switched = await world.signs(2, SIGNS_TIMEOUT_MS);
    const switchedMs = performance.now();
    await untilInUse(pods, kidOf(switched, 2), USED_TIMEOUT_MS);
    const isRetired = (each: typeof switched) => stateOf(each, 1) === 'Retired';
    await world.until('key 1 is retired', isRetired, RETIRED_MS + ROOM_MS);
    const retiredMs = performance.now() - switchedMs;
    await expectNoneRejected(pods);
    // Neither step was taken too early.
    expect(provenMs).toBeGreaterThan(PROVEN_MS);
    expect(retiredMs).toBeGreaterThan(RETIRED_MS - MINUTE_MS);
    recordFigure('standbyProvenSeconds', Math.round(provenMs / 1000));
    recordFigure('retiredAfterSwitchSeconds', Math.round(retiredMs / 1000));
  },
  TIMEOUT_MS,
);
