/**
 * A queue of keys with the semantics of client-go's workqueue: a key waits at most once, is
 * worked on by one worker at a time, and one that is added while it is worked on is worked on
 * again afterwards. It holds names, never events: a pass reads the present state by itself.
 */
import { type Clock, TIMER_MAX_MS } from './clock.ts';
import type { Random } from './random.ts';

/** The first back-off of a key that failed, doubled with each further failure in a row. */
export const BACKOFF_FIRST_MS = 5;
export const BACKOFF_MAX_MS = 60_000;
/** How long work that was told to stop at once may take to do so. */
export const STOP_GRACE_MS = 1000;

/** What a pass over one key ended in. Times are the clock's monotonic milliseconds. */
export type PassResult =
  /** Nothing more to do before `nextAtMs`; null: before something happens. Ends the back-off. */
  | { readonly kind: 'done'; readonly nextAtMs: number | null }
  /** One step was taken; the next pass follows at once, behind those that wait. Ends the back-off. */
  | { readonly kind: 'again' }
  /** Try again after the back-off, and not before `notBeforeMs` (a server's `Retry-After`). */
  | { readonly kind: 'retry'; readonly notBeforeMs?: number };

/**
 * One pass. A rejection counts as `retry` and is reported to `onFailure`. The signal aborts when
 * the queue's shutdown has run out of patience.
 */
export type Pass = (key: string, signal: AbortSignal) => Promise<PassResult>;

/** Where the figures go; the names in comments are those that dashboards know. */
export interface WorkQueueMetrics {
  /** `workqueue_adds_total` */
  added(): void;
  /** `workqueue_retries_total` */
  retried(): void;
  /** `workqueue_queue_duration_seconds`: from being added to the start of the pass. */
  waited(seconds: number): void;
  /** `workqueue_work_duration_seconds` */
  worked(seconds: number): void;
}

export interface WorkQueueState {
  /** `workqueue_depth`: keys that wait for a worker; those due later are not counted. */
  readonly depth: number;
  /** Keys that are due later. */
  readonly scheduled: number;
  readonly running: number;
  /** `workqueue_unfinished_work_seconds`: the sum over all passes that run. */
  readonly unfinishedSeconds: number;
  /** `workqueue_longest_running_processor_seconds` */
  readonly longestRunningSeconds: number;
}

export interface WorkQueueOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Passes at a time, at least 1. */
  readonly workers: number;
  readonly pass: Pass;
  readonly metrics: WorkQueueMetrics;
  /** Told of each rejected pass, with the wait that follows it. Must not throw. */
  readonly onFailure: (key: string, error: unknown, retryInMs: number) => void;
}

export interface WorkQueue {
  /** Lets passes begin. What is added before waits (until this process leads). */
  start(): void;
  /** Something happened to this key: a pass as soon as a worker is free, back-off or not. */
  add(key: string): void;
  /**
   * A pass at this monotonic time, unless one is due sooner. A pass that begins earlier replaces
   * it by its own result; one asked for while the pass runs stays.
   */
  addAt(key: string, atMs: number): void;
  state(): WorkQueueState;
  /**
   * Begins no pass any more and ignores what is added, waits up to `graceMs` for those that run,
   * then aborts their signal and gives them {@link STOP_GRACE_MS}.
   * @returns the keys whose pass still runs: none, if it is safe to let another process work
   */
  shutdown(graceMs: number): Promise<readonly string[]>;
}

export function createWorkQueue(options: WorkQueueOptions): WorkQueue {
  return new Queue(options);
}

class Queue implements WorkQueue {
  readonly #options: WorkQueueOptions;
  /** Keys that wait, with the time since when; the order is that of `#order`. */
  readonly #waitingSinceMs = new Map<string, number>();
  readonly #order: string[] = [];
  readonly #runningSinceMs = new Map<string, number>();
  /** Keys added while they were worked on. */
  readonly #dirty = new Set<string>();
  readonly #dueAtMs = new Map<string, number>();
  readonly #failures = new Map<string, number>();
  readonly #stop = new AbortController();
  #alarm: { readonly atMs: number; readonly cancel: AbortController } | null = null;
  #phase: 'paused' | 'started' | 'stopped' = 'paused';
  #pumpAsked = false;
  readonly #onIdle = new Set<() => void>();

  constructor(options: WorkQueueOptions) {
    if (!Number.isSafeInteger(options.workers) || options.workers < 1) {
      throw new RangeError(`a work queue needs at least one worker, not ${options.workers}`);
    }
    this.#options = options;
  }

