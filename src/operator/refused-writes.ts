/**
 * Writes that fail until somebody changes something: a right that is missing, a policy or a webhook
 * that denies them, a quota. They are tried again and again; the set gets an event of it, now and then.
 */
import type { EventNote } from '../core/model.ts';
import { KubeApiError } from '../platform/kube-errors.ts';

/** As long as an event of the API server lives, at most six are there. */
const TOLD_AGAIN_MS = 600_000;

interface Told {
  readonly message: string;
  readonly atMs: number;
}

/** Times are the clock's monotonic milliseconds. */
export class RefusedWrites {
  readonly #told = new Map<string, Told>();

  /** @returns what is to be told of a refusal; null where it is no news. */
  noteOf(key: string, error: KubeApiError, nowMs: number): EventNote | null {
    const message = `${error.message} (${error.code})`;
    const told = this.#told.get(key);
    if (told?.message === message && nowMs - told.atMs < TOLD_AGAIN_MS) return null;
    this.#told.set(key, { message, atMs: nowMs });
    return { type: 'Warning', reason: 'WriteRefused', message };
  }

  /** A write of the set succeeded, or the set is gone. */
  forget(key: string): void {
    this.#told.delete(key);
  }
}

/** A namespace that ends refuses all that is new, as it should. */
export function isRefusal(error: unknown): error is KubeApiError {
  if (!(error instanceof KubeApiError) || error.kind === 'namespace-terminating') return false;
  return error.advice === 'give-up';
}
