/**
 * Two operators that believe they lead, each paused and killed at any moment: a step that was
 * computed and admitted is written later, or never, or after the other one's.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ANNOTATION, REQUEST } from '../../src/core/formats/names.ts';
import type { Terms } from '../../src/core/formats/spec.ts';
import { admit } from '../../src/core/guard/guard.ts';
import { writeDeadlineMs } from '../../src/core/ledger/terms.ts';
import { plan } from '../../src/core/plan.ts';
import type { Observed, Step } from '../../src/core/reading/model.ts';
import { FAST_SPEC } from '../support/core-world/fixtures.ts';
import { specArbitrary } from '../support/core-world/moves.ts';
import { brokenPromises } from '../support/core-world/oracle.ts';
import { type World, worldWith } from '../support/core-world/world.ts';

type Act =
  | 'plan'
  | 'write'
  | 'die'
  | 'rotate'
  | 'rollback'
  | 'revoke'
  | 'loseSigner'
  | 'loseLedger';

interface Turn {
  readonly who: number;
  readonly act: Act;
  readonly waitMs: number;
}

/** An operator between its last live read and its write. */
interface Held {
  readonly step: Step;
  readonly judgedMs: number;
}

const act = fc.oneof(
  { weight: 12, arbitrary: fc.constant<Act>('plan') },
  { weight: 12, arbitrary: fc.constant<Act>('write') },
  { weight: 2, arbitrary: fc.constantFrom<Act>('die', 'rotate', 'rollback') },
  { weight: 1, arbitrary: fc.constantFrom<Act>('loseSigner', 'loseLedger', 'revoke') },
);
const turns: fc.Arbitrary<readonly Turn[]> = fc.array(
  fc.record({
    who: fc.constantFrom(0, 1),
    act,
    waitMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 6_000 })),
  }),
  { minLength: 40, maxLength: 250, size: 'max' },
);

class Contest {
  readonly #world: World;
  readonly #terms: Terms;
  readonly #held: (Held | null)[] = [null, null];
  readonly violated: string[] = [];

  constructor(world: World, terms: Terms) {
    this.#world = world;
    this.#terms = terms;
  }

  take({ who, act: what, waitMs }: Turn): void {
    const { hands, api } = this.#world;
    this.#world.nowMs += waitMs;
    if (what === 'plan') this.#held[who] = this.#planned(who);
    else if (what === 'write') this.#write(who);
    else if (what === 'die') this.#held[who] = null;
    else if (what === 'rotate') hands.annotate(REQUEST.rotate, String(this.#world.nowMs));
    else if (what === 'rollback') hands.annotate(REQUEST.rollback, String(this.#world.nowMs));
    else if (what === 'revoke') this.#revokeSigner();
    else if (what === 'loseSigner') hands.deleteSigner();
    else if (api.signer !== null) hands.annotateSigner(ANNOTATION.ledger, null);
  }

  #revokeSigner(): void {
    const { hands, signerKid } = this.#world;
    if (signerKid !== null) hands.revoke(signerKid);
  }

  #planned(who: number): Held | null {
    const skewMs = who * 400;
    const seen = this.#world.observe(skewMs);
    const { step } = plan(seen, seen.reading.startedMs);
    if (step === null) return null;
    const live: Observed = step.guarded ? this.#world.observe(skewMs) : seen;
    const refusal = admit(step, live, live.reading.startedMs);
    if (refusal?.code === 'InvariantViolated') {
      this.violated.push(`${step.reason.code}: ${refusal.message}`);
    }
    return refusal === null ? { step, judgedMs: live.reading.startedMs - skewMs } : null;
  }

  /** The write itself, if its deadline has not passed. */
  #write(who: number): void {
    const held = this.#held[who] ?? null;
    this.#held[who] = null;
    if (held === null) return;
    const { step, judgedMs } = held;
    if (this.#world.nowMs - judgedMs <= writeDeadlineMs(this.#terms)) this.#world.apply(step);
  }
}

test('two operators with stale steps break no promise, and make no key twice', () => {
  fc.assert(
    fc.property(specArbitrary, turns, (spec, all) => {
      const world = worldWith(spec, { requestMs: 3 });
      const contest = new Contest(world, spec.terms);
      for (const turn of all) contest.take(turn);
      expect(brokenPromises(world)).toEqual([]);
      expect(contest.violated).toEqual([]);
    }),
    { numRuns: 120 },
  );
});

test('killed before or after any write of a rotation, an operator continues where it was', () => {
  const whole = worldWith(FAST_SPEC);
  whole.runFor(80_000);
  const outcome = (world: World) => world.ledger?.keys.map(({ kid, state }) => `${kid} ${state}`);
  for (let kill = 0; kill < whole.written.length; kill += 1) {
    const world = worldWith(FAST_SPEC);
    world.onWritten = () => {
      // The process dies with whatever it knew; another one starts 700 ms later.
      if (world.written.length === kill) world.nowMs += 700;
    };
    world.runFor(80_000);
    expect(brokenPromises(world)).toEqual([]);
    expect(outcome(world)).toEqual(outcome(whole));
    expect([...world.api.keySecrets.keys()]).toEqual([...whole.api.keySecrets.keys()]);
  }
});
