/**
 * A clock that does not move until a test moves it. Sleepers wake in the order of their times, and
 * everything that a wake-up sets off by promises alone is done before the next one wakes.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../../../src/platform/clock.ts';

export interface ManualClock extends Clock {
  /** Lets this many milliseconds pass, waking sleepers on the way. */
  advance(ms: number): Promise<void>;
  /** Jumps without waking anybody in between: a process that was stopped. */
  jump(ms: number): Promise<void>;
  /** The longest sleep that was ever asked for at once. */
  longestSleepMs(): number;
  /** Sleepers at this moment. */
  sleeping(): number;
}

type Sleeper = { readonly atMs: number; readonly wake: () => void };

export function createManualClock(wallStartMs = 1_700_000_000_000): ManualClock {
  let nowMs = 0;
  let longestMs = 0;
  const sleepers = new Set<Sleeper>();

  const wakeUntil = async (untilMs: number) => {
    for (;;) {
      await settle();
      const due = [...sleepers].filter((sleeper) => sleeper.atMs <= untilMs);
      const next = due.sort((a, b) => a.atMs - b.atMs)[0];
      if (next === undefined) return;
      nowMs = Math.max(nowMs, next.atMs);
      sleepers.delete(next);
      next.wake();
    }
  };

  return {
    wallMs: () => wallStartMs + nowMs,
    monotonicMs: () => nowMs,
    sleepUntil(atMs, signal) {
      signal.throwIfAborted();
      if (atMs <= nowMs) return Promise.resolve();
      longestMs = Math.max(longestMs, atMs - nowMs);
      return new Promise<void>((resolve, reject) => {
        const giveUp = () => {
          sleepers.delete(sleeper);
          reject(signal.reason);
        };
        const wake = () => {
          signal.removeEventListener('abort', giveUp);
          resolve();
        };
        const sleeper = { atMs, wake };
        sleepers.add(sleeper);
        signal.addEventListener('abort', giveUp, { once: true });
      });
    },
    async advance(ms) {
      const untilMs = nowMs + ms;
      await wakeUntil(untilMs);
      nowMs = untilMs;
      await settle();
    },
    async jump(ms) {
      await settle();
      nowMs += ms;
      await wakeUntil(nowMs);
    },
    longestSleepMs: () => longestMs,
    sleeping: () => sleepers.size,
  };
}

/** One turn of the event loop: all promise reactions that are ready run before it ends. */
async function settle(): Promise<void> {
  await nextTurn();
}
