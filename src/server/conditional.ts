/** One entity tag of a list (RFC 9110 section 8.8.3), its opaque part with quotes in group 1. */
const NEXT_TAG = /[ \t,]*(?:W\/)?("[\x21\x23-\x7e\x80-\xff]*")(?=[ \t,]|$)/y;

/**
 * Whether an `If-None-Match` names the present document (RFC 9110 section 13.1.2): `*`, or a list that
 * holds its tag. The comparison is weak, because proxies that compress weaken tags.
 * @param header the field's value, several lines joined by commas
 * @param etag a strong entity tag with its quotes
 */
export function matchesEtag(header: string, etag: string): boolean {
  if (header === etag || header.trim() === '*') return true;
  NEXT_TAG.lastIndex = 0;
  // Whatever follows a malformed tag is ignored: sending the whole document is never wrong.
  for (let next = NEXT_TAG.exec(header); next !== null; next = NEXT_TAG.exec(header)) {
    if (next[1] === etag) return true;
  }
  return false;
}
