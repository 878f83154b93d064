/**
 * Time as the shell sees it. Everything that waits or asks for the time does so through this
 * interface, so that a test can run days in milliseconds and three operators can disagree.
 */
export interface Clock {
  /** Milliseconds since the Unix epoch, as this machine believes; may jump. */
  wallMs(): number;
  /** Milliseconds from an arbitrary start; never goes back. For timeouts and deadlines. */
  monotonicMs(): number;
  /**
   * Resolves when `monotonicMs()` has reached `monotonicAtMs`, or at once when it already has.
   * Rejects with the signal's reason when the signal aborts first.
   */
  sleepUntil(monotonicAtMs: number, signal: AbortSignal): Promise<void>;
}

/**
 * No timer is ever set for longer: `setTimeout` overflows at 2^31 - 1 ms (24.8 days) and then
 * fires at once, which would be a hot loop at the default rotation interval.
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
    // A fraction of a millisecond is rounded up: waking early would only sleep again.
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    }, Math.ceil(ms));
    signal.addEventListener('abort', onAbort, { once: true });
  });
}
