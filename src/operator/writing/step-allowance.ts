/**
 * How many steps a set may take. A rotation takes a few in a row and then rests; who writes on
 * and on is in a fight with another hand, which undoes each step, or with a second operator that
 * sees the set differently. The counting does not start anew when the set rests, because in a
 * fight it rests after each step.
 */

/** So many steps may follow one another at once. */
export const STEPS_IN_A_ROW_MAX = 40;
/** Then one each so often: a revocation waits for no longer. */
export const STEP_REGAINED_MS = 1000;
/** A fight is told of, but not with each of its steps. */
const TOLD_AGAIN_MS = 600_000;

interface Account {
  left: number;
  atMs: number;
  toldAtMs: number;
}

/** Times are the clock's monotonic milliseconds. */
export class StepAllowance {
  readonly #accounts = new Map<string, Account>();

  /** @returns how long until the set may take a step; 0 where it may now. */
  waitMs(key: string, nowMs: number): number {
    const { left } = this.#account(key, nowMs);
    return left >= 1 ? 0 : Math.ceil((1 - left) * STEP_REGAINED_MS);
  }

  /** A step was taken. */
  spend(key: string, nowMs: number): void {
    this.#account(key, nowMs).left -= 1;
  }

  /** Whether a wait is to be told of: the first one, and then one in ten minutes. */
  isNews(key: string, nowMs: number): boolean {
    const account = this.#account(key, nowMs);
    if (nowMs - account.toldAtMs < TOLD_AGAIN_MS) return false;
    account.toldAtMs = nowMs;
    return true;
  }

  forget(key: string): void {
    this.#accounts.delete(key);
  }

  #account(key: string, nowMs: number): Account {
    let account = this.#accounts.get(key);
    if (account === undefined) {
      account = { left: STEPS_IN_A_ROW_MAX, atMs: nowMs, toldAtMs: -Infinity };
      this.#accounts.set(key, account);
    }
    const regained = (nowMs - account.atMs) / STEP_REGAINED_MS;
    account.left = Math.min(STEPS_IN_A_ROW_MAX, account.left + regained);
    account.atMs = nowMs;
    return account;
  }
}
