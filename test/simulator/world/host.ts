/**
 * The machine that one operator runs on, as far as it can fail: its clock can be wrong, it can be
 * paused, and it can die. Whatever would wake the operator comes through here.
 */
import type { Clock } from '../../../src/platform/clock.ts';

export class Host implements Clock {
  readonly #trueClock: Clock;
  /** Its wall clock against true time. */
  offsetMs: number;
  /** What it is off by instead, for as long as it has jumped away. */
  jumpedMs: number | null = null;
  /** Aborts when the process dies: its connections are closed for it. */
  readonly #death = new AbortController();
  #paused = false;
  #timers: (() => void)[] = [];
  #answers: (() => void)[] = [];

  constructor(trueClock: Clock, offsetMs: number) {
    this.#trueClock = trueClock;
    this.offsetMs = offsetMs;
  }

  get death(): AbortSignal {
    return this.#death.signal;
  }

  get isAlive(): boolean {
    return !this.#death.signal.aborted;
  }

  get isPaused(): boolean {
    return this.#paused;
  }

  wallMs(): number {
    return this.#trueClock.wallMs() + (this.jumpedMs ?? this.offsetMs);
  }

  monotonicMs(): number {
    return this.#trueClock.monotonicMs();
  }

  async sleepUntil(monotonicAtMs: number, signal: AbortSignal): Promise<void> {
    await this.#trueClock.sleepUntil(monotonicAtMs, signal);
    if (this.#paused || !this.isAlive) await this.#held(this.#timers);
  }

  /** Passes when the process runs: what comes after it happens in the process. */
  async running(): Promise<void> {
    while (this.#paused || !this.isAlive) await this.#held(this.#answers);
  }

  pause(): void {
    this.#paused = true;
  }

  /**
   * Timers first, as an event loop does that finds many due: what came over the network while the
   * process stood still is read a moment later.
   */
  async resume(): Promise<void> {
    if (!this.#paused) return;
    this.#paused = false;
    for (const wake of this.#timers.splice(0)) wake();
    await this.#trueClock.sleepUntil(this.#trueClock.monotonicMs() + 1, this.death).catch(() => {});
    if (!this.#paused) for (const wake of this.#answers.splice(0)) wake();
  }

  /** It no longer reaches anyone, and its promises hang forever. */
  kill(): void {
    this.#death.abort(new Error('the process is dead'));
  }

  #held(waiting: (() => void)[]): Promise<void> {
    // One of its own each time: what waits for a promise lives as long as the promise.
    if (!this.isAlive) return new Promise(() => {});
    return new Promise((resolve) => waiting.push(resolve));
  }
}
