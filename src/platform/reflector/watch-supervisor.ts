import type { Clock } from '../clock.ts';

/**
 * The server sends a bookmark about every minute. If a watch gets none for this long, its connection is
 * dead, or the server has lost the watch.
 */
export const WATCH_SILENCE_MAX_MS = 150_000;

/** How a watch ended without a failure. */
export type WatchEnd = 'closed' | 'silent' | 'relist-due';

/**
 * Runs a watch, and ends it after {@link WATCH_SILENCE_MAX_MS} of silence or at `endAtMs`. However it
 * ends, the signal of `work` aborts.
 * @param endAtMs on the clock's monotonic scale
 * @param work calls `onHeard` for each event
 * @throws what `work` throws, unless this function ended the watch
 */
export async function superviseWatch(
  clock: Clock,
  endAtMs: number,
  signal: AbortSignal,
  work: (signal: AbortSignal, onHeard: () => void) => Promise<void>,
): Promise<WatchEnd> {
  signal.throwIfAborted();
  const inner = new AbortController();
  const onAbort = () => inner.abort(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  let heardAtMs = clock.monotonicMs();
  let end: WatchEnd = 'closed';

  const guard = async () => {
    for (;;) {
      const silentAtMs = heardAtMs + WATCH_SILENCE_MAX_MS;
      await clock.sleepUntil(Math.min(silentAtMs, endAtMs), inner.signal);
      const nowMs = clock.monotonicMs();
      if (nowMs >= endAtMs) end = 'relist-due';
      else if (nowMs >= heardAtMs + WATCH_SILENCE_MAX_MS) end = 'silent';
      else continue; // Something came while it slept.
      inner.abort(new Error(end));
      return;
    }
  };
  guard().catch(() => {}); // The watch ended first.

  try {
    await work(inner.signal, () => {
      heardAtMs = clock.monotonicMs();
    });
  } catch (error) {
    if (end === 'closed') throw error;
  } finally {
    signal.removeEventListener('abort', onAbort);
    inner.abort(new Error('the watch has ended'));
  }
  return end;
}
