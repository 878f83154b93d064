import { describe, expect, test } from 'vitest';
import { HISTORY_MAX, RETIRED_SHOWN_MAX } from '../../../src/core/formats/status.ts';
import { projectStatus } from '../../../src/core/report/project-status.ts';
import { scheduleOf } from '../../../src/core/schedule/schedule.ts';
import { FAST_SPEC, SECOND, TERM_FIELDS } from '../../support/core-world/fixtures.ts';
import { ledgerOf, rotatedWorld, situation } from '../../support/core-world/states.ts';
import { worldWith } from '../../support/core-world/world.ts';

describe('the status of a set in the middle of a rotation', () => {
  const status = rotatedWorld().api.set?.status;

  test('shows every key with the time of every step seen and due', () => {
    expect(status?.keys).toEqual([
      {
        ordinal: 1,
        kid: 'k1',
        state: 'Retiring',
        algorithm: 'ES256',
        publishedTime: '2026-12-01T09:00:00Z',
        servedSinceTime: '2026-12-01T09:00:02Z',
        activatedTime: '2026-12-01T09:00:00Z',
        switchCompleteTime: '2026-12-01T09:00:03Z',
        supersededTime: '2026-12-01T09:00:30Z',
        settledTime: '2026-12-01T09:00:33Z',
        removableTime: '2026-12-01T09:00:44Z',
      },
      {
        ordinal: 2,
        kid: 'k2',
        state: 'Active',
        algorithm: 'ES256',
        publishedTime: '2026-12-01T09:00:00Z',
        servedSinceTime: '2026-12-01T09:00:02Z',
        activatedTime: '2026-12-01T09:00:30Z',
        switchCompleteTime: '2026-12-01T09:00:33Z',
        settledTime: '2026-12-01T09:00:33Z',
      },
      {
        ordinal: 3,
        kid: 'k3',
        state: 'Pending',
        algorithm: 'ES256',
        publishedTime: '2026-12-01T09:00:30Z',
        servedSinceTime: '2026-12-01T09:00:32Z',
        activatableTime: '2026-12-01T09:00:38Z',
      },
    ]);
  });

  test('shows what the columns need, and what comes next with its arithmetic', () => {
    expect(status).toMatchObject({
      activeKey: '#2',
      activeKid: 'k2',
      keyCount: 3,
      effectiveTokenTTL: '8s',
      nextTransition: {
        action: 'Remove',
        kid: 'k1',
        time: '2026-12-01T09:00:44Z',
        waitingFor: 'TokensExpire',
        explanation:
          'no issuer has signed with it since 2026-12-01T09:00:33Z, token lifetime 8s (spec.tokenTTL), verifier leeway 1s (spec.timing.verifierLeeway), 2 × clock skew = 2s (spec.timing.clockSkew): 2026-12-01T09:00:44Z',
      },
    });
  });

  test('shows the history of its keys', () => {
    expect(status?.history?.map(({ kid, from, to }) => `${kid} ${from ?? 'new'} ${to}`)).toEqual([
      'k1 new Active',
      'k2 new Pending',
      'k1 Active Retiring',
      'k2 Pending Active',
      'k3 new Pending',
    ]);
  });
});

describe('a wait names who causes it', () => {
  const termFields = {
    ...TERM_FIELDS,
    verifierCacheTtlMs: 'spec.verifiers[orders], preset dotnet',
  };
  const waits = (world: ReturnType<typeof rotatedWorld>) =>
    world.api.set?.status?.conditions?.find(({ type }) => type === 'StandbyReady')?.message;

  test('by the field that the spec declares the value in', () => {
    expect(waits(rotatedWorld({ ...FAST_SPEC, termFields }))).toContain(
      'verifiers cache up to 5s (spec.verifiers[orders], preset dotnet), clock skew 1s (spec.timing.clockSkew): ',
    );
  });

  test('and says that an earlier value still counts once the spec declares less', () => {
    const world = rotatedWorld({ ...FAST_SPEC, termFields });
    const terms = { ...FAST_SPEC.terms, verifierCacheTtlMs: 2 * SECOND };
    world.hands.editSpec((spec) => ({ ...spec, terms, termFields: TERM_FIELDS }));
    world.runFor(SECOND);
    expect(waits(world)).toContain(
      'verifiers cache up to 5s (spec.verifierCacheTTL is 2s now; the earlier 5s still counts), clock skew',
    );
  });
});

test('an explanation is no longer than the CRD stores', () => {
  const world = rotatedWorld();
  const seen = situation(world);
  const schedule = scheduleOf(seen, ledgerOf(world));
  const upcoming = schedule.upcoming.map((next) => ({ ...next, explanation: 'x'.repeat(3000) }));
  const { nextTransition } = projectStatus(seen, { ...schedule, upcoming });
  expect(nextTransition?.explanation).toHaveLength(2048);
});

test('the status of a long life stays bounded', () => {
  const world = worldWith(FAST_SPEC);
  world.runFor(900 * SECOND);
  const status = world.api.set?.status;
  expect(status?.history).toHaveLength(HISTORY_MAX);
  expect(status?.keys?.filter(({ state }) => state === 'Retired')).toHaveLength(RETIRED_SHOWN_MAX);
  expect(status?.ledger?.length).toBeLessThan(8_192);
});

test('a status that was wiped is written once more, and then no more', () => {
  const world = rotatedWorld();
  world.hands.wipeStatus();
  const before = world.written.length;
  world.settle();
  expect(world.written).toHaveLength(before + 1);
  expect(world.api.set?.status?.activeKid).toBe('k2');
});

test('it is written only if it says something new: a day without a change costs nothing', () => {
  const world = worldWith({
    ...FAST_SPEC,
    rotation: { ...FAST_SPEC.rotation, intervalMs: 90_000_000 },
  });
  world.runFor(60 * SECOND);
  const before = world.written.length;
  for (let hour = 0; hour < 24; hour += 1) world.runFor(3_600 * SECOND);
  expect(world.written).toHaveLength(before);
});

test('while the spec can’t be decoded nothing is announced, and the keys are still shown', () => {
  const world = rotatedWorld();
  const before = world.api.set?.status;
  expect(before?.nextTransition).toBeDefined();
  const specProblems = ['spec.tokenTTL: 1d is no duration'];
  world.api.set = world.api.set && { ...world.api.set, spec: null, specProblems };
  world.settle();
  const { nextTransition, keys } = world.api.set?.status ?? {};
  expect(nextTransition).toBeUndefined();
  expect(keys).toEqual(before?.keys);
});

// Once, the announcement stayed: no pass came to withdraw it when the pods could have been checked.
test('once a revocation has removed a key from the JWKS, its removal is no longer announced', () => {
  const world = worldWith({ ...FAST_SPEC, rotation: { ...FAST_SPEC.rotation, standby: false } });
  world.runFor(12 * SECOND);
  world.hands.revoke('k1');
  const isOut = () => world.api.set?.status?.keys?.[0]?.removedTime !== undefined;
  for (let passes = 0; !isOut(); passes += 1) {
    expect(passes).toBeLessThan(20);
    world.runPass();
  }
  const [revoked] = world.api.set?.status?.keys ?? [];
  expect(revoked).toMatchObject({ kid: 'k1', reason: 'Revoked' });
  expect(revoked?.removedTime).toBeDefined();
  expect(revoked?.removableTime).toBeUndefined();
});
