/** `spec.signer.restart`: which workload is restarted, and when. Each once, one after the other. */
import { describe, expect, test } from 'vitest';
import type { Spec, Workload } from '../../../src/core/formats/spec.ts';
import { admit } from '../../../src/core/guard/guard.ts';
import type { ObservedWorkload, ReadOncePod, RollOut } from '../../../src/core/reading/model.ts';
import { FAST_SPEC, SECOND } from '../../support/core-world/fixtures.ts';
import { stepOf } from '../../support/core-world/states.ts';
import { START_MS, type World, worldWith } from '../../support/core-world/world.ts';

const API = { kind: 'Deployment', name: 'api' } as const;
const WEB = { kind: 'StatefulSet', name: 'web' } as const;
const DONE: RollOut = {
  ...{ isObserved: true, wanted: 2, updated: 2, available: 2 },
  heldUpBy: null,
};

const SPEC: Spec = { ...FAST_SPEC, signer: { ...FAST_SPEC.signer, restart: [API, WEB] } };

const podOf = (workload: Workload | null, sinceMs = 0): ReadOncePod => ({
  pod: `${workload?.name ?? 'alone'}-1`,
  readsBy: 'Env',
  sinceMs,
  workload,
});

function found(workload: Workload, rollOut = DONE): ObservedWorkload {
  const { name } = workload;
  return {
    ...workload,
    state: 'Found',
    uid: name,
    resourceVersion: '1',
    restartedFor: null,
    rollOut,
  };
}

/** The switch to #2 is seen at 30 s; Ps 2s and 2S 2s later a restart counts. */
function worldWithPods(pods: readonly ReadOncePod[], spec = SPEC): World {
  const world = worldWith(spec);
  world.api.pods = { kind: 'Read', readOnce: pods, more: 0 };
  world.api.workloads = [found(API), found(WEB)];
  return world;
}

/** Such as `34 api`: seconds after the start, and what was restarted then. */
function restarts(world: World): readonly string[] {
  return world.written.flatMap(({ step: { write }, atMs }) =>
    write.kind === 'RestartWorkload'
      ? [`${(atMs - START_MS) / SECOND} ${write.workload.name}`]
      : [],
  );
}

function rollOut(world: World, workload: Workload, changes: Partial<RollOut>): void {
  world.api.workloads = world.api.workloads.map((each) =>
    each.state === 'Found' && each.name === workload.name
      ? { ...each, resourceVersion: world.api.nextVersion(), rollOut: { ...DONE, ...changes } }
      : each,
  );
}

function told(world: World): string {
  const found = world.api.set?.status?.conditions?.find(({ type }) => type === 'IssuersOutdated');
  return found === undefined ? '' : `${found.reason}: ${found.message}`;
}

