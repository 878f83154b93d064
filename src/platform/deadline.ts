import type { Clock } from './clock.ts';

/** Why {@link withDeadline} aborted a signal. */
export class DeadlineExceeded extends Error {
  override readonly name = 'DeadlineExceeded';
  readonly code = 'DEADLINE_EXCEEDED';
}

/** Made once: nearly every request ends this way, and recording an error's stack is slow. */
const OVER = new DeadlineExceeded('the work is over');

/**
 * Runs `work` with a signal that aborts when `signal` does (with its reason) or when the clock
 * reaches `monotonicAtMs` (with {@link DeadlineExceeded}). It leaves
 * nothing behind: no timer, no listener on `signal` (which may live as long as the process), and
 * nothing that `work` opened with its own signal, because that one always aborts at the end.
 */
export async function withDeadline<T>(
  clock: Clock,
  monotonicAtMs: number,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const inner = new AbortController();
  const done = new AbortController();
  const onAbort = () => inner.abort(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  clock.sleepUntil(monotonicAtMs, done.signal).then(
    () => inner.abort(new DeadlineExceeded('the deadline has passed')),
    () => {}, // The work was done first.
  );
  try {
    return await work(inner.signal);
  } finally {
    signal.removeEventListener('abort', onAbort);
    done.abort(OVER);
    inner.abort(OVER);
  }
}

/** Settles as `promise` does, or rejects with the signal's reason if that comes first. */
export function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  if (signal.aborted) {
    promise.catch(() => {}); // Nothing waits for it any more.
    return Promise.reject(signal.reason);
  }
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    const settle = (act: () => void) => {
      signal.removeEventListener('abort', onAbort);
      act();
    };
    promise.then(
      (value) => settle(() => resolve(value)),
      (error: unknown) => settle(() => reject(error)),
    );
  });
}
