/** Which pods hold a key permanently, what the ledger notes of them, and what has to wait for them. */
import { describe, expect, test } from 'vitest';
import type { Spec } from '../../../src/core/formats/spec.ts';
import { admit } from '../../../src/core/guard/guard.ts';
import { keyByKid, type LedgerKey } from '../../../src/core/ledger/ledger.ts';
import { plan } from '../../../src/core/plan.ts';
import type { ObservedPods, ReadOncePod } from '../../../src/core/reading/model.ts';
import { needsPods } from '../../../src/core/reading/old-pods.ts';
import { FAST_SPEC, SECOND } from '../../support/core-world/fixtures.ts';
import {
  ledgerOf,
  plannedStep,
  signerWrite,
  stepOf,
  withKey,
} from '../../support/core-world/states.ts';
import { START_MS, type World, worldWith } from '../../support/core-world/world.ts';

/** The switch to #2 is seen at 30 s. Ps 2s and S 1s later a pod that starts reads #2. */
const SWITCHED_MS = START_MS + 30 * SECOND;
const CURRENT_MS = SWITCHED_MS + 3 * SECOND;
const LONG: Spec = { ...FAST_SPEC, rotation: { ...FAST_SPEC.rotation, intervalMs: 30 * SECOND } };

const pod = (name: string, sinceMs: number, changes: Partial<ReadOncePod> = {}): ReadOncePod => ({
  pod: name,
  readsBy: 'Env',
  sinceMs,
  workload: null,
  ...changes,
});
const read = (...pods: readonly ReadOncePod[]): ObservedPods => ({
  kind: 'Read',
  readOnce: pods,
  more: 0,
});

function worldAt(seconds: number, pods: ObservedPods, spec: Spec = LONG): World {
  const world = worldWith(spec);
  world.api.pods = pods;
  world.runUntil(START_MS + seconds * SECOND);
  return world;
}

function keyOf(world: World, kid: string): LedgerKey {
  const key = keyByKid(ledgerOf(world), kid);
  if (key === null) throw new Error(`${kid} is not in the ledger`);
  return key;
}

function condition(world: World) {
  return world.api.set?.status?.conditions?.find(({ type }) => type === 'IssuersOutdated') ?? null;
}

const told = (world: World) => {
  const found = condition(world);
  return found === null ? null : `${found.status} ${found.reason}`;
};

describe('a switch is settled', () => {
  test.each<[string, ObservedPods, number | null]>([
    ['if no pod reads the key only once', read(), CURRENT_MS],
    ['by pods that started at that instant', read(pod('a', CURRENT_MS)), CURRENT_MS],
    ['not by one that may have started a millisecond before', read(pod('a', CURRENT_MS - 1)), null],
    ['not by one from long before', read(pod('a', 0)), null],
    ['not if the pods can’t be listed', { kind: 'Failed' }, null],
    ['not if the operator may not list them', { kind: 'Forbidden' }, null],
    ['not if they were not read', { kind: 'NotRead' }, null],
    ['without a check, if the operator does not check pods', { kind: 'NotChecked' }, CURRENT_MS],
    [
      'not by as many old ones as are listed, and more',
      { kind: 'Read', readOnce: [pod('a', 0)], more: 1 },
      null,
    ],
    [
      'by as many new ones as are listed, and more that are newer',
      { kind: 'Read', readOnce: [pod('a', CURRENT_MS)], more: 9 },
      CURRENT_MS,
    ],
  ])('%s', (_, pods, seenMs) => {
    const world = worldAt(35, pods);
    expect([keyOf(world, 'k1').settled?.seenMs, keyOf(world, 'k2').settled?.seenMs]).toEqual(
      seenMs === null ? [undefined, undefined] : [seenMs, seenMs],
    );
  });

  test('never by a list that began before: a pod may still start with the old key', () => {
    const world = worldAt(32.9, read());
    expect(keyOf(world, 'k1').settled).toBeNull();
    world.api.pods = read(pod('late', CURRENT_MS - 100));
    world.runUntil(START_MS + 60 * SECOND);
    expect(keyOf(world, 'k1').settled).toBeNull();
    expect(world.servedKids).toContain('k1');
  });

  test('not without a check, if the spec says that pods read once', () => {
    const signer = { ...LONG.signer, reload: 'Restart' as const };
    const world = worldAt(35, { kind: 'NotChecked' }, { ...LONG, signer });
    expect(keyOf(world, 'k1').settled).toBeNull();
    expect(told(world)).toBe('Unknown PodsNotChecked');
  });
});

