import { describe, expect, test } from 'vitest';
import type { Spec, Workload } from '../../../src/core/formats/spec.ts';
import type {
  ObservedPods,
  ObservedWorkload,
  ReadOncePod,
  RollOut,
} from '../../../src/core/reading/model.ts';
import { FAST_SPEC, SECOND } from '../../support/core-world/fixtures.ts';
import { conditionOf } from '../../support/core-world/states.ts';
import { START_MS, type World, worldWith } from '../../support/core-world/world.ts';

const API: Workload = { kind: 'Deployment', name: 'api' };
const ROLLED_OUT: RollOut = {
  isObserved: true,
  wanted: 2,
  updated: 2,
  available: 2,
  heldUpBy: null,
};
const RESTARTED = { ...FAST_SPEC, signer: { ...FAST_SPEC.signer, restart: [API] } };

const pod = (name: string, workload: Workload | null = null): ReadOncePod => ({
  ...{ pod: name, readsBy: 'Env', sinceMs: 0, workload },
});
const held = (...readOnce: readonly ReadOncePod[]): ObservedPods => ({
  ...{ kind: 'Read', readOnce, more: 0 },
});

function found(changes: Partial<RollOut> = {}): ObservedWorkload {
  const rollOut = { ...ROLLED_OUT, ...changes };
  return { ...API, state: 'Found', uid: 'w1', resourceVersion: '1', restartedFor: null, rollOut };
}

/** At 35 s; the switch to #2 is seen at 30 s. */
function worldWithPods(
  pods: ObservedPods,
  spec: Spec = FAST_SPEC,
  workloads: readonly ObservedWorkload[] = [],
): World {
  const world = worldWith(spec);
  world.api.pods = pods;
  world.api.workloads = workloads;
  world.runUntil(START_MS + 35 * SECOND);
  return world;
}

function told(world: World): string | null {
  const condition = conditionOf(world, 'IssuersOutdated');
  return condition === null ? null : `${condition.verdict}: ${condition.message}`;
}

const TAIL = ' Until then, earlier keys stay published; tokens of a revoked key are rejected.';
/** Who causes the wait for a restart. */
const WHY =
  ' Sooner, a pod could get the old key again: active key seen signing 2026-12-01T09:00:30Z, new pods get the new key ' +
  'by 2026-12-01T09:00:32Z (spec.timing.signerRefreshDelay: 2s), 2 × clock skew = 2s (spec.timing.clockSkew): ' +
  '2026-12-01T09:00:34Z.';

describe('pods that still use an earlier key', () => {
  test('none: there is no such condition', () => {
    expect(told(worldWithPods({ kind: 'Read', readOnce: [], more: 0 }))).toBeNull();
  });

  test.each<[string, ObservedPods, string]>([
    ['a lone pod', held(pod('a')), 'Restart it, not before 2026-12-01T09:00:34Z.'],
    [
      'a pod of a Deployment',
      held(pod('a', API)),
      'Restart it, not before 2026-12-01T09:00:34Z, for example with kubectl rollout restart deployment/api.',
    ],
  ])('%s: the message says how to restart it, and how soon', (_, pods, remedy) => {
    const text = told(worldWithPods(pods));
    expect(text).toMatch(
      /^True PodsHoldOldKey: Pod a \(env.*\) reads the signer Secret only at startup,/,
    );
    expect(text).toContain(`may still sign with an earlier key. ${remedy}${TAIL}${WHY}`);
  });
});

describe('pods of spec.signer.restart', () => {
  const pods = held(pod('a', API));

  test.each<[string, readonly ObservedWorkload[], string, string]>([
    [
      'the operator may not read the workload',
      [{ ...API, state: 'Forbidden' }],
      'True WorkloadUnreadable',
      'The operator may not read Deployment api of spec.signer.restart: grant it get and patch',
    ],
    [
      'the workload is not there',
      [{ ...API, state: 'Missing' }],
      'True WorkloadUnreadable',
      'Deployment api of spec.signer.restart does not exist: correct the list',
    ],
    [
      'it rolls out',
      [found({ updated: 1, available: 1 })],
      'True Restarting',
      'Deployment api rolls out: 1 of 2 pods updated, 1 available.',
    ],
    [
      'something delays the roll-out',
      [found({ updated: 0, heldUpBy: 'it is paused' })],
      'True Restarting',
      'Deployment api rolls out: 0 of 2 pods updated, 2 available (it is paused).',
    ],
  ])('%s', (_, workloads, verdict, part) => {
    const text = told(worldWithPods(pods, RESTARTED, workloads));
    expect(text?.split(':')[0]).toBe(verdict);
    expect(text).toContain(part);
  });

  test('it has rolled out, and an earlier pod is still there', () => {
    const world = worldWithPods(pods, RESTARTED, [found()]);
    world.api.workloads = world.api.workloads.map((each) => ({ ...each, rollOut: ROLLED_OUT }));
    world.settle();
    expect(told(world)).toContain(
      'Their workloads were restarted, but the last old pods have not terminated yet.',
    );
  });

  test('the user must restart other pods', () => {
    const text = told(worldWithPods(held(pod('a', API), pod('b')), RESTARTED, [found()]));
    expect(text?.split(':')[0]).toBe('True PodsHoldOldKey');
    expect(text).toContain(
      'Restart those not in spec.signer.restart, not before 2026-12-01T09:00:34Z; the operator restarts the others.',
    );
  });
});

describe('nobody knows which pods there are', () => {
  test.each<[ObservedPods['kind'], string, string]>([
    [
      'Forbidden',
      'Unknown PodsForbidden',
      'Grant the operator the right to list pods in this namespace',
    ],
    ['Failed', 'Unknown PodsUnreadable', 'The log says why; the operator tries again.'],
  ])('%s', (kind, verdict, remedy) => {
    const text = told(worldWithPods({ kind } as ObservedPods));
    expect(text?.split(':')[0]).toBe(verdict);
    expect(text).toContain(` Until it is known, earlier keys stay published. ${remedy}`);
  });

  test('if the operator does not check pods, but the spec says that they read once', () => {
    expect(told(worldWithPods({ kind: 'NotChecked' }, RESTARTED))).toMatch(
      /^Unknown PodsNotChecked: /,
    );
    expect(told(worldWithPods({ kind: 'NotChecked' }))).toBeNull();
  });

  test('a first failure is not worth a condition', () => {
    const world = worldWith(FAST_SPEC);
    world.api.pods = { kind: 'Failed' };
    world.runUntil(START_MS + 32 * SECOND);
    expect(conditionOf(world, 'IssuersOutdated')).toBeNull();
  });
});