  start(): void {
    if (this.#phase === 'paused') this.#phase = 'started';
    this.#askForPump();
  }

  add(key: string): void {
    if (this.#phase === 'stopped') return;
    if (this.#waitingSinceMs.has(key) || this.#dirty.has(key)) return;
    this.#options.metrics.added();
    if (this.#runningSinceMs.has(key)) {
      this.#dirty.add(key);
      return;
    }
    this.#enqueue(key);
  }

  addAt(key: string, atMs: number): void {
    if (this.#phase === 'stopped') return;
    if (atMs <= this.#options.clock.monotonicMs()) {
      this.add(key);
      return;
    }
    const dueAtMs = this.#dueAtMs.get(key);
    if (dueAtMs !== undefined && dueAtMs <= atMs) return;
    this.#dueAtMs.set(key, atMs);
    this.#setAlarm(atMs);
  }

  state(): WorkQueueState {
    const nowMs = this.#options.clock.monotonicMs();
    const runningSeconds = [...this.#runningSinceMs.values()].map((ms) => (nowMs - ms) / 1000);
    return {
      depth: this.#order.length,
      scheduled: this.#dueAtMs.size,
      running: runningSeconds.length,
      unfinishedSeconds: runningSeconds.reduce((sum, seconds) => sum + seconds, 0),
      longestRunningSeconds: Math.max(0, ...runningSeconds),
    };
  }

  async shutdown(graceMs: number): Promise<readonly string[]> {
    this.#phase = 'stopped';
    this.#alarm?.cancel.abort();
    this.#alarm = null;
    this.#order.length = 0;
    this.#waitingSinceMs.clear();
    this.#dirty.clear();
    this.#dueAtMs.clear();
    await this.#idleWithin(graceMs);
    this.#stop.abort(new Error('the work queue is shut down'));
    await this.#idleWithin(STOP_GRACE_MS);
    return [...this.#runningSinceMs.keys()];
  }

  #enqueue(key: string): void {
    this.#waitingSinceMs.set(key, this.#options.clock.monotonicMs());
    this.#order.push(key);
    this.#askForPump();
  }

  /** Passes begin in a microtask of their own, so that a burst of adds makes one pass a key. */
  #askForPump(): void {
    if (this.#pumpAsked || this.#phase !== 'started') return;
    this.#pumpAsked = true;
    queueMicrotask(() => {
      this.#pumpAsked = false;
      this.#pump();
    });
  }

  #pump(): void {
    while (this.#phase === 'started' && this.#runningSinceMs.size < this.#options.workers) {
      const key = this.#order.shift();
      if (key === undefined) return;
      void this.#work(key);
    }
  }

  async #work(key: string): Promise<void> {
    const { clock, metrics, pass } = this.#options;
    const startedMs = clock.monotonicMs();
    metrics.waited((startedMs - (this.#waitingSinceMs.get(key) ?? startedMs)) / 1000);
    this.#waitingSinceMs.delete(key);
    // This pass serves what was scheduled before it: its own result replaces that.
    this.#dueAtMs.delete(key);
    this.#runningSinceMs.set(key, startedMs);
    try {
      this.#settle(key, await pass(key, this.#stop.signal));
    } catch (error) {
      this.#options.onFailure(key, error, this.#retry(key, null));
    } finally {
      metrics.worked((clock.monotonicMs() - startedMs) / 1000);
      this.#finish(key);
    }
  }

  #settle(key: string, result: PassResult): void {
    switch (result.kind) {
      case 'done':
        this.#failures.delete(key);
        if (result.nextAtMs !== null) this.addAt(key, result.nextAtMs);
        return;
      case 'again':
        this.#failures.delete(key);
        this.add(key);
        return;
      case 'retry':
        this.#retry(key, result.notBeforeMs ?? null);
        return;
      default:
        result satisfies never;
    }
  }

  /** Schedules the next try. @returns milliseconds until then */
  #retry(key: string, notBeforeMs: number | null): number {
    const failures = this.#failures.get(key) ?? 0;
    const nowMs = this.#options.clock.monotonicMs();
    const waitMs = backoffMs(failures, this.#options.random.float());
    const atMs = Math.max(nowMs + waitMs, notBeforeMs ?? 0);
    if (this.#phase === 'stopped') return atMs - nowMs;
    this.#failures.set(key, failures + 1);
    this.#options.metrics.retried();
    this.addAt(key, atMs);
    return atMs - nowMs;
  }

  #finish(key: string): void {
    this.#runningSinceMs.delete(key);
    if (this.#dirty.delete(key)) this.#enqueue(key);
    if (this.#runningSinceMs.size === 0) for (const tell of this.#onIdle) tell();
    this.#askForPump();
  }

  /** One alarm for all: at the soonest due time, and never further away than TIMER_MAX_MS. */
  #setAlarm(atMs: number): void {
    if (this.#alarm !== null && this.#alarm.atMs <= atMs) return;
    this.#alarm?.cancel.abort();
    const { clock } = this.#options;
    const alarm = {
      atMs: Math.min(atMs, clock.monotonicMs() + TIMER_MAX_MS),
      cancel: new AbortController(),
    };
    this.#alarm = alarm;
    clock.sleepUntil(alarm.atMs, alarm.cancel.signal).then(
      () => this.#ring(alarm),
      () => {
        // Cancelled: a sooner alarm took its place, or the queue was shut down.
      },
    );
  }

  #ring(alarm: { readonly atMs: number }): void {
    if (this.#alarm !== alarm) return;
    this.#alarm = null;
    const nowMs = this.#options.clock.monotonicMs();
    let soonestMs = Number.POSITIVE_INFINITY;
    for (const [key, atMs] of this.#dueAtMs) {
      if (atMs > nowMs) {
        soonestMs = Math.min(soonestMs, atMs);
        continue;
      }
      this.#dueAtMs.delete(key);
      this.add(key);
    }
    if (soonestMs !== Number.POSITIVE_INFINITY) this.#setAlarm(soonestMs);
  }

  async #idleWithin(graceMs: number): Promise<void> {
    if (this.#runningSinceMs.size === 0) return;
    const { clock } = this.#options;
    const idle = new AbortController();
    const tell = () => idle.abort();
    this.#onIdle.add(tell);
    await clock.sleepUntil(clock.monotonicMs() + graceMs, idle.signal).catch(() => {
      // Idle before the grace was over.
    });
    this.#onIdle.delete(tell);
  }
}

/**
 * Doubles from {@link BACKOFF_FIRST_MS} to {@link BACKOFF_MAX_MS}; between half of that and all
 * of it, so that what failed together is not tried again together.
 * @param unit the dice, in [0, 1)
 */
export function backoffMs(failures: number, unit: number): number {
  const fullMs = Math.min(BACKOFF_MAX_MS, BACKOFF_FIRST_MS * 2 ** Math.min(failures, 30));
  return fullMs * (0.5 + unit / 2);
}
