/**
 * Writes that fail until somebody changes something: a right that is missing, a policy or a webhook
 * that denies them, a quota. They are tried again and again; meanwhile the set gets an event of it,
 * now and then, and its status, which comes last of all steps, has its turn before the next try.
 */
import type { EventNote, Write } from '../core/model.ts';
import { KubeApiError } from '../platform/kube-errors.ts';

/** The API server keeps an event for an hour: of each refusal at most six are there. */
const TOLD_AGAIN_MS = 600_000;
/** Of a set. More kinds of write than so many there are not. */
const MESSAGES_MAX = 16;

interface Refused {
  /** When each message was told last. */
  readonly toldAtMs: Map<string, number>;
  isStatusNext: boolean;
}

/** Times are the clock's monotonic milliseconds. */
export class RefusedWrites {
  readonly #refused = new Map<string, Refused>();

  /**
   * A write of a set failed. One of the status gives the status no turn: the other steps had none.
   * @returns what is to be told; null where it is no news, or may pass by itself.
   */
  note(key: string, write: Write['kind'], error: unknown, nowMs: number): EventNote | null {
    if (!isRefusal(error)) return null;
    const refused = this.#refused.get(key) ?? { toldAtMs: new Map(), isStatusNext: false };
    this.#refused.set(key, refused);
    refused.isStatusNext = write !== 'WriteStatus';
    const message = `${error.message} (${error.code})`;
    const toldAtMs = refused.toldAtMs.get(message) ?? Number.NEGATIVE_INFINITY;
    if (nowMs - toldAtMs < TOLD_AGAIN_MS) return null;
    if (refused.toldAtMs.size >= MESSAGES_MAX) refused.toldAtMs.clear();
    refused.toldAtMs.set(message, nowMs);
    return { type: 'Warning', reason: 'WriteRefused', message };
  }

  /** Whether the status is to be written before anything else: once after each refusal. */
  takeStatusTurn(key: string): boolean {
    const refused = this.#refused.get(key);
    if (refused?.isStatusNext !== true) return false;
    refused.isStatusNext = false;
    return true;
  }

  /** The set is gone. */
  forget(key: string): void {
    this.#refused.delete(key);
  }
}

/** A namespace that ends refuses all that is new, as it should. */
function isRefusal(error: unknown): error is KubeApiError {
  if (!(error instanceof KubeApiError) || error.kind === 'namespace-terminating') return false;
  return error.advice === 'give-up';
}
