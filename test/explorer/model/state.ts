/** A state of the exploration: the world, operators between reading and write, and what is left to try. */
import type { Spec } from '../../../src/core/formats/spec.ts';
import type { Status } from '../../../src/core/formats/status.ts';
import type { ObservedJwks, ObservedSigner, Step } from '../../../src/core/reading/model.ts';
import { type Facts, NO_FACTS } from './facts.ts';
import { type Setting, World } from './world.ts';

/** How often each kind of thing may happen on one path. */
export interface Budgets {
  /** Acts of hands on signer, JWKS and status. */
  readonly hands: number;
  /** Passes that an operator does not make in one go. */
  readonly races: number;
  /** Times at which time goes on although there is something to do, or goes past a boundary. */
  readonly ticks: number;
  /** Acts of the user at other times than at rest. */
  readonly whims: number;
  readonly rotations: number;
  /** How often the set is deleted and created again. */
  readonly lives: number;
  /** How often the ledger and all copies are lost. */
  readonly losses: number;
}

/** An operator in the middle of a pass. All operators are alike and remember nothing between passes. */
export interface Slot {
  /** `Planned`: a guarded step waits for its second reading. `Admitted`: only the write is left. */
  readonly stage: 'Planned' | 'Admitted';
  readonly step: Step;
  /** No later than this it is written. */
  readonly untilMs: number;
  /** How many changes of the world its last reading had seen. */
  readonly seen: number;
}

/** Every version that operators ever wrote, for whoever restores one; empty if nobody will. */
export interface Shelf {
  readonly signers: readonly ObservedSigner[];
  readonly jwks: readonly ObservedJwks[];
  readonly statuses: readonly Status[];
}

export interface State {
  readonly world: World;
  /** At most two. */
  readonly slots: readonly Slot[];
  readonly facts: Facts;
  readonly shelf: Shelf;
  readonly left: Budgets;
  readonly spec: Spec;
}

export const OPERATORS = 2;

export const EMPTY_SHELF: Shelf = { signers: [], jwks: [], statuses: [] };

export function startState(setting: Setting, spec: Spec, left: Budgets): State {
  const world = World.empty(setting);
  return { world, slots: [], facts: NO_FACTS, shelf: EMPTY_SHELF, left, spec };
}

export function spend(left: Budgets, what: keyof Budgets): Budgets {
  return { ...left, [what]: left[what] - 1 };
}
