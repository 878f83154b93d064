/**
 * Reads the `Date` header of an answer: the API server's clock, in whole seconds. Only the one
 * form that servers may send (IMF-fixdate, RFC 9110 section 5.6.7).
 * @returns milliseconds since the epoch, or null if the text is no such date
 */
export function parseHttpDateMs(text: string | undefined): number | null {
  const atMs = Date.parse(text ?? '');
  // Date.parse takes many forms, and days that no month has; only this one is written back alike.
  return !Number.isNaN(atMs) && new Date(atMs).toUTCString() === text ? atMs : null;
}
