import { describe, expect, test } from 'vitest';
import { REQUEST } from '../../../src/core/formats/names.ts';
import type { Spec } from '../../../src/core/formats/spec.ts';
import type { Ledger, LedgerKey } from '../../../src/core/ledger/ledger.ts';
import type { Transition } from '../../../src/core/reading/model.ts';
import {
  activationTransition,
  signsImmediately,
  successorOf,
} from '../../../src/core/schedule/activation.ts';
import { demandOf } from '../../../src/core/schedule/demand.ts';
import { fixtureJwk } from '../../support/core-world/fixture-jwk.ts';
import { FAST_SPEC, kindOfAlgorithm, SECOND } from '../../support/core-world/fixtures.ts';
import { ledgerOf, rotatedWorld, situation, withKey } from '../../support/core-world/states.ts';
import { type World, worldWith } from '../../support/core-world/world.ts';
import { told } from './told.ts';

function activation(world: World, ledger = ledgerOf(world)): Transition | null {
  const now = situation(world);
  return activationTransition(now, ledger, demandOf(now, ledger), successorOf(now, ledger));
}

function suspend({ hands }: World): void {
  hands.editSpec((spec) => ({ ...spec, rotation: { ...spec.rotation, suspend: true } }));
}

function request({ hands }: World): void {
  hands.annotate(REQUEST.rotate, '1');
}

function algorithm(name: 'RS256' | 'ES384'): (world: World) => void {
  return ({ hands }) => hands.editSpec((spec) => ({ ...spec, kind: kindOfAlgorithm(name) }));
}

function interval(seconds: number): (world: World) => void {
  return ({ hands }) =>
    hands.editSpec((spec) => ({
      ...spec,
      rotation: { ...spec.rotation, intervalMs: seconds * SECOND },
    }));
}

/** The ledger without an active key, as nobody may sign with it. */
function stopped(ledger: Ledger, changes: Partial<Ledger> = {}): Ledger {
  return { ...withKey(ledger, 'k2', { state: 'Retiring' }), ...changes };
}

// #2 signs since 30 s, and its switch is taken up at 33 s. The gate of #3 opens at 38 s.
describe('the next key signs', () => {
  test.each<[string, (world: World) => void, string]>([
    ['when the rotation is due', () => undefined, 'Activate k3 60s: RotationDue'],
    ['once its gate is open, if that is requested', request, 'Activate k3 38s: ActivationGate'],
    [
      'once its gate is open, if the interval is shorter than a switch',
      interval(1),
      'Activate k3 38s: ActivationGate',
    ],
    ['some day, if the rotation is suspended', suspend, 'Activate k3 some day: Suspended'],
    [
      'some day, if a rotation is requested and suspended',
      (world) => {
        request(world);
        suspend(world);
      },
      'Activate k3 some day: Suspended',
    ],
    ['not at all, if it is of another algorithm', algorithm('RS256'), 'nothing'],
    ['not at all, if its Secret is lost', ({ hands }) => hands.deleteKeySecret(3), 'nothing'],
    ['not at all, if its Secret holds another key', forge, 'nothing'],
  ])('%s', (_, disturb, expected) => {
    const world = rotatedWorld();
    disturb(world);
    expect(told(activation(world))).toBe(expected);
  });

  test.each<[string, (ledger: Ledger) => Ledger, string]>([
    [
      'once the last switch is taken up, if that is later than its gate',
      (ledger) => withKey(ledger, 'k3', { publishedSeenMs: 0 }),
      'Activate k3 33s: SwitchComplete',
    ],
    [
      'some day, if the last switch was not seen yet',
      (ledger) => withKey(ledger, 'k2', { signerSeenMs: null }),
      'Activate k3 some day: SwitchComplete',
    ],
    [
      'some day, if it was not seen in the JWKS yet',
      (ledger) => withKey(ledger, 'k3', { publishedSeenMs: null }),
      'Activate k3 some day: ActivationGate',
    ],
    [
      'not at all, if it is barred',
      (ledger) => {
        const bar = { generation: 9, reason: 'Superseded' as const, removedSeenMs: null };
        return withKey(ledger, 'k3', { bar });
      },
      'nothing',
    ],
    ['once its gate is open, if no key signs', (ledger) => stopped(ledger), OPENS_AT_38],
  ])('as requested, %s', (_, change, expected) => {
    const world = rotatedWorld();
    request(world);
    expect(told(activation(world, change(ledgerOf(world))))).toBe(expected);
  });

  test('although the rotation is suspended, if no key signs', () => {
    const world = rotatedWorld();
    suspend(world);
    expect(told(activation(world, stopped(ledgerOf(world))))).toBe(OPENS_AT_38);
  });

  test.each<[string, (world: World) => void, RegExp]>([
    ['the arithmetic alone', () => undefined, /^[^;]*09:00:30[^;]*09:01:00Z$/],
    ['that it is requested', request, /\brequested; .*09:00:30.*09:00:38Z$/],
    ['that the algorithm changes', algorithm('ES384'), /\balgorithm\b.*; .*09:00:30.*09:00:38Z$/],
  ])('and the explanation gives %s', (_, disturb, expected) => {
    const world = rotatedWorld();
    disturb(world);
    // The standby is of the algorithm that the spec asks for now.
    const { algorithm: now } = world.api.set?.spec?.kind ?? FAST_SPEC.kind;
    const ledger = withKey(ledgerOf(world), 'k3', { algorithm: now });
    expect(activation(world, ledger)?.explanation).toMatch(expected);
  });
});

