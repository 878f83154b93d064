/**
 * Writes that fail until somebody changes something: a right that is missing, a policy or a webhook
 * that denies them, a quota. They are tried again and again; meanwhile the set gets an event of it,
 * now and then, and its status, which comes last of all steps, has its turn before the next try.
 */
import type { EventNote } from '../core/model.ts';
import { KubeApiError } from '../platform/kube-errors.ts';

/** As long as an event of the API server lives, at most six are there. */
const TOLD_AGAIN_MS = 600_000;

interface Refused {
  readonly message: string;
  readonly toldAtMs: number;
  isStatusNext: boolean;
}

/** Times are the clock's monotonic milliseconds. */
export class RefusedWrites {
  readonly #refused = new Map<string, Refused>();

  /**
   * A write of a set failed.
   * @returns what is to be told; null where it is no news, or may pass by itself.
   */
  note(key: string, error: unknown, nowMs: number): EventNote | null {
    if (!isRefusal(error)) return null;
    const message = `${error.message} (${error.code})`;
    const known = this.#refused.get(key);
    const isNews = known?.message !== message || nowMs - known.toldAtMs >= TOLD_AGAIN_MS;
    const toldAtMs = isNews ? nowMs : known.toldAtMs;
    this.#refused.set(key, { message, toldAtMs, isStatusNext: true });
    return isNews ? { type: 'Warning', reason: 'WriteRefused', message } : null;
  }

  /** Whether the status is to be written before anything else: once after each refusal. */
  takeStatusTurn(key: string): boolean {
    const refused = this.#refused.get(key);
    if (refused?.isStatusNext !== true) return false;
    refused.isStatusNext = false;
    return true;
  }

  /** The set has no step left, a step but the status was taken, or the set is gone. */
  forget(key: string): void {
    this.#refused.delete(key);
  }
}

/** A namespace that ends refuses all that is new, as it should. */
function isRefusal(error: unknown): error is KubeApiError {
  if (!(error instanceof KubeApiError) || error.kind === 'namespace-terminating') return false;
  return error.advice === 'give-up';
}
