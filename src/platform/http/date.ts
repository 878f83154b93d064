const IMF_FIXDATE =
  /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), (\d{2}) ([A-Z][a-z]{2}) (\d{4}) (\d{2}):(\d{2}):(\d{2}) GMT$/;
const MONTHS = 'JanFebMarAprMayJunJulAugSepOctNovDec';
const DAY_MS = 86_400_000;

/**
 * Reads the `Date` header of an answer: the API server's clock, in whole seconds. Only the one
 * form that servers may send (IMF-fixdate, RFC 9110 section 5.6.7).
 * @returns milliseconds since the epoch, or null where the text is no such date
 */
export function parseHttpDateMs(text: string | undefined): number | null {
  const match = IMF_FIXDATE.exec(text ?? '');
  if (match === null) return null;
  const [, date, monthName, year, hours, minutes, seconds] = match;
  const monthAt = MONTHS.indexOf(monthName ?? '');
  if (monthAt < 0 || monthAt % 3 !== 0) return null;
  const [d, h, m, s] = [Number(date), Number(hours), Number(minutes), Number(seconds)];
  if (d < 1 || d > 31 || h > 23 || m > 59 || s > 60) return null;
  const days = daysFromCivil(Number(year), monthAt / 3 + 1, d);
  return days * DAY_MS + h * 3_600_000 + m * 60_000 + s * 1000;
}

/** Howard Hinnant's days_from_civil: the Gregorian calendar to days since 1970-01-01. */
function daysFromCivil(year: number, month: number, date: number): number {
  const shiftedYear = month <= 2 ? year - 1 : year;
  const era = Math.floor(shiftedYear / 400);
  const yearOfEra = shiftedYear - era * 400;
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + date - 1;
  const dayOfEra =
    yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}
