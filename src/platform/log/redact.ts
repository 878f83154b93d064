/**
 * The last line of defence of invariant I5: takes what looks like a private key or a token out of
 * any text on its way to a log. Nothing relies on it; what it finds is a bug elsewhere.
 */
import { PRIVATE_MEMBERS } from '../../core/formats/jwk.ts';

export const REDACTED = '[redacted]';

/** `r`, `d` and `t` stand in `oth` (RFC 7518 section 6.3.2.7). */
const SECRET_MEMBERS: readonly string[] = [...PRIVATE_MEMBERS, 'r', 't'];
/** Shorter values can't be key material (`k` of 96 bits), and may be any word. */
const SECRET_LENGTH_MIN = 16;

/**
 * Each pattern works at any depth of JSON in JSON, where quotes and line breaks have backslashes
 * before them, and none takes such a backslash away from a quote: what was JSON stays JSON.
 */
const PATTERNS: readonly RegExp[] = [
  // A PEM block of any private key, to its end or, if it was cut, to the end of the text.
  /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----(?:(?!-----END)(?:[^"\\]|\\+[^"\\]))*(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY-----)?/g,
  // The same in base64, as in the data of a Secret: all PEM begins with five hyphens and BEGIN.
  /LS0tLS1CRUdJTi[A-Za-z0-9+/_-]+={0,2}/g,
  // Its body alone: DER of PKCS#8, PKCS#1 and SEC 1 keys, from the version number on.
  /\bM(?:II[A-Za-z0-9+/]{2}[AQgw]IBA[AD]|I[A-Za-z0-9+/]{2}AgE[AB][BM]|[A-Za-z0-9+/]{2}CAQ(?:Aw|EE))(?:[A-Za-z0-9+/=]|\s|\\+[nr])+/g,
  // Compact JWS and JWE (RFC 7515 section 7.1): `eyJ` is base64url of `{"`.
  /\beyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]*)*/g,
  // JSON in base64, as a JWK in the data of a Secret. A kid has 43 characters and stays.
  /\beyJ[A-Za-z0-9+/_-]{60,}={0,2}/g,
];

/**
 * `"d":"…"` in JSON that stands in a text, however often escaped. It begins at the quote, not at
 * the backslashes before it: a long run of those would be looked through from each of them.
 */
const MEMBER = new RegExp(
  `(["'])(${SECRET_MEMBERS.join('|')})(\\\\*)\\1(\\s*:\\s*\\\\*["'])[A-Za-z0-9+/_=-]{${SECRET_LENGTH_MIN},}`,
  'g',
);

/** The text without anything that looks like key material or a token. */
export function redact(text: string): string {
  let clean = text;
  for (const pattern of PATTERNS) clean = clean.replace(pattern, REDACTED);
  return clean.replace(MEMBER, `$1$2$3$1$4${REDACTED}`);
}

/** Whether a value under this name is a private member of a JWK (RFC 7517 section 9.3). */
export function isSecretMember(name: string, value: unknown): boolean {
  if (!SECRET_MEMBERS.includes(name)) return false;
  return typeof value === 'string' && value.length >= SECRET_LENGTH_MIN;
}
