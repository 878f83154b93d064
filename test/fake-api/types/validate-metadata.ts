import { isObject, type JsonObject, metadataOf, text, texts } from '../json/json.ts';
import type { ResourceType } from './resource-types.ts';
import type { Cause } from './status-error.ts';

const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const DNS_LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const NAME_PART = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;
const LABEL_VALUE = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/;
const ANNOTATIONS_BYTES_MAX = 256 * 1024;
/** Finalizers that need no domain. */
const STANDARD_FINALIZERS = ['foregroundDeletion', 'orphan', 'kubernetes'];

/** @returns what is wrong with an object's metadata, in the server's terms. */
export function validateMetadata(
  type: ResourceType,
  object: JsonObject,
  live: JsonObject | null,
): Cause[] {
  const metadata = metadataOf(object);
  return [
    ...(live ? [] : validateName(type, text(metadata, 'name'))),
    ...validateLabels(metadata),
    ...validateAnnotations(metadata),
    ...validateFinalizers(metadata, live ? metadataOf(live) : null),
  ];
}

function wrong(field: string, value: string, why: string): Cause {
  return { reason: 'FieldValueInvalid', field, message: `Invalid value: "${value}": ${why}` };
}

function validateName(type: ResourceType, name: string): Cause[] {
  const field = 'metadata.name';
  if (name === '') {
    const message = 'Required value: name or generateName is required';
    return [{ reason: 'FieldValueRequired', field, message }];
  }
  const [form, max] = type.plural === 'namespaces' ? [DNS_LABEL, 63] : [SUBDOMAIN, 253];
  if (form.test(name) && name.length <= max) return [];
  return [wrong(field, name, 'a lowercase RFC 1123 name must consist of alphanumeric characters')];
}

/** `example.com/name` or `name`. */
function isQualifiedName(key: string): boolean {
  const parts = key.split('/');
  const name = parts.pop() ?? '';
  if (parts.length > 1 || !NAME_PART.test(name) || name.length > 63) return false;
  const [prefix] = parts;
  return prefix === undefined || (SUBDOMAIN.test(prefix) && prefix.length <= 253);
}

function validateLabels(metadata: JsonObject): Cause[] {
  const labels = metadata['labels'];
  if (!isObject(labels)) return [];
  return Object.entries(labels).flatMap(([key, value]) => [
    ...(isQualifiedName(key) ? [] : [wrong('metadata.labels', key, 'name part is wrong')]),
    ...(LABEL_VALUE.test(String(value)) && String(value).length <= 63
      ? []
      : [wrong('metadata.labels', String(value), 'a valid label is alphanumeric')]),
  ]);
}

function validateAnnotations(metadata: JsonObject): Cause[] {
  const annotations = metadata['annotations'];
  if (!isObject(annotations)) return [];
  const field = 'metadata.annotations';
  const keys = Object.keys(annotations)
    .filter((key) => !isQualifiedName(key.toLowerCase()))
    .map((key) => wrong(field, key, 'name part is wrong'));
  const bytes = Object.entries(annotations).reduce(
    (sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(String(value)),
    0,
  );
  if (bytes <= ANNOTATIONS_BYTES_MAX) return keys;
  const message = `Too long: may not be more than ${ANNOTATIONS_BYTES_MAX} bytes`;
  return [...keys, { reason: 'FieldValueTooLong', field, message }];
}

function validateFinalizers(metadata: JsonObject, live: JsonObject | null): Cause[] {
  const finalizers = texts(metadata, 'finalizers');
  const bad = finalizers.flatMap((finalizer, index) =>
    STANDARD_FINALIZERS.includes(finalizer) ||
    (finalizer.includes('/') && isQualifiedName(finalizer))
      ? []
      : [
          wrong(
            `metadata.finalizers[${index}]`,
            finalizer,
            'name is neither a standard finalizer name nor is it fully qualified',
          ),
        ],
  );
  if (live?.['deletionTimestamp'] === undefined) return bad;
  const had = texts(live, 'finalizers');
  const added = finalizers.filter((finalizer) => !had.includes(finalizer));
  if (added.length === 0) return bad;
  const message = `Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers ${JSON.stringify(added)}`;
  return [...bad, { reason: 'FieldValueForbidden', field: 'metadata.finalizers', message }];
}
