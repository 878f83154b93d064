/**
 * A plan: a scenario, and the faults that strike at steps of it. Its name is its seed: it says
 * everything that a run needs. `rotation/update:secrets:payments-signer:3/crash-after`.
 */

import type { Scenario } from '../language/scenario.ts';
import type { Member } from '../world/member.ts';
import type { Step, StepFault } from '../world/steps.ts';
import type { FaultSource, World } from '../world/world.ts';
import { type FaultKind, familyOf, faultNamed, faultsOn, RECHECK_MS } from './faults.ts';

export interface PlannedFault {
  readonly step: string;
  readonly fault: string;
}

/** Every fault at every step of a recorded run. */
export function plannedFaults(steps: readonly Step[]): readonly PlannedFault[] {
  return steps.flatMap((step) => faultsOn(step).map((fault) => ({ step: step.key, fault })));
}

/** What has struck so far, and how much of it the world has not waited out yet. */
export class StruckFaults {
  readonly fired: PlannedFault[] = [];
  #waitedOut = 0;

  strike(fault: string, world: World, member: Member, step: Step): StepFault {
    this.fired.push({ step: step.key, fault });
    world.note('!', `${fault} at ${step.key} of ${member.identity}`);
    return faultNamed(fault).does({ world, member, step });
  }

  stallMs(): number {
    return stallOf(this.fired.slice(this.#waitedOut));
  }

  rested(): void {
    this.#waitedOut = this.fired.length;
  }
}

/** Strikes each planned fault once, when its step comes. */
export class PlannedFaults extends StruckFaults implements FaultSource {
  readonly #planned: ReadonlyMap<string, PlannedFault>;

  constructor(planned: readonly PlannedFault[]) {
    super();
    this.#planned = new Map(planned.map((each) => [each.step, each]));
  }

  at(world: World, member: Member, step: Step): StepFault | null {
    const planned = this.#planned.get(step.key);
    if (planned === undefined || !faultsOn(step).includes(planned.fault)) return null;
    return this.strike(planned.fault, world, member, step);
  }
}

/** Pauses follow one another; what is found by a recheck is found by the same one. */
function stallOf(fired: readonly PlannedFault[]): number {
  const stalls = fired.map(({ fault }) => faultNamed(fault).stallMs);
  const pausesMs = stalls.filter((ms) => ms < RECHECK_MS).reduce((sum, ms) => sum + ms, 0);
  return Math.max(0, pausesMs, ...stalls);
}

/** A reflector, or whoever waits for a lease, tries again after seconds, a pass at once. */
const BY_A_WATCHER = /^(?:watch:|list:[^:]+:-:|[a-z]+:leases:)/;

/** What a scenario's run owes although these struck. */
export function owedAfter(
  { comparable, timed }: Scenario,
  fired: readonly PlannedFault[],
): FaultKind['owes'] {
  const kinds = fired.map(({ fault }) => faultNamed(fault));
  const isSlow =
    kinds.some(({ slow }) => slow) || fired.some(({ step }) => BY_A_WATCHER.test(step));
  const isDelayed = timed && isSlow;
  if (!comparable || isDelayed || kinds.some(({ owes }) => owes === 'promises')) return 'promises';
  return kinds.some(({ owes }) => owes === 'end') ? 'end' : 'all';
}

/** The object of a step, for the spread of a sample. */
export function objectOf({ step }: PlannedFault): string {
  return step.split(':').slice(0, 3).join(':');
}

/**
 * An API server that takes its word back, although it is linearizable for one object: it shows an
 * old state, or nothing. Outside of what is assumed; the promises are still judged.
 */
export function isLie({ fault }: PlannedFault): boolean {
  return fault === '404' || familyOf(fault) === 'stale';
}

export function familyOfFault({ fault }: PlannedFault): string {
  return familyOf(fault);
}
