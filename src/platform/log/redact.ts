/**
 * The last line of defence of invariant I5: removes what looks like a private key or a token from
 * every text before it is logged. No code relies on it. If it finds something, there is a bug elsewhere.
 */
import { PRIVATE_MEMBERS } from '../../core/formats/jwk.ts';

export const REDACTED = '[redacted]';

/** `r`, `d` and `t` are members of `oth` (RFC 7518 section 6.3.2.7). */
const SECRET_MEMBERS: readonly string[] = [...PRIVATE_MEMBERS, 'r', 't'];
/** Shorter values can be any word, and no key material (a `k` of 16 characters has 96 bits). */
const SECRET_LENGTH_MIN = 16;

/**
 * Each pattern also works in JSON that is nested in JSON as text, where backslashes precede quotes and
 * line breaks. None removes such a backslash, so that JSON stays valid.
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
 * `"d":"…"` in JSON, escaped any number of times. It begins at the quote and not at the backslashes
 * before it: a search from each backslash of a long run would take quadratic time.
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
