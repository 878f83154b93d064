import { isRecord } from '../../core/formats/is-record.ts';
import { type Denial, denialIn } from './denial.ts';

/** What is kept of a `Status` answer: nothing that could quote an object's content. */
export interface StatusFacts {
  /** `Status.code`, or null: needed where it came inside a watch, without an HTTP status. */
  readonly code: number | null;
  /** `Status.reason` where it is one that Kubernetes defines, else `Unknown`. */
  readonly reason: string;
  readonly causes: readonly StatusCause[];
  readonly retryAfterMs: number | null;
  /** Who denied it and what to do, where the server's own words say so; see `denial.ts`. */
  readonly denial: Denial | null;
}

export interface StatusCause {
  /** Such as `spec.tokenTTL`; what stood in brackets is kept only if it is an index or a key. */
  readonly field: string;
  /** Such as `FieldValueInvalid`, or `Unknown`. */
  readonly reason: string;
}

/** A refused object can have hundreds of faults; the first ones are enough to act on. */
export const CAUSES_MAX = 20;
const FIELD_MAX_LENGTH = 256;

// An admission webhook may put any text into a reason, so only what apimachinery defines
// passes (k8s.io/apimachinery/pkg/apis/meta/v1, StatusReason and CauseType).
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
 * Reads a `Status` object. The messages in it are dropped, but for the name of who denied it: they
 * quote the values that were refused, and for a Secret that is key material.
 * @returns null where the value is no `Status`
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
 * A field path names keys, which are no secrets; but the paths of server-side apply select list
 * entries by value (`[kid="…"]`, `[="…"]`), and those values are dropped.
 */
function safeField(value: unknown): string {
  if (typeof value !== 'string' || value.length > FIELD_MAX_LENGTH) return '';
  const path = value.replace(/\[([^\]]*)\]/g, (whole, inner: string) =>
    /^(?:[0-9]{1,6}|[A-Za-z0-9._/-]{1,63})$/.test(inner) ? whole : '[*]',
  );
  return /^[A-Za-z0-9._/*[\]-]*$/.test(path) ? path : '';
}
