/**
 * The only source of time. Everything that waits or reads the time does so through this interface, so
 * that a test can run days in milliseconds, and give three operators clocks that disagree.
 */
export interface Clock {
  /** Milliseconds since the Unix epoch, by this machine's clock. May jump. */
  wallMs(): number;
  /** Milliseconds since an arbitrary start. Never goes back. For timeouts and deadlines. */
  monotonicMs(): number;
  /**
   * Resolves when `monotonicMs()` reaches `monotonicAtMs`, or immediately if it already has.
   * Rejects with the signal's reason if the signal aborts first.
   */
  sleepUntil(monotonicAtMs: number, signal: AbortSignal): Promise<void>;
}

/**
 * The longest timer. `setTimeout` overflows at 2^31 - 1 ms (24.8 days) and then fires immediately,
 * which would be a hot loop at the default rotation interval.
 */
export const TIMER_MAX_MS = 600_000;

/** The machine's own clock. */
export const systemClock: Clock = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  async sleepUntil(monotonicAtMs, signal) {
    signal.throwIfAborted();
    for (;;) {
      const leftMs = monotonicAtMs - performance.now();
      if (leftMs <= 0) return;
      await sleepFor(Math.min(leftMs, TIMER_MAX_MS), signal);
    }
  },
};

function sleepFor(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    // Rounded up: waking a fraction of a millisecond early would only mean another sleep.
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    }, Math.ceil(ms));
    signal.addEventListener('abort', onAbort, { once: true });
  });
}
