/** Durations and instants as text. Pure: an instant is a number of milliseconds since the epoch. */

const DURATION = /^(?:[0-9]{1,5}(?:h|m|s|ms)){1,4}$/;
const UNIT_MS: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 };

/** The last instant that a Date can hold. A ledger that someone edited may have a later one. */
const DATE_MAX_MS = 8_640_000_000_000_000;
/** Until here a year has four digits. */
const YEAR_10000_MS = 253_402_300_800_000;

/**
 * Reads a duration in Gateway API's form (GEP-2257), for example `1h30m` or `500ms`: no sign, up to
 * four parts of up to five digits.
 * @returns milliseconds, or null if the text has another form (as `1d` has).
 */
export function parseDurationMs(text: string): number | null {
  if (!DURATION.test(text)) return null;
  let sumMs = 0;
  for (const [, digits, unit] of text.matchAll(/([0-9]+)(h|ms|m|s)/g)) {
    sumMs += Number(digits) * (UNIT_MS[unit ?? ''] ?? 0);
  }
  return sumMs;
}

/** Writes milliseconds in the form that {@link parseDurationMs} reads: `90000` is `1m30s`. */
export function formatDurationMs(durationMs: number): string {
  let leftMs = Math.round(durationMs);
  if (leftMs < 0) return `-${formatDurationMs(-leftMs)}`;
  if (leftMs === 0) return '0s';
  let text = '';
  for (const [unit, unitMs] of Object.entries(UNIT_MS)) {
    const count = Math.floor(leftMs / unitMs);
    if (count > 0) text += `${count}${unit}`;
    leftMs -= count * unitMs;
  }
  return text;
}

/**
 * Writes an instant as RFC 3339 in UTC, as Kubernetes does: `2026-12-01T09:00:00Z`. Milliseconds
 * are written only if there are any.
 */
export function formatInstant(atMs: number): string {
  if (atMs >= 0 && atMs < YEAR_10000_MS && atMs % 1000 === 0) return formatSecond(atMs);
  const text = new Date(Math.min(atMs, DATE_MAX_MS)).toISOString();
  return text.endsWith('.000Z') ? `${text.slice(0, -'.000Z'.length)}Z` : text;
}

/** Every status has dozens of them, and `toISOString` takes three times as long. */
function formatSecond(atMs: number): string {
  const date = new Date(atMs);
  const day = `${twoDigits(date.getUTCMonth() + 1)}-${twoDigits(date.getUTCDate())}`;
  const minute = `${twoDigits(date.getUTCHours())}:${twoDigits(date.getUTCMinutes())}`;
  return `${date.getUTCFullYear()}-${day}T${minute}:${twoDigits(date.getUTCSeconds())}Z`;
}

function twoDigits(value: number): string {
  return value < 10 ? `0${value}` : `${value}`;
}

/** Rounds up to whole seconds: a gate that opens at 13.2 s is not open at 13 s. */
export function ceilToSecondMs(atMs: number): number {
  return Math.ceil(atMs / 1000) * 1000;
}