describe('a workload is restarted', () => {
  test('once Ps and 2S have passed since the switch was seen, and once only', () => {
    const world = worldWithPods([podOf(API)]);
    world.runUntil(START_MS + 33 * SECOND);
    expect(restarts(world)).toEqual([]);
    expect(told(world)).toContain(
      'The operator restarts their workloads, not before 2026-12-01T09:00:34Z',
    );
    world.runUntil(START_MS + 58 * SECOND);
    expect(restarts(world)).toEqual(['34 api']);
  });

  test('only if a pod of its own is too old', () => {
    const current = podOf(WEB, START_MS + 33 * SECOND);
    const world = worldWithPods([podOf(API), current]);
    world.runUntil(START_MS + 35 * SECOND);
    rollOut(world, API, {});
    world.runUntil(START_MS + 58 * SECOND);
    expect(restarts(world)).toEqual(['34 api']);
  });

  test('not if it is not listed: then a person must restart it', () => {
    const world = worldWithPods([podOf(API)], FAST_SPEC);
    world.runUntil(START_MS + 40 * SECOND);
    expect(restarts(world)).toEqual([]);
    expect(told(world)).toMatch(
      /^PodsHoldOldKey: .*not before 2026-12-01T09:00:34Z, for example with kubectl rollout restart deployment\/api/,
    );
  });

  test.each<[string, Partial<RollOut>]>([
    ['its controller has not seen the change', { isObserved: false }],
    ['a pod is still of the old template', { updated: 1 }],
    ['a new pod is not available', { available: 1 }],
    ['its own spec prevents that', { updated: 1, heldUpBy: 'its spec.paused is true' }],
  ])('after the one before it: not while %s', (_, changes) => {
    const world = worldWithPods([podOf(API), podOf(WEB)]);
    world.runUntil(START_MS + 34 * SECOND);
    rollOut(world, API, changes);
    world.runUntil(START_MS + 50 * SECOND);
    expect(restarts(world)).toEqual(['34 api']);
    expect(told(world)).toContain('Deployment api rolls out');
    expect(told(world)?.includes('(its spec.paused is true)')).toBe('heldUpBy' in changes);
    rollOut(world, API, {});
    world.settle();
    expect(restarts(world)).toEqual(['34 api', '50 web']);
  });

  test('again after a further switch, even one back to a key that it was restarted for', () => {
    const world = worldWithPods([podOf(API)]);
    world.runUntil(START_MS + 35 * SECOND);
    rollOut(world, API, {});
    world.hands.annotate('signingkeys.dev/rollback', 'back');
    world.runUntil(START_MS + 42 * SECOND);
    expect(world.signerKid).toBe('k1');
    const marks = world.written.flatMap(({ step: { write } }) =>
      write.kind === 'RestartWorkload' ? [write.restartedFor] : [],
    );
    expect(marks).toEqual(['k2 2026-12-01T09:00:34Z', 'k1 2026-12-01T09:00:39Z']);
  });

  test('not in a deletion, nor while no key signs', () => {
    const world = worldWithPods([podOf(API)], { ...SPEC, deletionPolicy: 'Delete' });
    world.runUntil(START_MS + 12 * SECOND);
    world.hands.deleteSet();
    world.runUntil(START_MS + 80 * SECOND);
    expect(restarts(world)).toEqual([]);
  });

  test('after a revocation too, although its key left the JWKS long ago', () => {
    const world = worldWithPods([podOf(API)]);
    world.runUntil(START_MS + 12 * SECOND);
    world.hands.revoke('k1');
    world.runUntil(START_MS + 20 * SECOND);
    expect(world.servedKids).not.toContain('k1');
    expect(restarts(world)).toEqual(['16 api']);
  });
});

test.each<[string, ObservedWorkload, RegExp]>([
  [
    'is not there',
    { ...API, state: 'Missing' },
    /^WorkloadUnreadable: .*Deployment api .* does not exist/,
  ],
  [
    'the operator may not read',
    { ...API, state: 'Forbidden' },
    /^WorkloadUnreadable: .*may not read Deployment api/,
  ],
])('a condition reports a listed workload that %s', (_, workload, message) => {
  const world = worldWithPods([podOf(API)]);
  world.api.workloads = [workload, found(WEB)];
  world.runUntil(START_MS + 36 * SECOND);
  expect(told(world)).toMatch(message);
  expect(restarts(world)).toEqual([]);
});

test('what the spec does not list is never restarted (I6), nor what has changed since', () => {
  const world = worldWithPods([podOf(API)]);
  world.runUntil(START_MS + 33 * SECOND);
  const crafted = (workload: Workload, resourceVersion: string) => {
    const expects = { uid: workload.name, resourceVersion };
    const write = { kind: 'RestartWorkload', workload, expects, restartedFor: 'x' } as const;
    return admit(stepOf(world, write, true), world.observe(), world.nowMs);
  };
  expect(crafted(API, '1')).toBeNull();
  expect(crafted(API, '0')).toMatchObject({ code: 'Changed' });
  const other = { kind: 'DaemonSet', name: 'other' } as const;
  world.api.workloads = [...world.api.workloads, found(other)];
  expect(crafted(other, '1')).toMatchObject({ code: 'InvariantViolated', invariants: ['I6'] });
});
