/** A `Time` or `MicroTime` of the API: RFC 3339, as Go writes it. */
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/;

/** @returns milliseconds since the epoch, rounded down; null where the value is no such time. */
export function parseKubeTimeMs(value: unknown): number | null {
  if (typeof value !== 'string' || !TIME.test(value)) return null;
  const atMs = Date.parse(value);
  return Number.isNaN(atMs) ? null : atMs;
}
