import { describe, expect, test } from 'vitest';
import { REQUEST } from '../../../src/core/formats/names.ts';
import type { LedgerKey } from '../../../src/core/ledger/ledger.ts';
import { newKey } from '../../../src/core/ledger/lifecycle.ts';
import { plan } from '../../../src/core/plan.ts';
import type { Transition } from '../../../src/core/reading/model.ts';
import type { Situation } from '../../../src/core/reading/situation.ts';
import { scheduleOf } from '../../../src/core/schedule/schedule.ts';
import {
  EC_KIND,
  FAST_SPEC,
  FAST_TERMS,
  fixtureJwk,
  kindOfAlgorithm,
  SECOND,
} from '../../support/core-world/fixtures.ts';
import { ledgerOf, rotatedWorld, situation } from '../../support/core-world/states.ts';
import { START_MS, type World, worldWith } from '../../support/core-world/world.ts';

function told(transition: Transition | null): string {
  if (transition === null) return 'nothing';
  const { action, key, when, waitingFor } = transition;
  const words = { Unknown: 'some day', AtOnce: 'at once' };
  const at = when.kind === 'At' ? `${(when.atMs - START_MS) / 1000}s` : words[when.kind];
  return `${action} ${key?.kid ?? 'a key'} ${at}: ${waitingFor}`;
}

function extraKeys(count: number): readonly LedgerKey[] {
  return Array.from({ length: count }, (_, index) => {
    const kid = `extra-${index}`;
    const publicJwk = fixtureJwk(kid, EC_KIND);
    const origin = { ordinal: 50 + index, kid, publicJwk, keyKind: EC_KIND, imported: false };
    const key = newKey(origin, FAST_TERMS);
    return { ...key, state: 'Retiring' as const, mayHaveSigned: true };
  });
}

function edited(edit: (spec: typeof FAST_SPEC) => typeof FAST_SPEC): Situation {
  const world = rotatedWorld();
  world.hands.editSpec(edit);
  return situation(world);
}

const suspended = (spec: typeof FAST_SPEC) => ({
  ...spec,
  rotation: { ...spec.rotation, suspend: true },
});

describe('in the middle of a rotation', () => {
  test('the schedule holds everything that is waited for, soonest first', () => {
    const world = rotatedWorld();
    expect(scheduleOf(situation(world), ledgerOf(world)).upcoming.map(told)).toEqual([
      'Remove k1 44s: TokensExpire',
      'Activate k3 60s: RotationDue',
    ]);
  });

  test.each<[string, (world: World) => void, string, string]>([
    ['as it is', () => undefined, 'RotationDue', 'Activate k3 60s: RotationDue'],
    [
      'a request',
      ({ hands }) => hands.annotate(REQUEST.rotate, '1'),
      'RotationRequested',
      'Activate k3 38s: ActivationGate',
    ],
    [
      'a change of algorithm',
      ({ hands }) => hands.editSpec((spec) => ({ ...spec, kind: kindOfAlgorithm('RS256') })),
      'AlgorithmChanged',
      'nothing',
    ],
    [
      'suspended',
      ({ hands }) => hands.editSpec(suspended),
      'RotationDue',
      'Activate k3 some day: Suspended',
    ],
    [
      'a shorter interval than a switch takes',
      ({ hands }) =>
        hands.editSpec((spec) => ({
          ...spec,
          rotation: { ...spec.rotation, intervalMs: 1 * SECOND },
        })),
      'RotationDue',
      'Activate k3 38s: ActivationGate',
    ],
  ])('with %s', (_, disturb, code, expected) => {
    const world = rotatedWorld();
    disturb(world);
    const { demand, activation } = scheduleOf(situation(world), ledgerOf(world));
    expect(demand.code).toBe(code);
    expect(told(activation)).toBe(expected);
  });

  test('who suspends does not keep a set without any signing key', () => {
    const ledger = ledgerOf(rotatedWorld());
    const keys = ledger.keys.map((key) =>
      key.state === 'Active' ? { ...key, state: 'Retiring' as const } : key,
    );
    expect(told(scheduleOf(edited(suspended), { ...ledger, keys }).activation)).toBe(
      'Activate k3 38s: ActivationGate',
    );
  });
});

