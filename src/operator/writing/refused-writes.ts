/**
 * Writes that fail until somebody changes something: a right that is missing, a policy or a webhook
 * that denies them, a webhook that has not answered for a while, a quota. They are tried again and
 * again; meanwhile the set gets an event of it, now and then, and its status, which comes last of all
 * steps, has its turn before the next try and says so.
 */
import type { EventNote, Write } from '../../core/reading/model.ts';
import { KubeApiError } from '../../platform/kube/errors.ts';
import { BACKOFF_MAX_MS } from '../../platform/work-queue.ts';

/** The API server keeps an event for an hour: of each refusal at most six are there. */
const TOLD_AGAIN_MS = 600_000;
/** A webhook that restarts is back by then. */
const PATIENCE_MS = 60_000;
/** What lies so far apart is no row: more was in the way than the back-off. */
const ROW_GAP_MS = 2.5 * BACKOFF_MAX_MS;
/** Of a set. More kinds of write than so many there are not. */
const MESSAGES_MAX = 16;

const IMMUTABLE =
  '. Somebody has made this object immutable: docs/errors.md says how to undo that (Immutable objects)';

interface Told {
  readonly write: Write['kind'];
  readonly atMs: number;
}

interface Refused {
  /** When each message was told last, and of what. */
  readonly told: Map<string, Told>;
  /** The last refusal, but of the status, which can't show it. */
  last: { readonly write: Write['kind']; readonly message: string } | null;
  isStatusNext: boolean;
  /** The row of tries, up to the last one, that nobody has judged. */
  unjudged: {
    readonly write: Write['kind'];
    readonly sinceMs: number;
    readonly lastMs: number;
  } | null;
}

/** Times are the clock's monotonic milliseconds. */
export class RefusedWrites {
  readonly #refused = new Map<string, Refused>();

  /**
   * A write of a set failed. One of the status gives the status no turn: the other steps had none.
   *
   * @param isImmutable a hand has made the object so: nothing else is wrong with the write, then.
   * @returns what is to be told; null where it is no news, or may pass by itself.
   */
  note(
    key: string,
    write: Write['kind'],
    error: unknown,
    isImmutable: boolean,
    nowMs: number,
  ): EventNote | null {
    if (!(error instanceof KubeApiError)) return null;
    const refused = this.#refused.get(key) ?? nothingRefused();
    this.#refused.set(key, refused);
    if (isRefusal(error)) refused.unjudged = null;
    else if (!isLongUnjudged(refused, write, error, nowMs)) return null;
    const message = `${error.message}${isImmutable ? IMMUTABLE : ''} (${error.code})`;
    refused.isStatusNext = write !== 'WriteStatus';
    if (write !== 'WriteStatus') refused.last = { write, message };
    const lastMs = refused.told.get(message)?.atMs ?? Number.NEGATIVE_INFINITY;
    if (nowMs - lastMs < TOLD_AGAIN_MS) return null;
    if (refused.told.size >= MESSAGES_MAX) refused.told.clear();
    refused.told.set(message, { write, atMs: nowMs });
    return { type: 'Warning', reason: 'WriteRefused', message };
  }

  /** A write that was refused before goes through again: its next refusal is news. */
  succeeded(key: string, write: Write['kind']): void {
    const refused = this.#refused.get(key);
    if (refused === undefined) return;
    for (const [message, { write: of }] of refused.told) {
      if (of === write) refused.told.delete(message);
    }
    refused.unjudged = null;
    if (refused.last?.write === write) refused.last = null;
  }

  /** The set is at rest: what was refused is no longer wanted. */
  atRest(key: string): void {
    const refused = this.#refused.get(key);
    if (refused !== undefined) refused.last = null;
  }

  /** What the API server said to the last refused step that has not been taken since. */
  last(key: string): string | null {
    return this.#refused.get(key)?.last?.message ?? null;
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

function nothingRefused(): Refused {
  return { told: new Map(), last: null, isStatusNext: false, unjudged: null };
}

/** A namespace that ends refuses all that is new, as it should. */
function isRefusal({ kind, advice }: KubeApiError): boolean {
  return kind !== 'namespace-terminating' && advice === 'give-up';
}

/**
 * Whether for so long each try has ended without a judgement: a webhook fails, or hangs for longer
 * than the write may take, while all that is read is answered.
 */
function isLongUnjudged(
  refused: Refused,
  write: Write['kind'],
  { kind }: KubeApiError,
  nowMs: number,
): boolean {
  const row = refused.unjudged;
  refused.unjudged = null;
  if (kind !== 'webhook-failed' && kind !== 'timeout') return false;
  const goesOn = row?.write === write && nowMs - row.lastMs < ROW_GAP_MS;
  const sinceMs = goesOn ? row.sinceMs : nowMs;
  refused.unjudged = { write, sinceMs, lastMs: nowMs };
  return nowMs - sinceMs >= PATIENCE_MS;
}
