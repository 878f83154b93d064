/** Where verifiers look if they know only the issuer, and how they may spell it. */

/** An issuer without query or fragment; its path in group 1. */
const ISSUER = /^https?:\/\/[^/?#]+(\/[^?#]*)?$/i;

/**
 * The paths at which clients ask for a well-known document of an issuer: under the issuer's own path,
 * without a slash at its end (OpenID Connect Discovery 1.0 section 4.1). There are two if a URL parser
 * changes the text of the issuer: some clients send the original, some the parsed form. Empty if the
 * issuer is not an http(s) URL without query or fragment.
 */
export function pathsUnderIssuer(issuer: string, wellKnownPath: string): readonly string[] {
  const parts = ISSUER.exec(issuer);
  if (parts === null) return [];
  const asWritten = `${(parts[1] ?? '').replace(/\/$/, '')}${wellKnownPath}`;
  // Dot segments are resolved as clients do it: in the whole path, after it was put together.
  const asParsed = URL.parse(`http://issuer${asWritten}`)?.pathname ?? asWritten;
  return asParsed === asWritten ? [asWritten] : [asWritten, asParsed];
}

/** `-`, `.`, `_`, `~`, digits and letters, which are never encoded but may be (RFC 3986 section 2.3). */
const ENCODED_UNRESERVED = /%(?:2d|2e|5f|7e|3[0-9]|[46][1-9a-f]|[57][0-9a])/gi;

/**
 * One spelling for the paths that clients and proxies write in several: encoded characters that need
 * not be, dot segments (both are the same path by RFC 3986 section 6.2.2), slashes that are doubled
 * where somebody joined an issuer that ends in one, and a slash at the end.
 */
export function normalizedPath(path: string): string {
  const decoded = path.replace(ENCODED_UNRESERVED, (code) =>
    String.fromCharCode(Number.parseInt(code.slice(1), 16)),
  );
  const parsed = URL.parse(`http://any${decoded.replace(/\/{2,}/g, '/')}`)?.pathname ?? decoded;
  return parsed.length > 1 ? parsed.replace(/\/$/, '') : parsed;
}
