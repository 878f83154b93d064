/** The answers of the public port, composed for each change of content, not for each request. */
import type { ServePolicy } from '../core/served-set.ts';
import type { Answer, AnswerCount } from '../platform/answer-server.ts';
import { sha256Base64url } from '../platform/digest.ts';
import type { RequestCounts } from './metrics.ts';
import type { Served } from './source.ts';

export const JWKS_PATH = '/.well-known/jwks.json';
export const OPENID_CONFIGURATION_PATH = '/.well-known/openid-configuration';

/** What stands at a path: a document, or the reason why there is none. */
export interface Resource {
  /** Null where `whole` is an error. */
  readonly etag: string | null;
  readonly whole: Answer;
  /** The answer to a conditional request whose tag still holds. */
  readonly unchanged: Answer;
}

export interface Resources {
  readonly jwks: Resource;
  readonly openidConfiguration: Resource;
}

export interface AnswerOptions {
  /** The media type of the JWKS; the configuration is always `application/json`. */
  readonly jwksContentType: string;
  readonly retryAfterSeconds: number;
  readonly counts: RequestCounts;
}

/** Public keys are for everyone, so scripts of any origin may read them; no cookie is involved. */
const COMMON_HEADERS = ['X-Content-Type-Options', 'nosniff', 'Access-Control-Allow-Origin', '*'];

export function composeResources(served: Served | null, options: AnswerOptions): Resources {
  if (served === null) {
    return {
      jwks: unavailable(JWKS_PATH, options),
      openidConfiguration: unavailable(OPENID_CONFIGURATION_PATH, options),
    };
  }
  const { jwks, policy, openidConfiguration } = served;
  const caching = cacheControl(policy);
  return {
    jwks: document(JWKS_PATH, jwks.bytes, options.jwksContentType, caching, options),
    openidConfiguration: composeOpenidConfiguration(openidConfiguration, caching, options),
  };
}

function composeOpenidConfiguration(
  configuration: Served['openidConfiguration'],
  caching: string,
  options: AnswerOptions,
): Resource {
  const path = OPENID_CONFIGURATION_PATH;
  if (configuration === 'unreadable') return unavailable(path, options);
  if (configuration === null) {
    return failure(composeError(404, 'there is no issuer', options.counts.of(404, path)));
  }
  return document(path, configuration.bytes, 'application/json', caching, options);
}

/**
 * `Cache-Control` as RFC 9111 section 5.2.2 defines it. Where no shared cache is counted by the
 * gates, none may hold the answer.
 */
export function cacheControl(policy: ServePolicy): string {
  const { maxAgeSeconds, sharedMaxAgeSeconds } = policy;
  if (sharedMaxAgeSeconds === 0) return `private, max-age=${maxAgeSeconds}`;
  return `public, max-age=${maxAgeSeconds}, s-maxage=${sharedMaxAgeSeconds}`;
}

/** An error as plain text, which no cache may keep. */
export function composeError(
  status: number,
  text: string,
  count: AnswerCount,
  headers: readonly string[] = [],
): Answer {
  const body = `${text}\n`;
  return {
    status,
    headers: [
      ...['Content-Type', 'text/plain; charset=utf-8', 'Content-Length', String(body.length)],
      ...['Cache-Control', 'no-store', ...COMMON_HEADERS, ...headers],
    ],
    body,
    count,
  };
}

function document(
  path: string,
  bytes: Uint8Array,
  contentType: string,
  caching: string,
  options: AnswerOptions,
): Resource {
  const etag = `"${sha256Base64url(bytes)}"`;
  // RFC 9110 section 15.4.5: a 304 carries the validator and the caching of the 200.
  const shared = ['ETag', etag, 'Cache-Control', caching, ...COMMON_HEADERS];
  return {
    etag,
    whole: {
      status: 200,
      headers: ['Content-Type', contentType, 'Content-Length', String(bytes.length), ...shared],
      body: Buffer.from(bytes).toString('latin1'),
      count: options.counts.of(200, path),
    },
    unchanged: { status: 304, headers: shared, body: '', count: options.counts.of(304, path) },
  };
}

function unavailable(path: string, options: AnswerOptions): Resource {
  const text = 'no valid document was read yet';
  const headers = ['Retry-After', String(options.retryAfterSeconds)];
  return failure(composeError(503, text, options.counts.of(503, path), headers));
}

function failure(answer: Answer): Resource {
  return { etag: null, whole: answer, unchanged: answer };
}
