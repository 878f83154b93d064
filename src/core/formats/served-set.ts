/**
 * The documents of the JWKS ConfigMap that a JWKS server reads: `jwks.json` (RFC 7517 section 5)
 * and `serve.json`. Written by the operator, judged by the server.
 */
import { isRecord } from './is-record.ts';
import { type PublicJwk, parsePublicJwk } from './jwk.ts';

/** At most so many keys are published: what would add a ninth waits. */
export const PUBLISHED_KEYS_MAX = 8;
/** Nimbus reads no more (docs/verifiers.md). */
export const JWKS_BYTES_MAX = 50 * 1024;

export const JWKS_FILE = 'jwks.json';
export const SERVE_FILE = 'serve.json';
export const OPENID_CONFIGURATION_FILE = 'openid-configuration.json';

/** How the JWKS may be cached: `serve.json`. */
export interface ServePolicy {
  readonly maxAgeSeconds: number;
  /** 0 where no shared cache may hold the set (`private`). */
  readonly sharedMaxAgeSeconds: number;
}

/** Reads `jwks.json` strictly: one to eight well-formed public keys with distinct kids. */
export function parseJwks(text: string): readonly PublicJwk[] | { readonly problem: string } {
  if (text.length > JWKS_BYTES_MAX) return { problem: `it is larger than ${JWKS_BYTES_MAX} bytes` };
  const document = parseJson(text);
  const keys = isRecord(document) ? document['keys'] : undefined;
  if (!Array.isArray(keys)) return { problem: `it is not a JSON object with an array 'keys'` };
  if (keys.length === 0) return { problem: 'it holds no key' };
  if (keys.length > PUBLISHED_KEYS_MAX) {
    return { problem: `it holds ${keys.length} keys, more than ${PUBLISHED_KEYS_MAX}` };
  }
  const parsed: PublicJwk[] = [];
  for (const [index, value] of keys.entries()) {
    const key = parsePublicJwk(value);
    if ('problem' in key) return { problem: `keys[${index}]: ${key.problem}` };
    if (parsed.some((other) => other.kid === key.kid)) {
      return { problem: `keys[${index}]: its kid stands there twice` };
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
  if (!isSeconds(maxAgeSeconds)) return { problem: 'maxAgeSeconds is no whole number of seconds' };
  if (!isSeconds(sharedMaxAgeSeconds)) {
    return { problem: 'sharedMaxAgeSeconds is no whole number of seconds' };
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