describe('the removal', () => {
  test('counts from when the last pod was seen gone: T 8s, L 1s, 2S 2s', () => {
    const world = worldAt(45, read(pod('a', 0)));
    expect(world.servedKids).toContain('k1');
    world.api.pods = read();
    world.settle();
    world.runUntil(START_MS + 55 * SECOND);
    expect(world.servedKids).toContain('k1');
    world.runUntil(START_MS + 57 * SECOND);
    expect(world.servedKids).not.toContain('k1');
  });

  test('shows no time while a pod is in its way, and says which', () => {
    const workload = { kind: 'Deployment', name: 'api' } as const;
    const world = worldAt(35, read(pod('b', 5, { readsBy: 'SubPath' }), pod('a', 0, { workload })));
    const { nextTransition, keys } = world.api.set?.status ?? {};
    expect(nextTransition).toMatchObject({ action: 'Activate' });
    expect(keys?.[0]?.removableTime).toBeUndefined();
    const { upcoming } = plan(world.observe(), world.nowMs);
    const removal = upcoming.find(({ action }) => action === 'Remove');
    expect(removal).toMatchObject({ when: { kind: 'Unknown' }, waitingFor: 'PodsHoldKey' });
    expect(removal?.explanation).toBe(
      'it waits until no pod can still hold the key: restart or stop Pod a (env, Deployment api) and Pod b (subPath); ' +
        'then token lifetime 8s (spec.tokenTTL), verifier leeway 1s (spec.timing.verifierLeeway), 2 × clock skew = 2s (spec.timing.clockSkew)',
    );
  });

  // If the check of the pods is not noted by then, the forecast would be too early.
  test.each([
    [32.9, { kind: 'Failed' }, '2026-12-01T09:00:44Z'],
    [33.1, { kind: 'Failed' }, undefined],
    [43, { kind: 'Failed' }, undefined],
  ] as const)('is forecast for as long as the pods need not be known: %d s', (at, pods, shown) => {
    const { keys } = worldAt(at, pods).api.set?.status ?? {};
    expect(keys?.[0]?.removableTime).toBe(shown);
  });

  test('names five pods, and how many more there are', () => {
    const pods = ['g', 'f', 'e', 'd', 'c', 'b', 'a'].map((name) => pod(name, 0));
    const world = worldAt(35, { kind: 'Read', readOnce: pods, more: 3 });
    expect(condition(world)?.message).toMatch(
      /^Pod a \(env\), Pod b \(env\), Pod c \(env\), Pod d \(env\), Pod e \(env\) and 5 more read the signer Secret only at startup/,
    );
  });

  test('is delayed by a pod that is there after all, and counts again from when that is gone', () => {
    const world = worldAt(40, read());
    expect(keyOf(world, 'k1').settled).not.toBeNull();
    world.api.pods = read(pod('a', 0));
    world.settle();
    expect(keyOf(world, 'k1').settled).toBeNull();
    world.runUntil(START_MS + 50 * SECOND);
    expect(world.servedKids).toContain('k1');
  });

  test('is refused if the second reading shows a pod that the first did not', () => {
    const world = worldAt(43, read());
    world.nowMs = START_MS + 44 * SECOND;
    const step = plannedStep(world);
    expect(step.reason.code).toBe('Bar');
    expect(admit(step, world.observe(), world.nowMs)).toBeNull();
    world.api.pods = read(pod('a', 0));
    expect(admit(step, world.observe(), world.nowMs)).toMatchObject({
      code: 'Changed',
      message: 'a pod still holds a key that would leave the JWKS',
    });
  });

  test('does not wait for the pods of a revoked key, which the condition names until they are gone', () => {
    const world = worldWith({
      ...LONG,
      rotation: { ...LONG.rotation, intervalMs: 720 * 3_600_000 },
    });
    world.api.pods = read(pod('a', 0));
    world.runFor(20 * SECOND);
    expect(told(world)).toBeNull();
    world.hands.revoke('k1');
    world.runFor(1 * SECOND);
    expect(world.servedKids).not.toContain('k1');
    expect(told(world)).toBe('True PodsHoldOldKey');
    world.api.pods = read();
    world.runFor(40 * SECOND);
    expect(told(world)).toBeNull();
  });

  test('of a deletion waits for pods too', () => {
    const world = worldWith({ ...LONG, deletionPolicy: 'Delete' });
    world.runFor(12 * SECOND);
    world.api.pods = read(pod('a', 0));
    world.hands.deleteSet();
    world.runFor(120 * SECOND);
    expect(world.servedKids).toEqual(['k1', 'k2']);
    expect(condition(world)?.message).toContain('Stop it.');
    world.api.pods = read();
    world.runFor(120 * SECOND);
    expect(world.api.set).toBeNull();
  });
});

test('a note that the reading contradicts is refused', () => {
  const world = worldAt(35, read(pod('a', 0)));
  const settled = { seenMs: world.nowMs, reload: 'Watch' as const };
  const forged = signerWrite(world, withKey(ledgerOf(world), 'k1', { settled }));
  expect(admit(stepOf(world, forged), world.observe(), world.nowMs)).toMatchObject({
    code: 'InvariantViolated',
    invariants: ['I3'],
  });
});

test.each<[string, (spec: Spec) => Spec]>([
  ['a larger Ps', (spec) => ({ ...spec, terms: { ...spec.terms, signerRefreshDelayMs: 2001 } })],
  ['a larger S', (spec) => ({ ...spec, terms: { ...spec.terms, clockSkewMs: 1001 } })],
  [
    'a change from Watch to Restart',
    (spec) => ({ ...spec, signer: { ...spec.signer, reload: 'Restart' } }),
  ],
])('after %s the pods are judged again', (_, change) => {
  const world = worldAt(40, read());
  const before = keyOf(world, 'k1').settled?.seenMs ?? 0;
  world.hands.editSpec(change);
  world.settle();
  const after = keyOf(world, 'k1').settled;
  expect(after?.seenMs).toBeGreaterThan(before);
});

test('pods are read only while a key depends on them, and never before a revocation', () => {
  const world = worldWith(LONG);
  world.runFor(20 * SECOND);
  const needs = (kid: string | null) =>
    needsPods(ledgerOf(world), kid === null ? [] : [{ kid, reason: 'KeyCompromise' }]);
  expect(needs(null)).toBe(false);
  world.runUntil(START_MS + 35 * SECOND);
  expect([needs(null), needs('k1'), needs('unknown')]).toEqual([true, false, true]);
  world.runUntil(START_MS + 50 * SECOND);
  expect(needs(null)).toBe(false);
});
