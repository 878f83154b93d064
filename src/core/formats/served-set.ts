/**
 * The documents in the JWKS ConfigMap that a JWKS server reads: `jwks.json` (RFC 7517 section 5) and
 * `serve.json`. The operator writes them, and the server checks them.
 */
import { isRecord } from './is-record.ts';
import { type PublicJwk, parsePublicJwk } from './jwk.ts';

/** The maximum number of published keys. A step that would add a ninth waits. */
export const PUBLISHED_KEYS_MAX = 8;
/** The most that Nimbus reads (docs/verifiers.md). */
export const JWKS_BYTES_MAX = 50 * 1024;

export const JWKS_FILE = 'jwks.json';
export const SERVE_FILE = 'serve.json';
export const OPENID_CONFIGURATION_FILE = 'openid-configuration.json';

/** The entries of the ConfigMap that are the operator's. It leaves all others alone. */
export const OWN_FILES: readonly string[] = [JWKS_FILE, SERVE_FILE, OPENID_CONFIGURATION_FILE];

/** How long the JWKS may be cached: the content of `serve.json`. */
export interface ServePolicy {
  readonly maxAgeSeconds: number;
  /** 0: no shared cache may hold the JWKS (`private`). */
  readonly sharedMaxAgeSeconds: number;
}

/** Reads `jwks.json` strictly: it must have one to eight well-formed public keys with distinct kids. */
export function parseJwks(text: string): readonly PublicJwk[] | { readonly problem: string } {
  if (text.length > JWKS_BYTES_MAX) return { problem: `it is larger than ${JWKS_BYTES_MAX} bytes` };
  const document = parseJson(text);
  const keys = isRecord(document) ? document['keys'] : undefined;
  if (!Array.isArray(keys)) return { problem: `it is not a JSON object with an array 'keys'` };
  if (keys.length === 0) return { problem: 'it has no keys' };
  if (keys.length > PUBLISHED_KEYS_MAX) {
    return { problem: `it has ${keys.length} keys, more than ${PUBLISHED_KEYS_MAX}` };
  }
  const parsed: PublicJwk[] = [];
  for (const [index, value] of keys.entries()) {
    const key = parsePublicJwk(value);
    if ('problem' in key) return { problem: `keys[${index}]: ${key.problem}` };
    if (parsed.some((other) => other.kid === key.kid)) {
      return { problem: `keys[${index}]: its kid appears twice` };
    }
    parsed.push(key);
  }
  return parsed;
}

/** Reads `serve.json` strictly. */
export function parseServePolicy(text: string): ServePolicy | { readonly problem: string } {
  const document = parseJson(text);
  if (!isRecord(document)) return { problem: 'it is not a JSON object' };
  const { maxAgeSeconds, sharedMaxAgeSeconds } = document;
  if (!isSeconds(maxAgeSeconds))
    return { problem: 'maxAgeSeconds is not a whole number of seconds' };
  if (!isSeconds(sharedMaxAgeSeconds)) {
    return { problem: 'sharedMaxAgeSeconds is not a whole number of seconds' };
  }
  return { maxAgeSeconds, sharedMaxAgeSeconds };
}

function isSeconds(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
