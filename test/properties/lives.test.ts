/** What holds in every life of a set, judged by an oracle that knows only what the world showed. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { plan } from '../../src/core/plan.ts';
import { FAST_TERMS, MINUTE } from '../support/core-world/fixtures.ts';
import {
  calmLife,
  harshLife,
  live,
  roughLife,
  specArbitrary,
} from '../support/core-world/moves.ts';
import { brokenPromises } from '../support/core-world/oracle.ts';
import { type World, worldWith } from '../support/core-world/world.ts';

/** Bounded, so that the fast suite stays fast; a failure prints the seed that shows it again. */
const RUNS = { numRuns: 40 };
const FEW_RUNS = { numRuns: 20 };

function invariantsBroken({ refused }: World): readonly string[] {
  return refused
    .filter(({ refusal }) => refusal.code === 'InvariantViolated')
    .map(({ step, refusal }) => `${step.reason.code}: ${refusal.message}`);
}

describe.each([
  { name: 'calm', lives: calmLife },
  { name: 'rough', lives: roughLife },
])('in a $name life', ({ lives }) => {
  test('no token is rejected, no gate moves earlier, nothing ended comes back', () => {
    fc.assert(
      fc.property(specArbitrary, lives, (spec, moves) => {
        const world = worldWith(spec, { requestMs: 7 });
        live(world, moves);
        expect(brokenPromises(world)).toEqual([]);
        expect(invariantsBroken(world)).toEqual([]);
      }),
      RUNS,
    );
  });

  test('the same step is planned for all times up to nextAtMs', () => {
    fc.assert(
      fc.property(
        specArbitrary,
        lives,
        fc.double({ min: 0, max: 1, noNaN: true }),
        (spec, moves, at) => {
          const world = worldWith(spec, { requestMs: 7 });
          world.onObserved = (seen) => {
            const nowMs = seen.reading.startedMs;
            const { step, nextAtMs } = plan(seen, nowMs);
            const lastMs = nextAtMs === null ? nowMs + 100 * 24 * 60 * MINUTE : nextAtMs - 1;
            const betweenMs = nowMs + Math.floor((lastMs - nowMs) * at);
            expect(plan(seen, lastMs).step).toEqual(step);
            expect(plan(seen, betweenMs).step).toEqual(step);
          };
          live(world, moves);
        },
      ),
      FEW_RUNS,
    );
  });

  test('left alone with true clocks, a set signs with a proven key, and then rests', () => {
    fc.assert(
      fc.property(specArbitrary, lives, (spec, moves) => {
        const world = worldWith(spec);
        live(world, moves);
        world.skewMs = 0;
        // A term can be lowered once it is noted.
        world.settle();
        world.hands.editSpec((last) => ({
          ...last,
          terms: FAST_TERMS,
          rotation: { ...last.rotation, intervalMs: 24 * 60 * MINUTE },
        }));
        world.runFor(5 * MINUTE);
        expect(world.signerKid).not.toBeNull();
        expect(world.violations()).toEqual([]);
        const ready = world.api.set?.status?.conditions?.find(({ type }) => type === 'Ready');
        expect(ready?.reason).toBe('Signing');
        const before = world.written.length;
        for (let pass = 0; pass < 5; pass += 1) world.runPass();
        expect(world.written).toHaveLength(before);
      }),
      FEW_RUNS,
    );
  });

  test('at most one key of the asked kind is on its way', () => {
    fc.assert(
      fc.property(specArbitrary, calmLife, (spec, moves) => {
        const world = worldWith(spec, { requestMs: 7 });
        world.onWritten = ({ ledger }) => {
          const { algorithm } = world.specsSeen.at(-1)?.spec.kind ?? spec.kind;
          const pending = ledger?.keys.filter(
            (key) => key.state === 'Pending' && key.bar === null && key.algorithm === algorithm,
          );
          expect(pending?.length ?? 0).toBeLessThanOrEqual(1);
          const known = ledger?.keys.map(({ ordinal }) => ordinal) ?? [];
          const stones = ledger?.tombstones.map(({ ordinal }) => ordinal) ?? [];
          const orphans = [...world.api.keySecrets.values()].filter(
            ({ ordinal }) => ![...known, ...stones].includes(ordinal),
          );
          expect(orphans.length).toBeLessThanOrEqual(1);
        };
        live(world, moves);
      }),
      FEW_RUNS,
    );
  });
});

test('whatever is restored, lost and revoked, a set left alone gets over it', () => {
  fc.assert(
    fc.property(specArbitrary, harshLife, (spec, moves) => {
      const world = worldWith(spec);
      live(world, moves);
      world.skewMs = 0;
      world.hasDate = true;
      world.settle();
      world.hands.editSpec((last) => ({
        ...last,
        terms: FAST_TERMS,
        rotation: { ...last.rotation, intervalMs: 24 * 60 * MINUTE },
      }));
      world.runFor(5 * MINUTE);
      expect(invariantsBroken(world)).toEqual([]);
      expect(world.violations()).toEqual([]);
      const revoked = world.api.set?.spec?.revocations.map(({ kid }) => kid) ?? [];
      const { signerKid, servedKids } = world;
      expect(servedKids).toContain(signerKid);
      expect(revoked.filter((kid) => servedKids?.includes(kid))).toEqual([]);
      const ended = [...revoked, ...(world.ledger?.tombstones ?? []).map(({ kid }) => kid)];
      const secrets = [...world.api.keySecrets.values()].map(({ content }) => content);
      const privateKids = secrets.flatMap((content) => (content.kind === 'Key' ? content.kid : []));
      expect(privateKids.filter((kid) => ended.includes(kid))).toEqual([]);
    }),
    RUNS,
  );
});
