import { child, isObject, type Json, type JsonObject, same, text } from '../json/json.ts';
import { badRequest, type Cause } from './status-error.ts';

const DATA_KEY = /^[-._a-zA-Z0-9]{1,253}$/;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const MICRO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}(?:Z|[+-]\d\d:\d\d)$/;
/** Secrets and ConfigMaps hold at most this much (`MaxSecretSize`), counted after decoding. */
const DATA_BYTES_MAX = 1024 * 1024;

function cause(reason: string, field: string, message: string): Cause {
  return { reason, field, message };
}

function immutable(field: string): Cause {
  return cause('FieldValueInvalid', field, 'Invalid value: field is immutable');
}

/** Go's decoder: a value of another JSON type is a 400 before anything is validated. */
function textsOnly(kind: string, object: JsonObject, field: string): JsonObject {
  const map = object[field];
  if (map === undefined) return {};
  if (!isObject(map) || Object.values(map).some((value) => typeof value !== 'string')) {
    throw badRequest(
      `${kind} in version "v1" cannot be handled as a ${kind}: json: cannot unmarshal into Go struct field ${kind}.${field} of type string`,
    );
  }
  return map;
}

function base64Only(kind: string, object: JsonObject, field: string): JsonObject {
  const map = textsOnly(kind, object, field);
  if (!Object.values(map).every((value) => BASE64.test(String(value)))) {
    throw badRequest(
      `${kind} in version "v1" cannot be handled as a ${kind}: illegal base64 data at input byte 0`,
    );
  }
  return map;
}

function dataKeys(field: string, map: JsonObject): Cause[] {
  return Object.keys(map)
    .filter((key) => !DATA_KEY.test(key) || key === '.' || key === '..')
    .map((key) =>
      cause(
        'FieldValueInvalid',
        `${field}[${key}]`,
        `Invalid value: "${key}": a valid config key must consist of alphanumeric characters, '-', '_' or '.'`,
      ),
    );
}

function size(map: JsonObject, encoding: 'base64' | 'utf8'): number {
  return Object.values(map).reduce<number>(
    (sum, value) => sum + Buffer.byteLength(String(value), encoding),
    0,
  );
}

function tooLarge(bytes: number): Cause[] {
  if (bytes <= DATA_BYTES_MAX) return [];
  return [
    cause('FieldValueTooLong', 'data', `Too long: may not be more than ${DATA_BYTES_MAX} bytes`),
  ];
}

/** `immutable: true` can't be taken back, and freezes the data. */
function frozen(object: JsonObject, live: JsonObject | null, fields: readonly string[]): Cause[] {
  if (live?.['immutable'] !== true) return [];
  const why = 'Forbidden: field is immutable when `immutable` is set';
  const changed = fields.filter((field) => !same(child(object, field), child(live, field)));
  return [...(object['immutable'] === true ? [] : ['immutable']), ...changed].map((field) =>
    cause('FieldValueForbidden', field, why),
  );
}

/** @throws StatusError 400 if `data` is not base64. */
export function validateSecret(object: JsonObject, live: JsonObject | null): Cause[] {
  const data = base64Only('Secret', object, 'data');
  const found = [...dataKeys('data', data), ...tooLarge(size(data, 'base64'))];
  if (live && text(live, 'type') !== text(object, 'type')) found.push(immutable('type'));
  if (object['type'] === 'kubernetes.io/tls') {
    for (const key of ['tls.crt', 'tls.key']) {
      if (data[key] === undefined) {
        found.push(cause('FieldValueRequired', `data[${key}]`, 'Required value'));
      }
    }
  }
  return [...found, ...frozen(object, live, ['data'])];
}

export function validateConfigMap(object: JsonObject, live: JsonObject | null): Cause[] {
  const data = textsOnly('ConfigMap', object, 'data');
  const binary = base64Only('ConfigMap', object, 'binaryData');
  const twice = Object.keys(data)
    .filter((key) => Object.hasOwn(binary, key))
    .map((key) =>
      cause(
        'FieldValueInvalid',
        `data[${key}]`,
        'Invalid value: duplicate of key present in binaryData',
      ),
    );
  return [
    ...dataKeys('data', data),
    ...dataKeys('binaryData', binary),
    ...twice,
    ...tooLarge(size(data, 'utf8') + size(binary, 'base64')),
    ...frozen(object, live, ['data', 'binaryData']),
  ];
}

function microTimes(kind: string, values: readonly (Json | undefined)[]): void {
  for (const value of values) {
    if (value === undefined || value === null) continue;
    if (typeof value === 'string' && MICRO_TIME.test(value)) continue;
    throw badRequest(
      `${kind} in version "v1" cannot be handled as a ${kind}: parsing time "${String(value)}" as "2006-01-02T15:04:05.000000Z07:00"`,
    );
  }
}

/** Times need six fractional digits (`MicroTime`): anything else is a 400. */
export function validateLease(object: JsonObject): Cause[] {
  const spec = child(object, 'spec');
  microTimes('Lease', [spec['acquireTime'], spec['renewTime']]);
  const found: Cause[] = [];
  const duration = spec['leaseDurationSeconds'];
  if (typeof duration === 'number' && duration <= 0) {
    found.push(
      cause(
        'FieldValueInvalid',
        'spec.leaseDurationSeconds',
        'Invalid value: must be greater than 0',
      ),
    );
  }
  const transitions = spec['leaseTransitions'];
  if (typeof transitions === 'number' && transitions < 0) {
    found.push(
      cause(
        'FieldValueInvalid',
        'spec.leaseTransitions',
        'Invalid value: must be greater than or equal to 0',
      ),
    );
  }
  return found;
}

/** `strict`: what `events.k8s.io/v1` demands beyond core v1. */
export function validateEvent(
  object: JsonObject,
  live: JsonObject | null,
  strict: boolean,
): Cause[] {
  microTimes('Event', [object['eventTime'], child(object, 'series')['lastObservedTime']]);
  const namespace = text(child(object, 'metadata'), 'namespace');
  const about = text(child(object, 'involvedObject'), 'namespace');
  const matches = (about === '' ? 'default' : about) === namespace;
  const field = 'involvedObject.namespace';
  const why = `Invalid value: "${about}": does not match event.namespace`;
  const found = matches ? [] : [cause('FieldValueInvalid', field, why)];
  if (!strict) return found;
  if (!live) return [...found, ...validateNewEvent(object)];
  return [...found, ...EVENT_FIXED.filter((key) => !same(object[key], live[key])).map(immutable)];
}

/** An `events.k8s.io/v1` event changes in its series alone. */
const EVENT_FIXED = [
  'involvedObject',
  'reason',
  'message',
  'type',
  'action',
  'reportingComponent',
  'reportingInstance',
  'eventTime',
] as const;

function validateNewEvent(object: JsonObject): Cause[] {
  const required = ['eventTime', 'reportingComponent', 'reportingInstance', 'action', 'reason'];
  const missing = required.find((field) => text(object, field) === '');
  if (missing !== undefined) {
    const field = missing === 'reportingComponent' ? 'reportingController' : missing;
    return [cause('FieldValueRequired', field, 'Required value')];
  }
  if (!['Normal', 'Warning'].includes(text(object, 'type'))) {
    return [
      cause(
        'FieldValueInvalid',
        'type',
        `Invalid value: "": has invalid value: ${text(object, 'type')}`,
      ),
    ];
  }
  return [];
}
