import type { Clock } from '../clock.ts';

/**
 * The server sends a bookmark about each minute. A watch without one for this long hangs on a
 * connection that is dead, or on a server that has forgotten it.
 */
export const WATCH_SILENCE_MAX_MS = 150_000;

/** How a watch came to its end, where it did not fail. */
export type WatchEnd = 'closed' | 'silent' | 'relist-due';

/**
 * Runs a watch, and ends it when it has been silent for {@link WATCH_SILENCE_MAX_MS} or when
 * `endAtMs` has come. Whichever way it ends, the signal given to `work` is aborted.
 * @param work calls `onHeard` at each event
 * @throws what `work` throws, unless this function ended it
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
