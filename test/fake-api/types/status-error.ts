import type { JsonObject } from '../json/json.ts';

/** What a message says of a resource. */
export interface ResourceName {
  readonly group: string;
  readonly plural: string;
  readonly kind: string;
  readonly custom: boolean;
}

/** One entry of `details.causes`; the reasons are Kubernetes' (`FieldValueInvalid`, …). */
export interface Cause {
  readonly reason: string;
  readonly field: string;
  readonly message: string;
}

/** An answer that is not a success: an HTTP status with a body of kind `Status`. */
export class StatusError extends Error {
  override readonly name = 'StatusError';
  readonly status: number;
  readonly body: JsonObject;
  readonly headers: Readonly<Record<string, string>>;
  constructor(status: number, body: JsonObject, headers: Readonly<Record<string, string>> = {}) {
    super(String(body['message']));
    this.status = status;
    this.body = body;
    this.headers = headers;
  }
}

export function failure(
  code: number,
  reason: string,
  message: string,
  details?: JsonObject,
): StatusError {
  return new StatusError(code, {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    ...(reason === '' ? {} : { reason }),
    ...(details ? { details } : {}),
    code,
  });
}

/** `secrets`, or `widgets.example.com`: how messages call a resource. */
export function qualified(type: ResourceName): string {
  return type.group === '' ? type.plural : `${type.plural}.${type.group}`;
}

function named(type: ResourceName, name: string): JsonObject {
  return { name, ...(type.group === '' ? {} : { group: type.group }), kind: type.plural };
}

export function notFound(type: ResourceName, name: string): StatusError {
  return failure(404, 'NotFound', `${qualified(type)} "${name}" not found`, named(type, name));
}

export function alreadyExists(type: ResourceName, name: string, deleting: boolean): StatusError {
  const message = `${deleting ? 'object is being deleted: ' : ''}${qualified(type)} "${name}" already exists`;
  return failure(409, 'AlreadyExists', message, named(type, name));
}

export function conflict(type: ResourceName, name: string, why: string): StatusError {
  const message = `Operation cannot be fulfilled on ${qualified(type)} "${name}": ${why}`;
  return failure(409, 'Conflict', message, named(type, name));
}

export const MODIFIED =
  'the object has been modified; please apply your changes to the latest version and try again';

export function badRequest(message: string): StatusError {
  return failure(400, 'BadRequest', message);
}

export function invalid(type: ResourceName, name: string, causes: readonly Cause[]): StatusError {
  const kind = type.group === '' || !type.custom ? type.kind : `${type.kind}.${type.group}`;
  const found = causes.map(({ field, message }) => `${field}: ${message}`);
  const listed = found.length === 1 ? found[0] : `[${found.join(', ')}]`;
  return failure(422, 'Invalid', `${kind} "${name}" is invalid: ${listed}`, {
    ...(name === '' ? {} : { name }),
    ...(type.group === '' ? {} : { group: type.group }),
    kind: type.kind,
    causes: causes.map((cause) => ({ ...cause })),
  });
}

export function terminating(type: ResourceName, name: string, namespace: string): StatusError {
  const message = `${qualified(type)} "${name}" is forbidden: unable to create new content in namespace ${namespace} because it is being terminated`;
  return failure(403, 'Forbidden', message, {
    ...named(type, name),
    causes: [
      {
        reason: 'NamespaceTerminating',
        message: `namespace ${namespace} is being terminated`,
        field: 'metadata.namespace',
      },
    ],
  });
}

/** A version that the server does not have yet: 504, to be tried again. */
export function versionTooLarge(wanted: number, current: number): StatusError {
  const error = failure(
    504,
    'Timeout',
    `Timeout: Too large resource version: ${wanted}, current: ${current}`,
    {
      causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
      retryAfterSeconds: 1,
    },
  );
  return new StatusError(504, error.body, { 'retry-after': '1' });
}

/** `?timeout=` ran out: the real server's body has neither kind nor apiVersion here. */
export function requestTimeout(): StatusError {
  return new StatusError(504, {
    metadata: {},
    status: 'Failure',
    message: 'Timeout: request did not complete within the allotted timeout',
    reason: 'Timeout',
    details: {},
    code: 504,
  });
}
