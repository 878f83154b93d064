import type { ObjectRef } from './resource.ts';
import { refText } from './resource.ts';
import type { StatusCause, StatusFacts } from './status.ts';

/** The longest wait that a server can ask for. */
export const RETRY_AFTER_MAX_MS = 300_000;

export type Verb = 'get' | 'list' | 'watch' | 'create' | 'replace' | 'patch' | 'delete';

/** What went wrong. Callers decide by it. */
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
  /** An admission webhook gave the API server no usable answer. */
  | 'webhook-failed'
  | 'unavailable'
  /** The server gave up (504), or this program at its deadline. */
  | 'timeout'
  /** Too little time was left, so nothing was sent. */
  | 'no-time-left'
  /** Refused, reset or cut off before a status arrived. */
  | 'no-answer'
  /** The answer can't be used: cut off, too large, not JSON. */
  | 'bad-answer';

/**
 * `retry`: the same request may succeed later. `re-read`: the caller's copy of the object is out of
 * date. `give-up`: the request fails until someone changes something.
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
  'not-found': rule('re-read', 'it, its namespace or its type does not exist'),
  'already-exists': rule('re-read', 'read the existing object'),
  conflict: rule('re-read', 'it has changed meanwhile: read it again'),
  gone: rule('re-read', 'the version is too old: list again'),
  invalid: rule('give-up', 'correct the fields named'),
  'bad-request': rule('give-up', 'the server does not accept this request'),
  'too-large': rule('give-up', 'the object is larger than the server accepts'),
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

/** What was requested. Errors name it. */
export interface Request {
  readonly verb: Verb;
  /** The plural, and the subresource if there is one: `signingkeysets/status`. */
  readonly resource: string;
  readonly ref: Partial<ObjectRef>;
}

interface Found {
  readonly kind: ErrorKind;
  /** A word of Kubernetes (`Conflict`) or of this program (`Truncated`, `ECONNRESET`). */
  readonly reason: string;
  readonly status?: number;
  readonly causes?: readonly StatusCause[];
  readonly retryAfterMs?: number | null;
  /** Replaces the kind's hint. Must not hold secrets. */
  readonly hint?: string;
}

/**
 * A request that failed. It holds no body and no header, and of the server's own text only the name of
 * what denied the request, so that it may appear in a log, a condition or an event.
 */
export class KubeApiError extends Error {
  override readonly name = 'KubeApiError';
  /** `KUBE_` and the kind, such as `KUBE_NOT_FOUND`. Stable. */
  readonly code: string;
  readonly kind: ErrorKind;
  readonly advice: Advice;
  readonly reason: string;
  /** How long the server asked to wait, if it did. */
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
 * The error for an answer other than 2xx, or for an ERROR event of a watch.
 * @param retryAfterMs of the header, which takes precedence over the one in the `Status`
 */
export function errorOfStatus(
  request: Request,
  status: number,
  facts: StatusFacts | null,
  retryAfterMs: number | null,
): KubeApiError {
  const kind = kindOf(status, facts);
  // A webhook that denies can put any text into the causes and ask for any wait. Both are ignored.
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

/** A list of no objects, or of a missing namespace, is an empty list and not a 404. */
const TYPE_NOT_THERE =
  'the type does not exist: apply the CustomResourceDefinition of the version of this program';

/** True if the server has not reached this version yet, as after etcd was restored from a backup. */
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
  // A webhook may use any status, and a policy's default is 422: it says nothing about our fields.
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
  // The name in roles and audit logs.
  const verb = request.verb === 'replace' ? 'update' : request.verb;
  return (
    `${verb} ${request.resource}${object === '' ? '' : ` ${object}`}: ${found.kind} ` +
    `(${status}${found.reason})${causes.length === 0 ? '' : ` [${causes.join(', ')}]`}; ${hint}`
  );
}
