/**
 * The documents in the JWKS ConfigMap that a JWKS server reads: `jwks.json` (RFC 7517 section 5) and
 * `serve.json`. The operator writes them, and the server checks them.
 */
import { isLongerThan } from '../encoding/byte-length.ts';
import { isRecord } from './is-record.ts';
import { type JwkProblem, type PublicJwk, parsePublicJwk, parsePublishedJwk } from './jwk.ts';

/** The maximum number of published keys. A step that would add a ninth waits. */
export const PUBLISHED_KEYS_MAX = 8;
/** The most that Nimbus reads (docs/verifiers.md). */
export const JWKS_BYTES_MAX = 50 * 1024;

export const JWKS_FILE = 'jwks.json';
/** The same bytes for Envoy Gateway, which reads this name, and without it any entry that comes first to it. */
export const JWKS_ENTRY = 'jwks';
export const SERVE_FILE = 'serve.json';
export const OPENID_CONFIGURATION_FILE = 'openid-configuration.json';

/** The entries of the ConfigMap that are the operator's. It leaves all others alone. */
export const OWN_FILES: readonly string[] = [
  JWKS_FILE,
  JWKS_ENTRY,
  SERVE_FILE,
  OPENID_CONFIGURATION_FILE,
];

/** How long the JWKS may be cached: the content of `serve.json`. */
export interface ServePolicy {
  readonly maxAgeSeconds: number;
  /** 0: no shared cache may hold the JWKS (`private`). */
  readonly sharedMaxAgeSeconds: number;
}

/** The largest `max-age` that is served, however large C is: a revocation must get through. */
export const MAX_AGE_MAX_SECONDS = 300;
/** Far more than `serve.json` needs. */
const SERVE_BYTES_MAX = 1024;

/**
 * Reads `jwks.json` as a verifier does: one to eight keys with distinct kids. Members that no verifier
 * has to know are ignored, so that an edit that adds one hides no key.
 */
export function parseJwks(text: string): readonly PublicJwk[] | JwkProblem {
  return readJwks(text, parsePublicJwk);
}

/** Reads `jwks.json` as the operator writes it: no member is there that it does not write. */
export function parsePublishedJwks(text: string): readonly PublicJwk[] | JwkProblem {
  const keys = readJwks(text, parsePublishedJwk);
  if ('problem' in keys) return keys;
  return hasOnly(parseJson(text), ['keys']) ? keys : { problem: `it has a member besides 'keys'` };
}

function readJwks(
  text: string,
  parseKey: (value: unknown) => PublicJwk | JwkProblem,
): readonly PublicJwk[] | JwkProblem {
  if (isLongerThan(JWKS_BYTES_MAX, text)) {
    return { problem: `it is larger than ${JWKS_BYTES_MAX} bytes` };
  }
  const document = parseJson(text);
  const keys = isRecord(document) ? document['keys'] : undefined;
  if (!Array.isArray(keys)) return { problem: `it is not a JSON object with an array 'keys'` };
  if (keys.length === 0) return { problem: 'it has no keys' };
  if (keys.length > PUBLISHED_KEYS_MAX) {
    return { problem: `it has ${keys.length} keys, more than ${PUBLISHED_KEYS_MAX}` };
  }
  const parsed: PublicJwk[] = [];
  for (const [index, value] of keys.entries()) {
    const key = parseKey(value);
    if ('problem' in key) return { problem: `keys[${index}]: ${key.problem}` };
    if (parsed.some((other) => other.kid === key.kid)) {
      return { problem: `keys[${index}]: its kid appears twice` };
    }
    parsed.push(key);
  }
  return parsed;
}

/** Reads `serve.json` strictly: both members, within what the operator ever writes, and no other. */
export function parseServePolicy(text: string): ServePolicy | JwkProblem {
  if (isLongerThan(SERVE_BYTES_MAX, text)) {
    return { problem: `it is larger than ${SERVE_BYTES_MAX} bytes` };
  }
  const document = parseJson(text);
  if (!isRecord(document)) return { problem: 'it is not a JSON object' };
  const { maxAgeSeconds, sharedMaxAgeSeconds } = document;
  if (!isSeconds(maxAgeSeconds, MAX_AGE_MAX_SECONDS)) {
    return { problem: `maxAgeSeconds is not a whole number from 0 to ${MAX_AGE_MAX_SECONDS}` };
  }
  if (!isSeconds(sharedMaxAgeSeconds, maxAgeSeconds)) {
    return { problem: 'sharedMaxAgeSeconds is not a whole number from 0 to maxAgeSeconds' };
  }
  if (!hasOnly(document, ['maxAgeSeconds', 'sharedMaxAgeSeconds'])) {
    return { problem: 'it has a member that is not published' };
  }
  return { maxAgeSeconds, sharedMaxAgeSeconds };
}

function isSeconds(value: unknown, max: number): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= max;
}

function hasOnly(value: unknown, names: readonly string[]): boolean {
  return isRecord(value) && Object.keys(value).every((name) => names.includes(name));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
