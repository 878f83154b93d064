/** One entity tag of a list (RFC 9110 section 8.8.3): weak by group 1, its opaque part in group 2. */
const NEXT_TAG = /[ \t,]*(W\/)?("[\x21\x23-\x7e\x80-\xff]*")(?=[ \t,]|$)/y;

/**
 * Whether an `If-None-Match` names the present document (RFC 9110 section 13.1.2): `*`, or a list that
 * holds its tag. The comparison is weak, because proxies that compress weaken tags.
 * @param header the field's value, several lines joined by commas
 * @param etag a strong entity tag with its quotes
 */
export function matchesEtag(header: string, etag: string): boolean {
  if (header === etag || header.trim() === '*') return true;
  return tagsOf(header).some(({ tag }) => tag === etag);
}

/**
 * Whether an `If-Match` is false, so that the request must not be done (RFC 9110 section 13.1.1). The
 * comparison is strong: a weak tag matches nothing. One that is no list of tags is ignored.
 */
export function failsIfMatch(header: string, etag: string): boolean {
  if (header === etag || header.trim() === '*') return false;
  const tags = tagsOf(header);
  return tags.length > 0 && !tags.some(({ tag, isWeak }) => tag === etag && !isWeak);
}

/** Whatever follows a malformed tag is left out: sending the whole document is never wrong. */
function tagsOf(header: string): readonly { readonly tag: string; readonly isWeak: boolean }[] {
  const tags: { readonly tag: string; readonly isWeak: boolean }[] = [];
  NEXT_TAG.lastIndex = 0;
  for (let next = NEXT_TAG.exec(header); next !== null; next = NEXT_TAG.exec(header)) {
    tags.push({ tag: next[2] ?? '', isWeak: next[1] !== undefined });
  }
  return tags;
}
