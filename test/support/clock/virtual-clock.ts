import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../../../src/platform/clock.ts';

interface Sleeper {
  readonly atMs: number;
  readonly wake: () => void;
}

/**
 * A clock that does not move until it is advanced. Sleepers wake in the order of their times,
 * each at its own time, and what they do runs before the next one wakes.
 */
export class VirtualClock implements Clock {
  #wallMs: number;
  #monotonicMs: number;
  readonly #sleepers = new Set<Sleeper>();

  /** Wall time is 2026-01-01T00:00:00Z unless given; the monotonic scale begins elsewhere. */
  constructor(wallMs = 1_767_225_600_000, monotonicMs = 1000) {
    this.#wallMs = wallMs;
    this.#monotonicMs = monotonicMs;
  }

  wallMs(): number {
    return this.#wallMs;
  }

  monotonicMs(): number {
    return this.#monotonicMs;
  }

  sleepUntil(monotonicAtMs: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      if (monotonicAtMs <= this.#monotonicMs) return resolve();
      const onAbort = () => {
        this.#sleepers.delete(sleeper);
        reject(signal.reason);
      };
      const wake = () => {
        this.#sleepers.delete(sleeper);
        signal.removeEventListener('abort', onAbort);
        resolve();
      };
      const sleeper: Sleeper = { atMs: monotonicAtMs, wake };
      this.#sleepers.add(sleeper);
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }

  /** How many are asleep. A test that leaves one behind leaks a timer in production. */
  get sleeping(): number {
    return this.#sleepers.size;
  }

  /** When the next sleeper wakes, on the monotonic scale; null if nobody sleeps. */
  get nextWakeMs(): number | null {
    let nextMs: number | null = null;
    for (const { atMs } of this.#sleepers) nextMs = Math.min(atMs, nextMs ?? atMs);
    return nextMs;
  }

  /** Lets `durationMs` pass. Sleepers that go to sleep meanwhile wake as well, if due. */
  async advance(durationMs: number): Promise<void> {
    const endMs = this.#monotonicMs + durationMs;
    for (;;) {
      await settle();
      const nextMs = this.nextWakeMs;
      if (nextMs === null || nextMs > endMs) break;
      this.#moveTo(nextMs);
      for (const sleeper of [...this.#sleepers]) if (sleeper.atMs <= nextMs) sleeper.wake();
    }
    this.#moveTo(endMs);
    await settle();
  }

  /**
   * Lets time pass until the next sleeper wakes, and no longer.
   * @returns how long that was, in milliseconds
   */
  async advanceToNext(): Promise<number> {
    await settle();
    const nextMs = this.nextWakeMs;
    if (nextMs === null) throw new Error('nobody sleeps on this clock');
    const durationMs = nextMs - this.#monotonicMs;
    await this.advance(durationMs);
    return durationMs;
  }

  /** Sets the wall clock, as an administrator or NTP does; monotonic time is untouched. */
  setWall(wallMs: number): void {
    this.#wallMs = wallMs;
  }

  #moveTo(monotonicMs: number): void {
    const passedMs = Math.max(0, monotonicMs - this.#monotonicMs);
    this.#monotonicMs += passedMs;
    this.#wallMs += passedMs;
  }
}

/** Runs what can run without the passing of time. Real sockets need more: wait for their effect. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 1; turn += 1) await nextTurn();
}
