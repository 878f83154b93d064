const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'] as const;
const IMF_FIXDATE =
  /^(?:Sun|Mon|Tue|Wed|Thu|Fri|Sat), [0-3]\d (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [1-9]\d{3} (?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d GMT$/;

/**
 * Reads the `Date` header of an answer: the API server's clock, in whole seconds. Accepts only the
 * form that servers must send (IMF-fixdate, RFC 9110 section 5.6.7).
 * @returns milliseconds since the epoch, or null if the text is no such date
 */
export function parseHttpDateMs(text: string | undefined): number | null {
  if (text === undefined || !IMF_FIXDATE.test(text)) return null;
  const atMs = Date.parse(text);
  const date = new Date(atMs);
  // Date.parse takes 31 November for 1 December, and any day of the week.
  const isReal = date.getUTCDate() === Number(text.slice('Sun, '.length, 'Sun, 06'.length));
  return isReal && text.startsWith(DAYS[date.getUTCDay()] ?? '-') ? atMs : null;
}
