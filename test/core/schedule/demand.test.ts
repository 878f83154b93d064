import { describe, expect, test } from 'vitest';
import { REQUEST } from '../../../src/core/formats/names.ts';
import { demandOf, rotationDueGate, rotationOverdueMs } from '../../../src/core/schedule/demand.ts';
import { FAST_SPEC, kindOfAlgorithm, SECOND } from '../../support/core-world/fixtures.ts';
import { ledgerOf, rotatedWorld, situation, withKey } from '../../support/core-world/states.ts';
import { START_MS, type World, worldWith } from '../../support/core-world/world.ts';

/** What asks for a rotation, and when it is due and overdue, in seconds since the set was created. */
function judged(world: World): readonly [string, number | null, number | null] {
  const ledger = ledgerOf(world);
  const now = situation(world);
  const due = rotationDueGate(now, ledger);
  const seconds = (atMs: number | null | undefined) =>
    atMs == null ? null : (atMs - START_MS) / SECOND;
  const demand = demandOf(now, ledger);
  // What the interval asks for is due when the interval is over.
  if ('gate' in demand) expect(demand.gate).toEqual(due);
  return [demand.code, seconds(due?.opensAtMs), seconds(rotationOverdueMs(now, ledger, due))];
}

const request = ({ hands }: World) => hands.annotate(REQUEST.rotate, '1');
const toRsa = ({ hands }: World) =>
  hands.editSpec((spec) => ({ ...spec, kind: kindOfAlgorithm('RS256') }));

// #2 signs since 30 s, for an interval of 30 s. Overdue after a lead of 8 s and a minute more.
describe('a rotation', () => {
  test.each<[string, (world: World) => void, readonly [string, number, number]]>([
    ['is due when the interval is over', () => undefined, ['RotationDue', 60, 128]],
    ['is requested', request, ['RotationRequested', 60, 128]],
    [
      'is requested by an id that is longer than any',
      ({ hands }) => hands.annotate(REQUEST.rotate, 'x'.repeat(257)),
      ['RotationDue', 60, 128],
    ],
    ['is asked for by another algorithm', toRsa, ['AlgorithmChanged', 60, 128]],
    [
      'is asked for by a longer key of the same algorithm',
      (world) => {
        world.hands.editSpec((spec) => ({
          ...spec,
          kind: { algorithm: 'ES256', rsaModulusLength: 4096 },
        }));
      },
      ['AlgorithmChanged', 60, 128],
    ],
    [
      'is requested, and asked for by another algorithm',
      (world) => {
        request(world);
        toRsa(world);
      },
      ['AlgorithmChanged', 60, 128],
    ],
    [
      'follows an interval that was edited',
      ({ hands }) =>
        hands.editSpec((spec) => ({
          ...spec,
          rotation: { ...spec.rotation, intervalMs: 45 * SECOND },
        })),
      ['RotationDue', 75, 143],
    ],
    [
      'is overdue later, if the next key must be published for longer',
      (world) => {
        const terms = { ...FAST_SPEC.terms, verifierCacheTtlMs: 15 * SECOND };
        world.hands.editSpec((spec) => ({ ...spec, terms }));
        world.settle();
      },
      ['RotationDue', 60, 138],
    ],
    [
      'is overdue no sooner, if that was lowered and still counts',
      (world) => {
        const terms = { ...FAST_SPEC.terms, verifierCacheTtlMs: 1 * SECOND };
        world.hands.editSpec((spec) => ({ ...spec, terms }));
        world.settle();
      },
      ['RotationDue', 60, 128],
    ],
  ])('%s', (_, disturb, expected) => {
    const world = rotatedWorld();
    disturb(world);
    expect(judged(world)).toEqual(expected);
  });

  test('that was requested once is not requested again by the same id', () => {
    const world = rotatedWorld();
    request(world);
    world.runFor(10 * SECOND);
    expect(world.signerKid).toBe('k3');
    expect(demandOf(situation(world), ledgerOf(world)).code).toBe('RotationDue');
  });

  test('has no time while the key that signs was not seen to sign', () => {
    const world = rotatedWorld();
    const ledger = withKey(ledgerOf(world), 'k2', { activatedMs: null });
    const due = rotationDueGate(situation(world), ledger);
    expect(due?.opensAtMs).toBeNull();
    expect(rotationOverdueMs(situation(world), ledger, due)).toBeNull();
  });

  test('is wanted at once if no key signs, and is not late', () => {
    const world = rotatedWorld();
    const ledger = withKey(ledgerOf(world), 'k2', { state: 'Retiring' });
    const now = situation(world);
    expect(demandOf(now, ledger)).toEqual({ code: 'NoActiveKey' });
    expect(rotationDueGate(now, ledger)).toBeNull();
    expect(rotationOverdueMs(now, ledger, null)).toBeNull();
  });

  test('is not due in an ordered deletion, although a key may still be active', () => {
    const world = worldWith(FAST_SPEC);
    world.settle();
    const deletion = { removing: false, jwksRemovedSeenMs: null };
    expect(rotationDueGate(situation(world), ledgerOf(world))).not.toBeNull();
    expect(rotationDueGate(situation(world), { ...ledgerOf(world), deletion })).toBeNull();
  });
});
