/** One pass over the stages: which of the steps that they find may be taken now. */
import type { Effort } from '../reading/contest.ts';
import type { Observed, Step } from '../reading/model.ts';
import { basedOn } from './steps.ts';

export class Turn {
  /** The steps that were found and back off, in the order of the stages. */
  readonly held: Effort[] = [];
  /** Stages were left out, because they rely on a step that backs off. */
  isCut = false;
  readonly #observed: Observed;

  constructor(observed: Observed) {
    this.#observed = observed;
  }

  /** @returns the step, with what it was computed from; null if there is none, or if it backs off. */
  open(found: Step | null): Step | null {
    if (found === null) return null;
    const based = basedOn(found, this.#observed);
    if (!this.#isPaused(based.effort)) return based;
    // A stage that has nothing else finds the same step again.
    if (!this.held.some((held) => isSame(held, based.effort))) this.held.push(based.effort);
    return null;
  }

  #isPaused(effort: Effort): boolean {
    return this.#observed.contests.some((contest) => contest.isPaused && isSame(contest, effort));
  }
}

function isSame(a: Effort, b: Effort): boolean {
  return a.name === b.name && a.intent === b.intent;
}
