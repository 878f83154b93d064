/** Sizes of texts as they are stored, in bytes of UTF-8. */

/** At most this many bytes stand for one unit of a JavaScript string. */
const BYTES_A_UNIT_MAX = 3;

/** Whether a text takes more bytes than this in UTF-8; it is not encoded if its length tells already. */
export function isLongerThan(bytesMax: number, text: string): boolean {
  if (text.length > bytesMax) return true;
  if (text.length * BYTES_A_UNIT_MAX <= bytesMax) return false;
  return new TextEncoder().encode(text).length > bytesMax;
}
