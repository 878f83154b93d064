import { describe, expect, test } from 'vitest';
import type { Ledger } from '../../../src/core/ledger/ledger.ts';
import { plan } from '../../../src/core/plan.ts';
import type { ObservedPods, ReadOncePod, Transition } from '../../../src/core/reading/model.ts';
import { scheduleOf } from '../../../src/core/schedule/schedule.ts';
import { FAST_SPEC, kindOfAlgorithm, SECOND } from '../../support/core-world/fixtures.ts';
import { ledgerOf, rotatedWorld, situation, withKey } from '../../support/core-world/states.ts';
import { START_MS, type World, worldWith } from '../../support/core-world/world.ts';
import { told } from './told.ts';

const NOTHING = () => undefined;
const UNCHANGED = (ledger: Ledger) => ledger;
const NONE: ObservedPods = { kind: 'Read', readOnce: [], more: 0 };
const pod = (name: string, changes: Partial<ReadOncePod> = {}): ReadOncePod => ({
  ...{ pod: name, readsBy: 'Env', sinceMs: 0, workload: null },
  ...changes,
});
const held = (...readOnce: readonly ReadOncePod[]): ObservedPods => ({
  ...{ kind: 'Read', readOnce, more: 0 },
});

/** What the removal of #1 waits for. The switch to #2 is seen at 30 s; from 33 s on a list counts. */
function removalAt(seconds: number, pods: ObservedPods): Transition {
  const world = worldWith(FAST_SPEC);
  world.api.pods = pods;
  world.runUntil(START_MS + seconds * SECOND);
  const { upcoming } = plan(world.observe(), world.nowMs);
  const removal = upcoming.find(({ action, key }) => action === 'Remove' && key?.kid === 'k1');
  if (removal === undefined) throw new Error('#1 is not on its way out');
  return removal;
}

describe('when a key leaves the JWKS: Ps + S until the list counts, then T + L + 2S', () => {
  test.each<[string, number, ObservedPods, string, number | null]>([
    ['the list does not count yet', 32, NONE, 'TokensExpire', 44],
    ['no pod holds it', 35, NONE, 'TokensExpire', 44],
    ['a pod holds it, and the list does not count yet', 32, held(pod('a')), 'PodsHoldKey', null],
    ['a pod holds it', 35, held(pod('a')), 'PodsHoldKey', null],
    ['pods were not read, and need not have been', 32, { kind: 'NotRead' }, 'TokensExpire', 44],
    ['pods were not read', 35, { kind: 'NotRead' }, 'PodsUnknown', null],
    ['the list failed, and is not needed yet', 32, { kind: 'Failed' }, 'TokensExpire', 44],
    ['the list failed', 35, { kind: 'Failed' }, 'PodsUnknown', null],
    // That does not end by itself.
    ['pods may not be listed', 32, { kind: 'Forbidden' }, 'PodsUnknown', null],
    [
      'the operator checks no pods, by its own flag',
      35,
      { kind: 'NotChecked' },
      'TokensExpire',
      44,
    ],
  ])('%s', (_, seconds, pods, waitingFor, atSeconds) => {
    const { when, ...removal } = removalAt(seconds, pods);
    expect(removal.waitingFor).toBe(waitingFor);
    const atMs = START_MS + (atSeconds ?? 0) * SECOND;
    expect(when).toEqual(atSeconds === null ? { kind: 'Unknown' } : { kind: 'At', atMs });
  });
});

test('a check of the pods that could have been noted by now, and was not, voids the forecast', () => {
  const world = worldWith(FAST_SPEC);
  world.runUntil(START_MS + 32 * SECOND);
  // No time is noted while an answer has no Date.
  world.hasDate = false;
  world.runUntil(START_MS + 35 * SECOND);
  const { upcoming } = plan(world.observe(), world.nowMs);
  const removal = upcoming.find(({ action }) => action === 'Remove');
  expect(removal).toMatchObject({ when: { kind: 'Unknown' }, waitingFor: 'TokensExpire' });
});

test.each<[string, ObservedPods, RegExp]>([
  [
    'the arithmetic',
    NONE,
    /^no issuer has signed with it since 2026-12-01T09:00:33Z, token lifetime 8s \(spec\.tokenTTL\), .*44Z$/,
  ],
  [
    'the pod',
    held(pod('a')),
    /^it waits until no pod can still hold the key: restart or stop Pod a \(env\); then token lifetime 8s \(spec\.tokenTTL\),/,
  ],
  [
    'two pods, by name, and their workload',
    held(
      pod('b', { readsBy: 'SubPath' }),
      pod('a', { workload: { kind: 'Deployment', name: 'x' } }),
    ),
    /: restart or stop Pod a \(env, Deployment x\) and Pod b \(subPath\); then/,
  ],
  [
    'five pods, and how many more there are',
    { kind: 'Read', readOnce: ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => pod(name)), more: 2 },
    /: restart or stop Pod a \(env\), .*, Pod e \(env\) and 3 more; then/,
  ],
  [
    'why the pods are not known',
    { kind: 'Forbidden' },
    /^the operator may not list the pods of the namespace, so a pod may still hold the key; then token/,
  ],
])('the explanation gives %s', (_, pods, expected) => {
  expect(removalAt(35, pods).explanation).toMatch(expected);
});

// #1 is retiring, #2 signs, #3 is pending.
describe('which keys are on their way out', () => {
  test.each<[string, (world: World) => void, (ledger: Ledger) => Ledger, readonly string[]]>([
    ['one that signs no more', NOTHING, UNCHANGED, ['Remove k1 44s: TokensExpire: Retired']],
    [
      'no barred one: it is out already',
      NOTHING,
      (ledger) => {
        const bar = { generation: 9, reason: 'Retired' as const, removedSeenMs: null };
        return withKey(ledger, 'k1', { bar });
      },
      [],
    ],
    [
      'a pending one at once, if its Secret is lost',
      ({ hands }) => hands.deleteKeySecret(3),
      UNCHANGED,
      ['Remove k1 44s: TokensExpire: Retired', 'Remove k3 at once: Nothing: SecretLost'],
    ],
    [
      'no pending one of another algorithm, while no key of the right one signs',
      ({ hands }) => hands.editSpec((spec) => ({ ...spec, kind: kindOfAlgorithm('RS256') })),
      UNCHANGED,
      ['Remove k1 44s: TokensExpire: Retired'],
    ],
    [
      'a pending one of another algorithm, once a key of the right one signs',
      NOTHING,
      (ledger) => withKey(ledger, 'k3', kindOfAlgorithm('RS256')),
      ['Remove k1 44s: TokensExpire: Retired', 'Remove k3 at once: Nothing: Superseded'],
    ],
    [
      'a pending one after its wait, if it may have signed',
      ({ hands }) => hands.deleteKeySecret(3),
      (ledger) => withKey(ledger, 'k3', { mayHaveSigned: true }),
      ['Remove k1 44s: TokensExpire: Retired', 'Remove k3 some day: TokensExpire: SecretLost'],
    ],
    [
      'the only published one some day, whatever became of it',
      NOTHING,
      (ledger) => ({ ...ledger, keys: ledger.keys.slice(0, 1) }),
      ['Remove k1 some day: AnotherKey: Retired'],
    ],
  ])('%s', (_, disturb, change, expected) => {
    const world = rotatedWorld();
    disturb(world);
    const found = scheduleOf(situation(world), change(ledgerOf(world))).removals;
    expect(found.map((removal) => `${told(removal)}: ${removal.reason}`)).toEqual(expected);
  });
});
