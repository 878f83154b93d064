const GO_UNITS_MS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/**
 * Go's durations, as `?timeout=` takes them: finer than Gateway API's, and with fractions.
 * @returns milliseconds, or null if the text is no such duration
 */
export function goDurationMs(text: string): number | null {
  if (!/^(?:\d+(?:\.\d+)?(?:ns|us|ms|s|m|h))+$/.test(text)) return null;
  let sumMs = 0;
  for (const [, count, unit] of text.matchAll(/([\d.]+)(ns|us|ms|s|m|h)/g)) {
    sumMs += Number(count) * (GO_UNITS_MS[unit ?? ''] ?? 0);
  }
  return sumMs;
}
