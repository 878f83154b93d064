/** The answers of the public port, composed once for each change of content, not for each request. */
import type { ServePolicy } from '../core/formats/served-set.ts';
import type { Answer, AnswerCount } from '../platform/http/answer-server.ts';
import { sha256Base64url } from '../platform/keys/digest.ts';
import { normalizedPath, pathsUnderIssuer } from './issuer-paths.ts';
import type { RequestCounts } from './metrics.ts';
import type { Served } from './source.ts';

export const JWKS_PATH = '/.well-known/jwks.json';
export const OPENID_CONFIGURATION_PATH = '/.well-known/openid-configuration';
/** Where load balancers ask whether this server can answer, unless they are told another path. */
export const HEALTH_PATHS = ['/', '/healthz'] as const;

/** The answers at one path: a document, or the reason why there is none. */
export interface PathAnswers {
  /** Null if `whole` is an error. */
  readonly etag: string | null;
  readonly whole: Answer;
  /** The answer to a conditional request whose ETag still matches. */
  readonly unchanged: Answer;
  /** The answer if the request demands another ETag. */
  readonly preconditionFailed: Answer;
  readonly options: Answer;
  /** The answer to any method but GET, HEAD and OPTIONS. */
  readonly notAllowed: Answer;
}

export interface AnswerTable {
  /** Also by the normalized spelling of each path (`normalizedPath`). */
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
  /** Whether load balancers are to send requests elsewhere. The documents are still served. */
  readonly isStopping: boolean;
  readonly counts: RequestCounts;
}

/** Public keys are for everyone, so scripts of any origin may read them; no cookie is involved. */
const COMMON_HEADERS = [
  ...['X-Content-Type-Options', 'nosniff', 'Access-Control-Allow-Origin', '*'],
  ...['Access-Control-Expose-Headers', 'ETag, Cache-Control, Age, Date, Retry-After'],
];
const UNREAD = 'no valid document has been read yet';
const METHODS = 'GET, HEAD, OPTIONS';
/** What a browser may take for granted after a preflight: nothing here depends on the request. */
const OPTIONS_HEADERS = [
  ...['Allow', METHODS, ...COMMON_HEADERS, 'Access-Control-Allow-Methods', METHODS],
  // The asterisk does not include Authorization.
  ...['Access-Control-Allow-Headers', '*, Authorization', 'Access-Control-Max-Age', '86400'],
];

export function composeAnswers(served: Served | null, options: AnswerOptions): AnswerTable {
  const unread = {
    jwks: unavailable(JWKS_PATH, options),
    openidConfiguration: unavailable(OPENID_CONFIGURATION_PATH, options),
  };
  const health = composeHealth(served !== null, options);
  if (served === null) {
    return { byPath: withHealth(atRoot(unread), health), byEnd: atRoot(unread) };
  }
  const { jwks, policy, openidConfiguration } = served;
  const caching = cacheControl(policy);
  const documents = {
    jwks: document(JWKS_PATH, jwks.bytes, options.jwksContentType, caching, options),
    openidConfiguration: composeOpenidConfiguration(openidConfiguration, caching, options),
  };
  if (openidConfiguration === 'unreadable') {
    return { byPath: withHealth(atRoot(documents), health), byEnd: atRoot(unread) };
  }
  const all = everywhere(documents, openidConfiguration?.issuer ?? null);
  return { byPath: withHealth(all, health), byEnd: new Map() };
}

/** Whether documents are served here, in a few words. */
function composeHealth(isServing: boolean, options: AnswerOptions): AnswerTable['byPath'] {
  const { counts, isStopping, retryAfterSeconds } = options;
  const answers = HEALTH_PATHS.map((path) => {
    const retry = ['Retry-After', String(retryAfterSeconds)];
    const answer =
      isServing && !isStopping
        ? composeText(200, `ok; the keys are at ${JWKS_PATH}`, counts.of(200, path))
        : composeText(503, isStopping ? 'stopping' : UNREAD, counts.of(503, path), retry);
    return [path, failure(path, answer, options)] as const;
  });
  return new Map(answers);
}

/** A document's path is never one of health. */
function withHealth(
  documents: AnswerTable['byPath'],
  health: AnswerTable['byPath'],
): AnswerTable['byPath'] {
  return new Map([...health, ...documents]);
}

function composeOpenidConfiguration(
  configuration: Served['openidConfiguration'],
  caching: string,
  options: AnswerOptions,
): PathAnswers {
  const path = OPENID_CONFIGURATION_PATH;
  if (configuration === 'unreadable') return unavailable(path, options);
  if (configuration === null) {
    const none = composeText(404, 'there is no issuer', options.counts.of(404, path));
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
  const exact = [...root, ...under];
  const normalized = exact.map(([path, resource]) => [normalizedPath(path), resource] as const);
  return new Map([...normalized, ...exact]);
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

/** Plain text, which no cache may store: an error, or whether all is well. */
export function composeText(
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

/** The answer to a question what can be asked here, a browser's preflight among them. */
export function composeOptions(count: AnswerCount): Answer {
  return { status: 204, headers: [...OPTIONS_HEADERS], body: '', count };
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
    preconditionFailed: composeText(412, 'the ETag is another', options.counts.of(412, path)),
    ...otherMethods(path, options),
  };
}

function unavailable(path: string, options: AnswerOptions): PathAnswers {
  const headers = ['Retry-After', String(options.retryAfterSeconds)];
  return failure(path, composeText(503, UNREAD, options.counts.of(503, path), headers), options);
}

/** @param answer to all that may be asked there, whatever the condition */
function failure(path: string, answer: Answer, options: AnswerOptions): PathAnswers {
  return {
    etag: null,
    whole: answer,
    unchanged: answer,
    preconditionFailed: answer,
    ...otherMethods(path, options),
  };
}

function otherMethods(
  path: string,
  { counts }: AnswerOptions,
): Pick<PathAnswers, 'options' | 'notAllowed'> {
  const text = 'only GET, HEAD and OPTIONS are allowed';
  return {
    options: composeOptions(counts.of(204, path)),
    notAllowed: composeText(405, text, counts.of(405, path), ['Allow', METHODS]),
  };
}
