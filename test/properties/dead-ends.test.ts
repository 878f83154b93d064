/**
 * From every state that the core can reach, left alone, a due rotation completes. Who did the harm is gone
 * then; what they left stays: copies, strangers' Secrets, finalizers, a CRD without a field, revocations.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { REQUEST } from '../../src/core/formats/names.ts';
import { activeKey } from '../../src/core/ledger/ledger.ts';
import { holderOf } from '../../src/core/stages/key-secrets.ts';
import { FAST_SPEC, FAST_TERMS, MINUTE } from '../support/core-world/fixtures.ts';
import { live, specArbitrary } from '../support/core-world/moves.ts';
import { situation } from '../support/core-world/states.ts';
import { stuckLife } from '../support/core-world/stuck-moves.ts';
import { type World, worldWith } from '../support/core-world/world.ts';

const RUNS = { numRuns: 15 };
/** A life of fights takes a second on a busy machine. */
const TIMEOUT_MS = 60_000;

/** Longer than any wait that the terms of a life add up to. */
const HORIZON_MS = 10 * MINUTE;

/** The hands go. Clocks are right again, pods that held old keys have ended, nobody suspends. */
function leaveAlone(world: World): void {
  world.skewMs = 0;
  world.hasDate = true;
  world.api.pods = { kind: 'Read', readOnce: [], more: 0 };
  // The API server refuses to lower a term that no operator has noted yet.
  world.runFor(MINUTE);
  world.hands.editSpec((last) => ({
    ...last,
    terms: FAST_TERMS,
    rotation: { ...last.rotation, intervalMs: 24 * 60 * MINUTE, suspend: false },
  }));
}

/** Asks for a rotation and lets the operator work. What is wrong afterwards; empty if nothing is. */
function deadEnds(world: World): readonly string[] {
  const before = world.signerKid;
  world.hands.annotate(REQUEST.rotate, 'the last one');
  world.runFor(HORIZON_MS);
  const { ledger, signerKid } = world;
  if (ledger === null) return ['there is no ledger'];
  const found: string[] = [];
  if (ledger.handled.rotate !== 'the last one') found.push('the rotation was not carried out');
  if (signerKid === null || signerKid === before) found.push('no other key signs');
  if (activeKey(ledger)?.kid !== signerKid) found.push('the signing key is not the active one');
  if (world.servedKids?.includes(signerKid ?? '') !== true) found.push('its key is not served');
  return [...found, ...leftOver(world)];
}

/** Private keys of the set that nothing will ever use or end. */
function leftOver(world: World): readonly string[] {
  const now = situation(world);
  const { ledger } = world;
  if (ledger === null) return [];
  return now.keySecrets.flatMap((secret) => {
    const { kind } = holderOf(now, ledger, secret);
    const isExpected = kind === 'Living' || kind === 'Orphan' || secret.meta.deleting !== undefined;
    return isExpected ? [] : [`${secret.meta.name} stays (${kind})`];
  });
}

test(
  'left alone, a due rotation completes, and no private key is left over',
  () => {
    fc.assert(
      fc.property(specArbitrary, stuckLife, (spec, moves) => {
        const world = worldWith(spec);
        live(world, moves);
        leaveAlone(world);
        expect(deadEnds(world)).toEqual([]);
      }),
      RUNS,
    );
  },
  TIMEOUT_MS,
);

describe('a dead end would be noticed', () => {
  test.each<[string, (world: World) => void, RegExp]>([
    [
      'a rotation that is suspended',
      ({ hands }) =>
        hands.editSpec((spec) => ({ ...spec, rotation: { ...spec.rotation, suspend: true } })),
      /the rotation was not carried out/,
    ],
    [
      'a next key whose Secret nobody can make',
      (world) => {
        world.hands.deleteKeySecret(2);
        const write = world.api.write.bind(world.api);
        world.api.write = (step) => (step.kind === 'CreateKeySecret' ? 'Conflict' : write(step));
      },
      /livelock/,
    ],
    [
      'a copy that cannot be deleted',
      (world) => {
        const secret = world.hands.keySecret(2);
        const meta = { ...secret.meta, name: 'payments-key-9', uid: 'again' };
        world.api.putKeySecret({ ...secret, meta, ordinal: 9 });
        const remove = world.api.deleteKeySecret.bind(world.api);
        world.api.deleteKeySecret = (name) => (name === meta.name ? undefined : remove(name));
      },
      /livelock|stays/,
    ],
  ])('%s', (_, harm, expected) => {
    const world = worldWith({
      ...FAST_SPEC,
      rotation: { ...FAST_SPEC.rotation, intervalMs: 86_400_000 },
    });
    world.runFor(20_000);
    harm(world);
    const found = () => {
      const ends = deadEnds(world);
      if (ends.length > 0) throw new Error(ends.join('; '));
    };
    expect(found).toThrow(expected);
  });
});
