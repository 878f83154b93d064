/**
 * A queue of keys with the semantics of client-go's workqueue: a key waits at most once, one
 * worker at a time works on it, and a key that is added during its pass gets another pass afterwards.
 * It holds names, never events: each pass reads the current state. Whose turn it is, WaitingKeys decides.
 */
import { type Clock, TIMER_MAX_MS } from './clock.ts';
import type { Random } from './random.ts';
import { type Lane, type Turn, WaitingKeys } from './waiting-keys.ts';

/** The back-off after a key's first failure. Each further failure in a row doubles it. */
export const BACKOFF_FIRST_MS = 5;
export const BACKOFF_MAX_MS = 60_000;
/** How long passes may take to end after their signal has aborted. */
export const STOP_GRACE_MS = 1000;

/** The result of one pass. Times are monotonic milliseconds of the clock. */
export type PassResult =
  /** Nothing to do before `nextAtMs`, or, if null, before something changes. Resets the back-off. */
  | { readonly kind: 'done'; readonly nextAtMs: number | null }
  /** One step was taken. The next pass follows after the keys that wait. Resets the back-off. */
  | { readonly kind: 'again' }
  /** Try again after the back-off, and not before `notBeforeMs` (a server's `Retry-After`). */
  | { readonly kind: 'retry'; readonly notBeforeMs?: number };

/**
 * One pass. A rejection counts as `retry` and is reported to `onFailure`. The signal aborts when the
 * grace of the queue's shutdown is over.
 */
export type Pass = (key: string, signal: AbortSignal) => Promise<PassResult>;

/** Records the figures. The names in comments are those of the metrics. */
export interface WorkQueueMetrics {
  /** `workqueue_adds_total` */
  added(): void;
  /** `workqueue_retries_total` */
  retried(): void;
  /** `workqueue_queue_duration_seconds`: from being added to the start of the pass, in this lane. */
  waited(seconds: number, lane: Lane): void;
  /** `workqueue_work_duration_seconds` */
  worked(seconds: number): void;
}

export interface WorkQueueState {
  /** `workqueue_depth`: keys that wait for a worker, without those that are due later. */
  readonly depth: Readonly<Record<Lane, number>>;
  /** Keys that are due later. */
  readonly scheduled: number;
  readonly running: number;
  /** `workqueue_unfinished_work_seconds`: the sum over all running passes. */
  readonly unfinishedSeconds: number;
  /** `workqueue_longest_running_processor_seconds` */
  readonly longestRunningSeconds: number;
}

export interface WorkQueueOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** The maximum number of passes at once, at least 1. */
  readonly workers: number;
  /** Those that share a group (a namespace) take turns with other groups. Always the same for a key. */
  readonly groupOf: (key: string) => string;
  /** Asked whenever a key is added. */
  readonly laneOf: (key: string) => Lane;
  readonly pass: Pass;
  readonly metrics: WorkQueueMetrics;
  /** Called for each rejected pass with the wait until the next one. Must not throw. */
  readonly onFailure: (key: string, error: unknown, retryInMs: number) => void;
}

export interface WorkQueue {
  /** Starts the passes. Keys that were added before have waited (until this process leads). */
  start(): void;
  /** Asks for a pass as soon as a worker is free, even during the key's back-off. */
  add(key: string): void;
  /**
   * Schedules a pass at this monotonic time, unless one is due sooner. A pass that begins earlier
   * cancels it, and its own result counts instead. A pass scheduled during a pass stays scheduled.
   */
  addAt(key: string, atMs: number): void;
  state(): WorkQueueState;
  /**
   * Starts no more passes and ignores keys that are added. Waits up to `graceMs` for running passes,
   * then aborts their signal and gives them another {@link STOP_GRACE_MS}.
   * @returns the keys whose passes still run. If there are none, another process may take over
   */
  shutdown(graceMs: number): Promise<readonly string[]>;
}

export function createWorkQueue(options: WorkQueueOptions): WorkQueue {
  return new Queue(options);
}

interface Running {
  readonly sinceMs: number;
  readonly group: string;
  readonly lane: Lane;
}

/** The maximum number of passes at once that one group may have: half of the workers. */
export function groupPassesMax(workers: number): number {
  return Math.ceil(workers / 2);
}