test('after a revocation that leaves no signer, the policy says what the next key waits for', () => {
  const after = (policy: 'FailClosed' | 'SignImmediately'): string => {
    const world = worldWith({
      ...FAST_SPEC,
      rotation: { ...FAST_SPEC.rotation, standby: false },
      onRevokeWithoutStandby: policy,
    });
    world.runFor(20 * SECOND);
    world.hands.revoke(...(world.servedKids ?? []));
    while (ledgerOf(world).keys.every(({ bar }) => bar !== null) || !ledgerOf(world).closed) {
      world.runPass();
    }
    return told(scheduleOf(situation(world), ledgerOf(world)).activation);
  };
  expect(after('FailClosed')).toBe('Activate k3 some day: ActivationGate');
  expect(after('SignImmediately')).toBe('Activate k3 some day: NoActiveKey');
});

describe('the next key', () => {
  test('waits where it would be the ninth', () => {
    const world = rotatedWorld();
    const ledger = ledgerOf(world);
    const living = ledger.keys.filter(({ state }) => state !== 'Pending');
    const seven = { ...ledger, keys: [...living, ...extraKeys(5)] };
    const eight = { ...ledger, keys: [...living, ...extraKeys(6)] };
    expect(told(scheduleOf(situation(world), seven).publication)).toBe(
      'Publish a key at once: Nothing',
    );
    expect(told(scheduleOf(situation(world), eight).publication)).toBe(
      'Publish a key some day: PublishedKeysMax',
    );
  });

  test('is published late enough, and in time, where there is no standby', () => {
    const world = worldWith({
      ...FAST_SPEC,
      rotation: { intervalMs: 600 * SECOND, standby: false, suspend: false },
    });
    world.settle();
    // Due at 600 s, less the lead of 8 s and a minute.
    expect(told(scheduleOf(situation(world), ledgerOf(world)).publication)).toBe(
      'Publish a key 532s: PublicationDue',
    );
    world.hands.annotate(REQUEST.rotate, '1');
    expect(told(scheduleOf(situation(world), ledgerOf(world)).publication)).toBe(
      'Publish a key at once: Nothing',
    );
  });
});

test('the only published key is never taken out, whatever became of it', () => {
  const world = rotatedWorld();
  const ledger = ledgerOf(world);
  const alone = { ...ledger, keys: ledger.keys.slice(0, 1) };
  expect(scheduleOf(situation(world), alone).removals.map(told)).toEqual([
    'Remove k1 some day: AnotherKey',
  ]);
});

test('a plan tells when it wants to be asked again, and what is to come', () => {
  const world = rotatedWorld();
  const seen = world.observe();
  const { step, nextAtMs, upcoming } = plan(seen, seen.reading.startedMs);
  expect(step).toBeNull();
  // The standby's gate, of which the status tells.
  expect(nextAtMs).toBe(START_MS + 38 * SECOND);
  expect(upcoming.map(told)).toEqual([
    'Remove k1 44s: TokensExpire',
    'Activate k3 60s: RotationDue',
  ]);
});

test('what a user requests is told first, although a removal comes sooner', () => {
  const world = rotatedWorld();
  const actions = () =>
    scheduleOf(situation(world), ledgerOf(world)).upcoming.map(
      ({ action, key }) => `${action} ${key?.kid}`,
    );
  expect(actions()).toEqual(['Remove k1', 'Activate k3']);
  world.hands.annotate(REQUEST.rotate, 'now');
  expect(actions()).toEqual(['Activate k3', 'Remove k1']);
  const [next] = scheduleOf(situation(world), ledgerOf(world)).upcoming;
  expect(next?.explanation).toMatch(/^a rotation is requested; published /);
});