const OPENS_AT_38 = 'Activate k3 38s: ActivationGate';

/** The Secret of #3 holds another key under its kid. */
function forge({ api, hands }: World): void {
  const secret = hands.keySecret(3);
  if (secret.content.kind !== 'Key') throw new Error('#3 holds a key');
  const publicJwk = { ...secret.content.publicJwk, x: 'tampered' };
  api.putKeySecret({ ...secret, content: { ...secret.content, publicJwk } });
}

test('a key whose Secret holds another key under its kid never signs', () => {
  const world = worldWith(FAST_SPEC);
  world.runFor(12 * SECOND);
  const secret = world.hands.keySecret(2);
  if (secret.content.kind !== 'Key') throw new Error('key #2 has a key');
  const publicJwk = { ...secret.content.publicJwk, x: 'tampered' };
  world.hands.restoreKeySecret({ ...secret, content: { ...secret.content, publicJwk } });
  world.runFor(60 * SECOND);
  expect(world.facts.every(({ signerKid }) => signerKid !== 'k2')).toBe(true);
});

test('of several standbys the oldest of the right algorithm is next', () => {
  const world = rotatedWorld();
  const { labels, annotations } = world.hands.keySecret(3).meta;
  world.hands.plantKeySecret(4, 'k4', { labels, annotations });
  const ledger = ledgerOf(world);
  const k3 = ledger.keys.find(({ kid }) => kid === 'k3');
  if (k3 === undefined) throw new Error('#3 is pending');
  const k4: LedgerKey = { ...k3, kid: 'k4', ordinal: 4, publicJwk: fixtureJwk('k4', k3) };
  const both = { ...ledger, keys: [...ledger.keys, k4] };
  const now = situation(world);
  expect(successorOf(now, both)?.kid).toBe('k3');
  expect(successorOf(now, withKey(both, 'k3', { algorithm: 'ES384' }))?.kid).toBe('k4');
});

describe('after a revocation that leaves no signing key', () => {
  const asked = (onRevokeWithoutStandby: Spec['onRevokeWithoutStandby']): World =>
    rotatedWorld({ ...FAST_SPEC, onRevokeWithoutStandby });

  test.each<[string, Spec['onRevokeWithoutStandby'], (ledger: Ledger) => Ledger, string]>([
    [
      'the next key waits for its gate',
      'FailClosed',
      (ledger) => stopped(ledger, { closed: true }),
      OPENS_AT_38,
    ],
    [
      'under SignImmediately it waits for nothing',
      'SignImmediately',
      (ledger) => stopped(ledger, { closed: true }),
      'Activate k3 at once: NoActiveKey',
    ],
    [
      'under SignImmediately it waits until it is seen in the JWKS',
      'SignImmediately',
      (ledger) => withKey(stopped(ledger, { closed: true }), 'k3', { publishedSeenMs: null }),
      'Activate k3 some day: NoActiveKey',
    ],
    [
      'under SignImmediately there may be no key at all',
      'SignImmediately',
      (ledger) => {
        const keys = ledger.keys.filter(({ kid }) => kid === 'k1');
        return { ...ledger, keys, closed: true };
      },
      'nothing',
    ],
    [
      'SignImmediately says nothing if it was no revocation that stopped the last key',
      'SignImmediately',
      (ledger) => stopped(ledger),
      OPENS_AT_38,
    ],
  ])('%s', (_, policy, change, expected) => {
    const world = asked(policy);
    expect(told(activation(world, change(ledgerOf(world))))).toBe(expected);
  });

  test('the key signs at once whose gate opens first, of whatever algorithm', () => {
    const world = asked('SignImmediately');
    algorithm('ES384')(world);
    const ledger = stopped(ledgerOf(world), { closed: true });
    expect(successorOf(situation(world), ledger)).toBeNull();
    expect(told(activation(world, ledger))).toBe('Activate k3 at once: NoActiveKey');
  });

  test('the policy says what the next key waits for, from its creation on', () => {
    const revokedUnder = (policy: Spec['onRevokeWithoutStandby']): string => {
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
      return told(activation(world));
    };
    expect(revokedUnder('FailClosed')).toBe('Activate k3 some day: ActivationGate');
    expect(revokedUnder('SignImmediately')).toBe('Activate k3 some day: NoActiveKey');
  });

  test.each<[string, Partial<Ledger>, boolean]>([
    ['while the set is closed', { closed: true }, true],
    ['not once a key signs again', { closed: false }, false],
    [
      'not in a deletion',
      { closed: true, deletion: { removing: false, jwksRemovedSeenMs: null } },
      false,
    ],
  ])('SignImmediately counts %s', (_, changes, expected) => {
    const world = asked('SignImmediately');
    const ledger = stopped(ledgerOf(world), changes);
    expect(signsImmediately(situation(world), ledger)).toBe(expected);
  });

  test('SignImmediately does not count while a key signs', () => {
    const world = asked('SignImmediately');
    const ledger = { ...ledgerOf(world), closed: true };
    expect(signsImmediately(situation(world), ledger)).toBe(false);
  });
});