/** The maximum number of passes at once that are not urgent: a quarter of the workers waits for urgent ones. */
export function otherPassesMax(workers: number): number {
  return workers - Math.floor(workers / 4);
}

class Queue implements WorkQueue {
  readonly #options: WorkQueueOptions;
  readonly #waiting: WaitingKeys;
  readonly #running = new Map<string, Running>();
  /** Keys that were added during their pass. */
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
    this.#waiting = new WaitingKeys(options.groupOf);
  }

  start(): void {
    if (this.#phase === 'paused') this.#phase = 'started';
    this.#askForPump();
  }

  add(key: string): void {
    if (this.#phase === 'stopped' || this.#dirty.has(key)) return;
    if (this.#waiting.has(key)) {
      this.#waiting.raise(key, this.#options.laneOf(key));
      return;
    }
    this.#options.metrics.added();
    if (this.#running.has(key)) {
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
    const running = [...this.#running.values()];
    const runningSeconds = running.map(({ sinceMs }) => (nowMs - sinceMs) / 1000);
    const depthOf = (lane: Lane) => this.#waiting.sizeOf(lane);
    return {
      depth: { urgent: depthOf('urgent'), begun: depthOf('begun'), new: depthOf('new') },
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
    this.#waiting.clear();
    this.#dirty.clear();
    this.#dueAtMs.clear();
    await this.#idleWithin(graceMs);
    this.#stop.abort(new Error('the work queue is shut down'));
    await this.#idleWithin(STOP_GRACE_MS);
    return [...this.#running.keys()];
  }

  #enqueue(key: string): void {
    const { clock, laneOf } = this.#options;
    this.#waiting.add(key, laneOf(key), clock.monotonicMs());
    this.#askForPump();
  }

  /** Passes start in a separate microtask, so that many adds in a row make one pass a key. */
  #askForPump(): void {
    if (this.#pumpAsked || this.#phase !== 'started') return;
    this.#pumpAsked = true;
    queueMicrotask(() => {
      this.#pumpAsked = false;
      this.#pump();
    });
  }

  #pump(): void {
    while (this.#phase === 'started' && this.#running.size < this.#options.workers) {
      const turn = this.#waiting.take((group, lane) => this.#mayRun(group, lane));
      if (turn === null) return;
      void this.#work(turn);
    }
  }

  /** A few workers are left for what is urgent, and some for other groups. */
  #mayRun(group: string, lane: Lane): boolean {
    const { workers } = this.#options;
    const running = [...this.#running.values()];
    const ofGroup = running.filter((each) => each.group === group).length;
    if (ofGroup >= groupPassesMax(workers)) return false;
    if (lane === 'urgent') return true;
    return running.filter((each) => each.lane !== 'urgent').length < otherPassesMax(workers);
  }

  async #work({ key, group, lane, sinceMs: waitedSinceMs }: Turn): Promise<void> {
    const { clock, metrics, pass } = this.#options;
    const startedMs = clock.monotonicMs();
    metrics.waited((startedMs - waitedSinceMs) / 1000, lane);
    // This pass replaces what was scheduled before it.
    this.#dueAtMs.delete(key);
    this.#running.set(key, { sinceMs: startedMs, group, lane });
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
    this.#running.delete(key);
    if (this.#dirty.delete(key)) this.#enqueue(key);
    if (this.#running.size === 0) for (const tell of this.#onIdle) tell();
    this.#askForPump();
  }

  /** One alarm for all keys, at the soonest due time, but within TIMER_MAX_MS. */
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
        // Cancelled: a sooner alarm replaced it, or the queue was shut down.
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
    if (this.#running.size === 0) return;
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
 * Doubles from {@link BACKOFF_FIRST_MS} to {@link BACKOFF_MAX_MS}, and takes a random part of that
 * between half and all, so that keys that failed together are not retried together.
 * @param unit random, in [0, 1)
 */
export function backoffMs(failures: number, unit: number): number {
  const fullMs = Math.min(BACKOFF_MAX_MS, BACKOFF_FIRST_MS * 2 ** Math.min(failures, 30));
  return fullMs * (0.5 + unit / 2);
}
