import type { ObjectRef } from './resource.ts';
import { refText } from './resource.ts';
import type { StatusCause, StatusFacts } from './status.ts';

/** A server that asks for more is not taken at its word. */
export const RETRY_AFTER_MAX_MS = 300_000;

export type Verb = 'get' | 'list' | 'watch' | 'create' | 'replace' | 'patch' | 'delete';

/** What went wrong, as the code that calls the API decides by it. */
export type ErrorKind =
  | 'unauthorized'
  | 'forbidden'
  | 'namespace-terminating'
  | 'not-found'
  | 'already-exists'
  | 'conflict'
  | 'gone'
  | 'invalid'
  | 'bad-request'
  | 'too-large'
  | 'throttled'
  | 'server-error'
  /** An admission webhook gave no answer that the server could use. */
  | 'webhook-failed'
  | 'unavailable'
  /** The server gave up (504), or this side did at its deadline. */
  | 'timeout'
  /** So little time was left that nothing was sent. */
  | 'no-time-left'
  /** Refused, reset, cut off: no status came. */
  | 'no-answer'
  /** An answer came that can't be used: cut off, too large, no JSON. */
  | 'bad-answer';

/**
 * `retry`: the same request may succeed later. `re-read`: what the caller believes of the
 * object is out of date. `give-up`: it fails again until somebody changes something.
 */
export type Advice = 'retry' | 're-read' | 'give-up';

interface Rule {
  readonly advice: Advice;
  readonly hint: string;
}

const RULES: Readonly<Record<ErrorKind, Rule>> = {
  unauthorized: rule('retry', 'check the token or certificate'),
  forbidden: rule('give-up', 'a right is missing, or a policy, webhook or quota denied it'),
  'namespace-terminating': rule('give-up', 'the namespace is being deleted'),
  'not-found': rule('re-read', 'it, its namespace or its type is not there'),
  'already-exists': rule('re-read', 'read what is there'),
  conflict: rule('re-read', 'it was changed meanwhile: read it again'),
  gone: rule('re-read', 'the version is too old: list again'),
  invalid: rule('give-up', 'correct the fields named'),
  'bad-request': rule('give-up', 'the server does not take such a request'),
  'too-large': rule('give-up', 'the object is larger than the server takes'),
  throttled: rule('retry', 'the server is busy: try later'),
  'server-error': rule('retry', "see the API server's log"),
  'webhook-failed': rule('retry', 'an admission webhook does not answer'),
  unavailable: rule('retry', 'the API server is not ready: try later'),
  timeout: rule('retry', 'no answer in time: try later'),
  'no-time-left': rule('retry', 'nothing was sent'),
  'no-answer': rule('retry', 'check the network and the API server'),
  'bad-answer': rule('retry', 'the answer could not be used'),
};

function rule(advice: Advice, hint: string): Rule {
  return { advice, hint };
}

/** What was asked for, so that an error can name it. */
export interface Request {
  readonly verb: Verb;
  /** The plural, with the subresource where there is one: `signingkeysets/status`. */
  readonly resource: string;
  readonly ref: Partial<ObjectRef>;
}

interface Found {
  readonly kind: ErrorKind;
  /** A word of Kubernetes (`Conflict`) or of this side (`Truncated`, `ECONNRESET`). */
  readonly reason: string;
  readonly status?: number;
  readonly causes?: readonly StatusCause[];
  readonly retryAfterMs?: number | null;
  /** Said instead of the kind's hint. Must be free of secrets. */
  readonly hint?: string;
}

/**
 * A request that failed. It holds no body, no header and of the server's prose only who denied it,
 * so that it may go to a log, a condition or an event as it is.
 */
export class KubeApiError extends Error {
  override readonly name = 'KubeApiError';
  /** Stable: `KUBE_` and the kind, such as `KUBE_NOT_FOUND`. */
  readonly code: string;
  readonly kind: ErrorKind;
  readonly advice: Advice;
  readonly reason: string;
  /** How long the server asked to wait, where it did. */
  readonly retryAfterMs?: number;
  readonly causes: readonly StatusCause[];

