/** The answers of the public port, composed once for each change of content, not for each request. */
import type { ServePolicy } from '../core/formats/served-set.ts';
import type { Answer, AnswerCount } from '../platform/http/answer-server.ts';
import { sha256Base64url } from '../platform/keys/digest.ts';
import { pathsUnderIssuer } from './issuer-paths.ts';
import type { RequestCounts } from './metrics.ts';
import type { Served } from './source.ts';

export const JWKS_PATH = '/.well-known/jwks.json';
export const OPENID_CONFIGURATION_PATH = '/.well-known/openid-configuration';

/** The answers at one path: a document, or the reason why there is none. */
export interface PathAnswers {
  /** Null if `whole` is an error. */
  readonly etag: string | null;
  readonly whole: Answer;
  /** The answer to a conditional request whose ETag still matches. */
  readonly unchanged: Answer;
  /** The answer to any method but GET and HEAD. */
  readonly notAllowed: Answer;
}

export interface AnswerTable {
  readonly byPath: ReadonlyMap<string, PathAnswers>;
  /**
   * By path suffix, for paths that are not in `byPath`, while the issuer's path is unknown. Any prefix
   * could then be right, so a 404 would be wrong. Empty once the path is known.
   */
  readonly byEnd: ReadonlyMap<string, PathAnswers>;
}

export interface AnswerOptions {
  /** The media type of the JWKS; the configuration is always `application/json`. */
  readonly jwksContentType: string;
  readonly retryAfterSeconds: number;
  readonly counts: RequestCounts;
}

/** Public keys are for everyone, so scripts of any origin may read them; no cookie is involved. */
const COMMON_HEADERS = ['X-Content-Type-Options', 'nosniff', 'Access-Control-Allow-Origin', '*'];

export function composeAnswers(served: Served | null, options: AnswerOptions): AnswerTable {
  const unread = {
    jwks: unavailable(JWKS_PATH, options),
    openidConfiguration: unavailable(OPENID_CONFIGURATION_PATH, options),
  };
  if (served === null) return { byPath: atRoot(unread), byEnd: atRoot(unread) };
  const { jwks, policy, openidConfiguration } = served;
  const caching = cacheControl(policy);
  const documents = {
    jwks: document(JWKS_PATH, jwks.bytes, options.jwksContentType, caching, options),
    openidConfiguration: composeOpenidConfiguration(openidConfiguration, caching, options),
  };
  if (openidConfiguration === 'unreadable') {
    return { byPath: atRoot(documents), byEnd: atRoot(unread) };
  }
  return { byPath: everywhere(documents, openidConfiguration?.issuer ?? null), byEnd: new Map() };
}

function composeOpenidConfiguration(
  configuration: Served['openidConfiguration'],
  caching: string,
  options: AnswerOptions,
): PathAnswers {
  const path = OPENID_CONFIGURATION_PATH;
  if (configuration === 'unreadable') return unavailable(path, options);
  if (configuration === null) {
    const none = composeError(404, 'there is no issuer', options.counts.of(404, path));
    return failure(path, none, options);
  }
  return document(path, configuration.bytes, 'application/json', caching, options);
}

interface Documents {
  readonly jwks: PathAnswers;
  readonly openidConfiguration: PathAnswers;
}

function atRoot({ jwks, openidConfiguration }: Documents): ReadonlyMap<string, PathAnswers> {
  return new Map([
    [JWKS_PATH, jwks],
    [OPENID_CONFIGURATION_PATH, openidConfiguration],
  ]);
}

/** Under the issuer's path, and at the root for requests that use the name of a Service instead. */
function everywhere(documents: Documents, issuer: string | null): ReadonlyMap<string, PathAnswers> {
  const root = atRoot(documents);
  if (issuer === null) return root;
  const under = [...root].flatMap(([path, resource]) =>
    pathsUnderIssuer(issuer, path).map((each) => [each, resource] as const),
  );
  return new Map([...root, ...under]);
}

/**
 * `Cache-Control` as RFC 9111 section 5.2.2 defines it. If the gates count no shared cache, none may
 * hold the answer. The ages come from `serve.json` (`servePolicy` in core/ledger/jwks-document.ts).
 */
export function cacheControl(policy: ServePolicy): string {
  const { maxAgeSeconds, sharedMaxAgeSeconds } = policy;
  if (sharedMaxAgeSeconds === 0) return `private, max-age=${maxAgeSeconds}`;
  return `public, max-age=${maxAgeSeconds}, s-maxage=${sharedMaxAgeSeconds}`;
}

/** An error as plain text, which no cache may store. */
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

/** @param path the one at the root, under which it is counted at every path */
function document(
  path: string,
  bytes: Uint8Array,
  contentType: string,
  caching: string,
  options: AnswerOptions,
): PathAnswers {
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
    notAllowed: notAllowed(path, options),
  };
}

function unavailable(path: string, options: AnswerOptions): PathAnswers {
  const text = 'no valid document has been read yet';
  const headers = ['Retry-After', String(options.retryAfterSeconds)];
  return failure(path, composeError(503, text, options.counts.of(503, path), headers), options);
}

function failure(path: string, answer: Answer, options: AnswerOptions): PathAnswers {
  return {
    etag: null,
    whole: answer,
    unchanged: answer,
    notAllowed: notAllowed(path, options),
  };
}

function notAllowed(path: string, { counts }: AnswerOptions): Answer {
  const text = 'only GET and HEAD are allowed';
  return composeError(405, text, counts.of(405, path), ['Allow', 'GET, HEAD']);
}
