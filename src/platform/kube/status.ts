import { isRecord } from '../../core/formats/is-record.ts';
import { type Denial, denialIn } from './denial.ts';

/** The part of a `Status` that can't quote an object's content. */
export interface StatusFacts {
  /** `Status.code`, or null. Needed inside a watch, which has no HTTP status for each event. */
  readonly code: number | null;
  /** `Status.reason` if Kubernetes defines it, else `Unknown`. */
  readonly reason: string;
  readonly causes: readonly StatusCause[];
  readonly retryAfterMs: number | null;
  /** Who denied it and what to do, if the server says so. See `denial.ts`. */
  readonly denial: Denial | null;
}

export interface StatusCause {
  /** Such as `spec.tokenTTL`. Brackets keep their content only if it is an index or a key. */
  readonly field: string;
  /** Such as `FieldValueInvalid`, or `Unknown`. */
  readonly reason: string;
}

/** A refused object can have hundreds of faults. The first ones are enough to act on. */
export const CAUSES_MAX = 20;
const FIELD_MAX_LENGTH = 256;

// An admission webhook can put any text into a reason, so only those of apimachinery are accepted
// (k8s.io/apimachinery/pkg/apis/meta/v1, StatusReason and CauseType).
const REASONS = new Set(
  `Unauthorized Forbidden NotFound AlreadyExists Conflict Gone Invalid ServerTimeout
  StoreReadError Timeout TooManyRequests BadRequest MethodNotAllowed NotAcceptable
  RequestEntityTooLarge UnsupportedMediaType InternalError Expired ServiceUnavailable`.split(/\s+/),
);
const CAUSE_REASONS = new Set(
  `FieldValueNotFound FieldValueRequired FieldValueDuplicate FieldValueInvalid
  FieldValueNotSupported FieldValueForbidden FieldValueTooLong FieldValueTooMany
  FieldValueTypeInvalid InternalError UnexpectedServerResponse FieldManagerConflict
  ResourceVersionTooLarge NamespaceTerminating`.split(/\s+/),
);

/**
 * Reads a `Status` object. Drops its messages, except for the name of what denied the request: they
 * quote the refused values, and for a Secret those are key material.
 * @returns null if the value is not a `Status`
 */
export function readStatus(value: unknown): StatusFacts | null {
  if (!isRecord(value) || value['kind'] !== 'Status') return null;
  const details = isRecord(value['details']) ? value['details'] : {};
  const causes = Array.isArray(details['causes']) ? details['causes'] : [];
  const retryAfterSeconds = details['retryAfterSeconds'];
  return {
    code: typeof value['code'] === 'number' ? value['code'] : null,
    reason: known(value['reason'], REASONS),
    causes: causes.slice(0, CAUSES_MAX).filter(isRecord).map(readCause),
    retryAfterMs:
      typeof retryAfterSeconds === 'number' && retryAfterSeconds > 0
        ? retryAfterSeconds * 1000
        : null,
    denial: typeof value['message'] === 'string' ? denialIn(value['message']) : null,
  };
}

function readCause(cause: Record<string, unknown>): StatusCause {
  return {
    field: safeField(cause['field']),
    reason: known(cause['reason'], CAUSE_REASONS),
  };
}

function known(value: unknown, allowed: ReadonlySet<string>): string {
  return typeof value === 'string' && allowed.has(value) ? value : 'Unknown';
}

/**
 * A field path has keys, which are not secret. But the paths of server-side apply select list entries by
 * value (`[kid="…"]`, `[="…"]`). Those values are dropped.
 */
function safeField(value: unknown): string {
  if (typeof value !== 'string' || value.length > FIELD_MAX_LENGTH) return '';
  const path = value.replace(/\[([^\]]*)\]/g, (whole, inner: string) =>
    /^(?:[0-9]{1,6}|[A-Za-z0-9._/-]{1,63})$/.test(inner) ? whole : '[*]',
  );
  return /^[A-Za-z0-9._/*[\]-]*$/.test(path) ? path : '';
}
