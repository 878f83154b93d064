/** Where verifiers look that know nothing but the issuer. */

/** An issuer without query and fragment; its path in group 1. */
const ISSUER = /^https?:\/\/[^/?#]+(\/[^?#]*)?$/i;

/**
 * The paths at which a well-known document of an issuer is asked for: under the issuer's own path,
 * less one slash at its end (OpenID Connect Discovery 1.0 section 4.1). There are two where the
 * text of the issuer is not what a URL parser makes of it: some clients send the one, some the
 * other. None for an issuer that is no such URL.
 */
export function pathsUnderIssuer(issuer: string, wellKnownPath: string): readonly string[] {
  const parts = ISSUER.exec(issuer);
  if (parts === null) return [];
  const asWritten = `${(parts[1] ?? '').replace(/\/$/, '')}${wellKnownPath}`;
  // Dot segments are resolved as clients do it: of the whole path, after it was put together.
  const asParsed = URL.parse(`http://issuer${asWritten}`)?.pathname ?? asWritten;
  return asParsed === asWritten ? [asWritten] : [asWritten, asParsed];
}
