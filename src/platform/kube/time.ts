/** A `Time` or `MicroTime` of the API: RFC 3339, as Go writes it. */
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/;

/** @returns milliseconds since the epoch, rounded down, or null if the value is not such a time */
export function parseKubeTimeMs(value: unknown): number | null {
  if (typeof value !== 'string' || !TIME.test(value)) return null;
  const atMs = Date.parse(value);
  return Number.isNaN(atMs) ? null : atMs;
}

/**
 * Writes a `MicroTime`. The API server accepts no other number of fractional digits than six.
 * @param wallMs milliseconds since the epoch; fractions are rounded down to the microsecond
 */
export function microTime(wallMs: number): string {
  const wholeSecondMs = Math.floor(wallMs / 1000) * 1000;
  const micros = Math.floor((wallMs - wholeSecondMs) * 1000);
  const second = new Date(wholeSecondMs).toISOString().slice(0, -'.000Z'.length);
  return `${second}.${String(micros).padStart(6, '0')}Z`;
}
