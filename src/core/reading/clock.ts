/**
 * Which of two clocks counts: the operator's or the API server's `Date`. Observations are recorded by
 * the later one and gates are judged by the earlier one, so that an operator with a wrong clock can
 * only be late. If the two differ by more than the declared skew, neither counts.
 */
import type { Reading } from './model.ts';

/** The resolution of a `Date` header. */
const DATE_RESOLUTION_MS = 1000;

/** The instant by which everything in this reading was seen. */
export function recordedMs(reading: Reading): number {
  return Math.max(reading.endedMs, reading.lastDateMs ?? reading.endedMs);
}

/** What must be added to this machine's clock to get the judging clock; never positive. */
export function judgeOffsetMs(reading: Reading): number {
  return Math.min(0, (reading.firstDateMs ?? reading.startedMs) - reading.startedMs);
}

/**
 * Whether the two clocks differ by more than S + 1 s, or an answer had no `Date`. Requests take time,
 * so the server's dates may lie anywhere between the start and the end of the reading. Start and end
 * are each computed twice, from the machine's clock before and after the reading, because someone
 * may have set that clock in between.
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
 * When to read again, by this machine's clock, so that the new reading is judged as of `nextAtMs` or
 * later. A `Date` changes once a second, so a gate within a second opens only with the next `Date`.
 * Reading sooner would show the same instant again.
 * @param nextAtMs by this machine's clock, as planned from this reading
 */
export function nextReadingMs(reading: Reading, nextAtMs: number): number {
  const offsetMs = judgeOffsetMs(reading);
  if (offsetMs === 0) return nextAtMs;
  const judgedMs = nextAtMs + offsetMs;
  return Math.ceil(judgedMs / DATE_RESOLUTION_MS) * DATE_RESOLUTION_MS - offsetMs;
}
