/**
 * How many steps a set may take. A rotation takes a few in a row and then rests. A set that keeps
 * writing is in a fight: another client undoes each step, or a second operator sees the set
 * differently. The allowance does not start over when the set rests, because in a fight it rests
 * after each step.
 */

/** The maximum number of steps that may follow one another at once. */
export const STEPS_IN_A_ROW_MAX = 40;
/** After that, one step per this interval: a revocation waits no longer. */
export const STEP_REGAINED_MS = 1000;
/** A fight is reported, but not at each of its steps. */
const REPORTED_AGAIN_MS = 600_000;

/** Times are the clock's monotonic milliseconds. */
export class StepAllowance {
  #left = STEPS_IN_A_ROW_MAX;
  #leftAtMs = 0;
  #reportedAtMs = Number.NEGATIVE_INFINITY;

  /** @returns how long until the set may take a step; 0 if it may now. */
  waitMs(nowMs: number): number {
    this.#regain(nowMs);
    return this.#left >= 1 ? 0 : Math.ceil((1 - this.#left) * STEP_REGAINED_MS);
  }

  /** A step was taken. */
  spend(nowMs: number): void {
    this.#regain(nowMs);
    this.#left -= 1;
  }

  /** Whether to report a wait: the first one, and then one in ten minutes. */
  isNews(nowMs: number): boolean {
    if (nowMs - this.#reportedAtMs < REPORTED_AGAIN_MS) return false;
    this.#reportedAtMs = nowMs;
    return true;
  }

  #regain(nowMs: number): void {
    const regained = (nowMs - this.#leftAtMs) / STEP_REGAINED_MS;
    this.#left = Math.min(STEPS_IN_A_ROW_MAX, this.#left + regained);
    this.#leftAtMs = nowMs;
  }
}
