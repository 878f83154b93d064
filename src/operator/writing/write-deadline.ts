/** By when a write must be done, so that gates may count on what was read before it. */
import { WRITE_DEADLINE_MAX_MS, writeDeadlineMs } from '../../core/ledger/terms.ts';
import type { Clock } from '../../platform/clock.ts';
import { WRITE_MIN_LEFT_MS } from '../../platform/kube/client.ts';
import type { SetSnapshot } from '../reading/observe.ts';

/** Counted from the oldest read that the write is based on, on the monotonic clock. */
export function deadlineOf({ observed, startedMonotonicMs }: SetSnapshot): number {
  const { spec } = observed.set;
  return startedMonotonicMs + (spec === null ? WRITE_DEADLINE_MAX_MS : writeDeadlineMs(spec.terms));
}

/**
 * Whether a reading began so long ago (this process was paused, the API server was slow) that it may
 * show some objects from before a change and others from after it. No write could be made in time
 * anyway, so nothing is decided by it either.
 */
export function isOutOfDate(snapshot: SetSnapshot, clock: Clock): boolean {
  return deadlineOf(snapshot) - clock.monotonicMs() < WRITE_MIN_LEFT_MS;
}

/** Whether making a key has left too little time: the set is read again first. */
export function isAlmostOutOfDate(snapshot: SetSnapshot, clock: Clock): boolean {
  return deadlineOf(snapshot) - clock.monotonicMs() < 2 * WRITE_MIN_LEFT_MS;
}
