/**
 * Reads the `Date` header of an answer: the API server's clock, in whole seconds. Accepts only the
 * form that servers must send (IMF-fixdate, RFC 9110 section 5.6.7).
 * @returns milliseconds since the epoch, or null if the text is no such date
 */
export function parseHttpDateMs(text: string | undefined): number | null {
  const atMs = Date.parse(text ?? '');
  // Date.parse accepts many forms, and dates such as 31 November. Only a right one comes back equal.
  return !Number.isNaN(atMs) && new Date(atMs).toUTCString() === text ? atMs : null;
}
