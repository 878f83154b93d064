/** The URLs of a set, as the CRD allows them. */

const HTTPS_URL =
  /^https:\/\/([A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?(\/[A-Za-z0-9._~!$&()*+,;=:@%/-]*)?/;

/** Without user, query or fragment (OpenID Connect Discovery 1.0 section 3). */
export const ISSUER = new RegExp(`${HTTPS_URL.source}$`);
/** Without user or fragment. */
export const JWKS_URI = new RegExp(`${HTTPS_URL.source}([?][A-Za-z0-9._~!$&()*+,;=:@%/?-]*)?$`);
/** The CRD's maximum, in characters; these URLs are ASCII. */
export const URL_LENGTH_MAX = 1024;
/** What the operator adds to an issuer without a JWKS URI of its own. */
export const JWKS_URI_LENGTH_MAX = URL_LENGTH_MAX + '/.well-known/jwks.json'.length;
