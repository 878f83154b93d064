/**
 * What operators do. All are alike and remember nothing between passes, so that an operator which is
 * not in the middle of a pass is no part of the state. It follows that
 * - an operator that dies before its write leads to a state without its slot, which was reached before;
 * - one that dies after it, or does not get the answer, is like one that got it;
 * - it does not matter which of two operators makes a pass.
 */

import type { Refusal } from '../../../src/core/guard/guard.ts';
import type { Step } from '../../../src/core/reading/model.ts';
import { judged, type Violation } from '../judge/judge.ts';
import { isAtRest } from '../judge/rest.ts';
import { lifeEnded, noted, pruned } from '../model/facts.ts';
import { OUTSIDE } from '../model/spec.ts';
import { EMPTY_SHELF, OPERATORS, type Slot, type State, spend } from '../model/state.ts';
import type { World } from '../model/world.ts';
import { shelved } from './shelves.ts';

/** Where a move leads to. */
export interface Taken {
  readonly state: State;
  readonly violations: readonly Violation[];
  /** What happened, for the reader of a path. */
  readonly told: string;
}

export interface Move {
  readonly label: string;
  readonly take: () => Taken;
}

/** A set that is left alone: one operator makes whole passes, and sleeps until the plan says so. */
export function aloneMove(state: State): Move | null {
  const { world } = state;
  if (isAtRest(world)) return null;
  const { step, nextAtMs } = world.plan;
  if (step !== null) return { label: 'pass', take: () => passed(state, step) };
  if (nextAtMs === null) return null;
  return { label: 'wait', take: () => waited(state, nextAtMs) };
}

/** With both operators in the middle of a pass, the one that read first dies and starts again. */
function passed(state: State, step: Step): Taken {
  const slots = state.slots.length < OPERATORS ? state.slots : state.slots.slice(1);
  const { world, facts } = state;
  const told = `${step.reason.code}: ${step.reason.message}`;
  if (world.refusal !== null) return refused({ ...state, slots }, step, world.refusal);
  return { ...written({ ...state, slots }, step, facts.changes), told };
}

function refused(state: State, step: Step, { code, message }: Refusal): Taken {
  const told = `${step.reason.code} is refused (${code}): ${message}`;
  const violations: Violation[] = [{ rule: 'Guard', text: told }];
  return { state, violations, told };
}

/** The write, if the API server takes it. */
function written(state: State, step: Step, seen: number): Omit<Taken, 'told'> {
  const { world: before, facts, left } = state;
  let outcome = '';
  const after = before.after((api) => {
    outcome = api.write(step.write);
  });
  if (outcome !== 'Applied') return { state, violations: [] };
  const violations = judged({ step, before, after, facts, seen });
  const isOver = before.api.set !== null && after.api.set === null;
  const isStatusNew = step.write.kind === 'WriteStatus';
  const next = { ...noted(facts, before, after, 'Operator'), isStatusNew };
  const shelf = left.hands === 0 ? EMPTY_SHELF : shelved(state.shelf, after);
  const kept = { ...state, world: after, facts: isOver ? lifeEnded(next, after) : next, shelf };
  return {
    state: { ...kept, slots: kept.slots.filter((slot) => mayLand(slot, after)) },
    violations,
  };
}

/** Time goes on to an instant. Writes that would be late then are never made. */
export function waited(state: State, untilMs: number): Taken {
  const world = state.world.at(untilMs);
  const slots = state.slots.filter((slot) => slot.untilMs >= untilMs);
  const told = `${(untilMs - state.world.nowMs) / 1000} s pass`;
  return {
    state: { ...state, world, slots, facts: pruned(state.facts, untilMs) },
    violations: [],
    told,
  };
}

/** An operator stops in the middle of its pass, and goes on later. */
export function raceMoves(state: State): readonly Move[] {
  const { world, slots, left } = state;
  const held = slots.map((slot, index): Move => {
    const who = `${slot.step.reason.code}`;
    return slot.stage === 'Planned'
      ? { label: `confirm ${index}`, take: () => confirmed(state, slot, who) }
      : { label: `land ${index}`, take: () => landed(state, slot, who) };
  });
  const { step } = world.api.set === null ? { step: null } : world.plan;
  if (left.races === 0 || slots.length === OPERATORS || step === null) return held;
  return [...held, { label: 'hold', take: () => holding(state, step) }];
}

function holding(state: State, step: Step): Taken {
  const { world, facts, slots } = state;
  const untilMs = world.nowMs + OUTSIDE.writeMs;
  const left = spend(state.left, 'races');
  const told = `an operator plans ${step.reason.code}: ${step.reason.message}`;
  if (!step.guarded && world.refusal !== null)
    return refused({ ...state, left }, step, world.refusal);
  const stage = step.guarded ? 'Planned' : 'Admitted';
  const slot: Slot = { stage, step, untilMs, seen: facts.changes };
  return { state: { ...state, left, slots: [...slots, slot] }, violations: [], told };
}

function confirmed(state: State, slot: Slot, who: string): Taken {
  const { world, facts } = state;
  const others = state.slots.filter((each) => each !== slot);
  if (world.api.set === null) {
    return { state: { ...state, slots: others }, violations: [], told: `${who}: the set is gone` };
  }
  const refusal = world.judge(slot.step);
  if (refusal !== null) {
    const taken = refused({ ...state, slots: others }, slot.step, refusal);
    // Things changed between two readings: that is what the second one is for.
    return refusal.code === 'InvariantViolated' ? taken : { ...taken, violations: [] };
  }
  const admitted: Slot = { ...slot, stage: 'Admitted', seen: facts.changes };
  return {
    state: { ...state, slots: [...others, admitted] },
    violations: [],
    told: `the second reading admits ${who}`,
  };
}

function landed(state: State, slot: Slot, who: string): Taken {
  const slots = state.slots.filter((each) => each !== slot);
  const taken = written({ ...state, slots }, slot.step, slot.seen);
  return { ...taken, told: `the write of ${who} lands late` };
}

/**
 * Whether a step can still have an effect. A version of an object never comes back, so a write that
 * expects an older one is as good as not there.
 */
export function mayLand({ step: { write } }: Slot, { api }: World): boolean {
  const { signer, jwks, set } = api;
  if (!('expects' in write) || write.expects === 'absent') return true;
  const { resourceVersion } = write.expects;
  switch (write.kind) {
    case 'WriteSigner':
    case 'DeleteSigner':
      return signer?.meta.resourceVersion === resourceVersion;
    case 'WriteJwks':
    case 'DeleteJwks':
      return jwks?.meta.resourceVersion === resourceVersion;
    case 'WriteStatus':
    case 'WriteFinalizer':
      return set?.resourceVersion === resourceVersion;
    default:
      return true;
  }
}
