/**
 * Two clocks, and the safe one of each. An observation is recorded by the later of the
 * operator's clock and the API server's `Date`, and a gate is judged by the earlier, so that an
 * operator whose clock is wrong can only be late. Where they differ by more than the declared
 * skew, neither is believed.
 */
import type { Reading } from './model.ts';

/** A `Date` header has whole seconds. */
const DATE_RESOLUTION_MS = 1000;

/** The instant at which everything in this reading has been seen. */
export function recordedMs(reading: Reading): number {
  return Math.max(reading.endedMs, reading.lastDateMs ?? reading.endedMs);
}

/** What is added to this machine's clock to get the one that gates are judged by; never positive. */
export function judgeOffsetMs(reading: Reading): number {
  return Math.min(0, (reading.firstDateMs ?? reading.startedMs) - reading.startedMs);
}

/**
 * Whether the two clocks differ by more than S + 1 s. Requests take time, so the server's dates
 * may lie anywhere between the start and the end of the reading. Both ends are told by this
 * machine's clock twice: as it stood when the reading began, and as it stood when it ended, which
 * is not the same where somebody set it meanwhile.
 */
export function clocksDisagree(reading: Reading, clockSkewMs: number): boolean {
  const { startedMs, endedMs, elapsedMs, firstDateMs, lastDateMs } = reading;
  if (firstDateMs === null || lastDateMs === null) return true;
  const allowedMs = clockSkewMs + DATE_RESOLUTION_MS;
  const latestStartMs = Math.max(startedMs, endedMs - elapsedMs);
  const earliestEndMs = Math.min(endedMs, startedMs + elapsedMs);
  return firstDateMs < latestStartMs - allowedMs || lastDateMs > earliestEndMs + allowedMs;
}

/**
 * When to read again so that the new reading is judged to be at `nextAtMs` or later. A `Date`
 * stands still for a second, so that a gate within that second is passed only with the next: to
 * read any sooner would show the same instant again, and again.
 * @param nextAtMs on this machine's clock, as planned from this reading
 */
export function nextReadingMs(reading: Reading, nextAtMs: number): number {
  const offsetMs = judgeOffsetMs(reading);
  if (offsetMs === 0) return nextAtMs;
  const judgedMs = nextAtMs + offsetMs;
  return Math.ceil(judgedMs / DATE_RESOLUTION_MS) * DATE_RESOLUTION_MS - offsetMs;
}
