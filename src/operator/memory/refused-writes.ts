/**
 * Writes that fail until someone changes something: a missing right, a policy or webhook that
 * denies them, a webhook that has not answered for a while, a quota. The operator keeps trying.
 * Meanwhile the set gets an event now and then; and its status, which otherwise comes last of all
 * steps, is written before the next try and reports the refusal.
 */
import type { EventNote, Write } from '../../core/reading/model.ts';
import { KubeApiError } from '../../platform/kube/errors.ts';
import { BACKOFF_MAX_MS } from '../../platform/work-queue.ts';

/** The API server keeps an event for an hour, so it shows at most six of each refusal. */
const REPORTED_AGAIN_MS = 600_000;
/** A webhook that restarts is back by then. */
const PATIENCE_MS = 60_000;
/** Attempts further apart than this do not count as consecutive: the back-off is shorter. */
const ROW_GAP_MS = 2.5 * BACKOFF_MAX_MS;
/** Of one set: more than there are kinds of writes. */
const MESSAGES_MAX = 16;

const IMMUTABLE =
  '. Someone has made this object immutable: docs/errors.md says how to undo that (Immutable objects)';

interface Report {
  readonly write: Write['kind'];
  readonly atMs: number;
}

/** Tries in a row, up to the last one, that ended without a verdict. */
interface UndecidedRow {
  readonly write: Write['kind'];
  readonly sinceMs: number;
  readonly lastMs: number;
}

/** The refused writes of one set. Times are the clock's monotonic milliseconds. */
export class RefusedWrites {
  /** By message: the last report of it. */
  readonly #reports = new Map<string, Report>();
  /** The last refusal, except of the status, which can't show its own. */
  #last: { readonly write: Write['kind']; readonly message: string } | null = null;
  #isStatusNext = false;
  #undecided: UndecidedRow | null = null;
  /** The write that failed last, other than the status, if none of its kind has succeeded since. */
  #failed: { readonly write: Write['kind']; readonly atMs: number } | null = null;

  /**
   * A write failed. A refused status gives the status no turn: no other step was held up.
   *
   * @param isImmutable someone has made the object so: nothing else is wrong with the write then.
   * @returns the event for it; null if it is not news, or may pass by itself.
   */
  note(
    write: Write['kind'],
    error: unknown,
    isImmutable: boolean,
    nowMs: number,
  ): EventNote | null {
    if (!(error instanceof KubeApiError)) return null;
    if (isRefusal(error)) this.#undecided = null;
    else if (!this.#isLongUndecided(write, error, nowMs)) {
      // The first may be a hiccup, unless it took long. Then the status, which is behind this write, goes first.
      if (write === 'WriteStatus') return null;
      const isRepeated = this.#failed?.write === write && nowMs - this.#failed.atMs < ROW_GAP_MS;
      this.#isStatusNext = isRepeated || error.kind === 'timeout';
      this.#failed = { write, atMs: nowMs };
      return null;
    }
    const message = `${error.message}${isImmutable ? IMMUTABLE : ''} (${error.code})`;
    this.#isStatusNext = write !== 'WriteStatus';
    if (write !== 'WriteStatus') this.#last = { write, message };
    if (!this.#isNews(message, nowMs)) return null;
    if (this.#reports.size >= MESSAGES_MAX) this.#reports.clear();
    this.#reports.set(message, { write, atMs: nowMs });
    return { type: 'Warning', reason: 'WriteRefused', message };
  }

  /** A write that was refused before has succeeded: its next refusal is news. */
  succeeded(write: Write['kind']): void {
    for (const [message, report] of this.#reports) {
      if (report.write === write) this.#reports.delete(message);
    }
    this.#undecided = null;
    if (this.#failed?.write === write) this.#failed = null;
    if (this.#last?.write === write) this.#last = null;
  }

  /** The set is at rest: what was refused is no longer wanted. */
  atRest(): void {
    this.#last = null;
  }

  /** What the API server said to the last refused step that has not been taken since. */
  get last(): string | null {
    return this.#last?.message ?? null;
  }

  /** Whether some step is failing: a status in between is not to hold it up for long. */
  get isFailing(): boolean {
    return this.#failed !== null;
  }

  /** Whether to write the status before anything else: once after each refusal, and each repeated failure. */
  takeStatusTurn(): boolean {
    const isNext = this.#isStatusNext;
    this.#isStatusNext = false;
    return isNext;
  }

  #isNews(message: string, nowMs: number): boolean {
    const lastMs = this.#reports.get(message)?.atMs ?? Number.NEGATIVE_INFINITY;
    return nowMs - lastMs >= REPORTED_AGAIN_MS;
  }

  /**
   * Whether each try of a minute has ended without a verdict: a webhook fails, or hangs for longer
   * than the write may take, while all reads are answered.
   */
  #isLongUndecided(write: Write['kind'], { kind }: KubeApiError, nowMs: number): boolean {
    const row = this.#undecided;
    this.#undecided = null;
    if (kind !== 'webhook-failed' && kind !== 'timeout') return false;
    const goesOn = row?.write === write && nowMs - row.lastMs < ROW_GAP_MS;
    const sinceMs = goesOn ? row.sinceMs : nowMs;
    this.#undecided = { write, sinceMs, lastMs: nowMs };
    return nowMs - sinceMs >= PATIENCE_MS;
  }
}

/** A namespace that is being deleted refuses everything new, as it should. */
export function isRefusal(error: unknown): boolean {
  if (!(error instanceof KubeApiError)) return false;
  return error.kind !== 'namespace-terminating' && error.advice === 'give-up';
}
