/** Where verifiers look if they know only the issuer. */

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