  constructor(request: Request, found: Found) {
    const { advice, hint } = RULES[found.kind];
    super(messageOf(request, found, found.hint ?? hint));
    this.code = `KUBE_${found.kind.toUpperCase().replaceAll('-', '_')}`;
    this.kind = found.kind;
    this.advice = advice;
    this.reason = found.reason;
    this.causes = found.causes ?? [];
    if (typeof found.retryAfterMs === 'number') this.retryAfterMs = found.retryAfterMs;
  }
}

/**
 * The error for an answer other than 2xx, or for an ERROR inside a watch.
 * @param retryAfterMs of the header, which comes before that of the `Status`
 */
export function errorOfStatus(
  request: Request,
  status: number,
  facts: StatusFacts | null,
  retryAfterMs: number | null,
): KubeApiError {
  const kind = kindOf(status, facts);
  // The rest of a denial is in words of a webhook's own: causes that say what they like, and when to
  // ask again, for which no step of the set can wait.
  const isDenied = facts?.denial?.isJudged === true;
  const askedMs = isDenied ? null : (retryAfterMs ?? facts?.retryAfterMs ?? null);
  return new KubeApiError(request, {
    kind,
    reason: facts?.reason ?? 'Unknown',
    status,
    causes: isDenied ? [] : (facts?.causes ?? []),
    retryAfterMs: askedMs === null ? null : Math.min(askedMs, RETRY_AFTER_MAX_MS),
    ...hintFor(request, kind, facts),
  });
}

function hintFor(
  request: Request,
  kind: ErrorKind,
  facts: StatusFacts | null,
): Pick<Found, 'hint'> {
  if (kind === 'not-found' && isOfMany(request.verb)) return { hint: TYPE_NOT_THERE };
  const denial = facts?.denial ?? null;
  return denial === null ? {} : { hint: denial.hint };
}

/** A list of no objects, or of a namespace that is not there, is an empty one and no 404. */
const TYPE_NOT_THERE =
  'the type is not there: apply its CustomResourceDefinition, of the version of this program';

/** True where the server knows no such version yet, as after etcd was restored from a backup. */
export function isVersionFromTheFuture(error: KubeApiError): boolean {
  return error.causes.some((cause) => cause.reason === 'ResourceVersionTooLarge');
}

const KIND_OF_STATUS: Readonly<Record<number, ErrorKind>> = {
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not-found',
  408: 'timeout',
  409: 'conflict',
  410: 'gone',
  412: 'conflict',
  413: 'too-large',
  422: 'invalid',
  429: 'throttled',
  502: 'unavailable',
  503: 'unavailable',
  504: 'timeout',
};

function kindOf(status: number, facts: StatusFacts | null): ErrorKind {
  // A webhook may choose any status, and a policy's is 422 unless told: no field of ours is wrong.
  const denial = facts?.denial ?? null;
  if (denial !== null) return denial.isJudged ? 'forbidden' : 'webhook-failed';
  if (status === 403 && facts?.causes.some((cause) => cause.reason === 'NamespaceTerminating')) {
    return 'namespace-terminating';
  }
  if (status === 409 && facts?.reason === 'AlreadyExists') return 'already-exists';
  if (status === 500 && facts?.reason === 'ServerTimeout') return 'timeout';
  const kind = KIND_OF_STATUS[status];
  if (kind !== undefined) return kind;
  if (status >= 400 && status < 500) return 'bad-request';
  return status >= 500 && status < 600 ? 'server-error' : 'bad-answer';
}

function isOfMany(verb: Verb): boolean {
  return verb === 'list' || verb === 'watch';
}

function messageOf(request: Request, found: Found, hint: string): string {
  const object =
    request.ref.name === undefined
      ? (request.ref.namespace ?? '')
      : refText(request.ref.namespace, request.ref.name);
  const status = found.status === undefined ? '' : `${found.status} `;
  const causes = (found.causes ?? [])
    .filter(({ field, reason }) => field !== '' || reason !== 'Unknown')
    .map(({ field, reason }) => `${field || '?'}: ${reason}`);
  // As roles and audit logs call it.
  const verb = request.verb === 'replace' ? 'update' : request.verb;
  return (
    `${verb} ${request.resource}${object === '' ? '' : ` ${object}`}: ${found.kind} ` +
    `(${status}${found.reason})${causes.length === 0 ? '' : ` [${causes.join(', ')}]`}; ${hint}`
  );
}
