import {
  isObject,
  type JsonObject,
  metadataOf,
  nameOf,
  namespaceOf,
  text,
  withMetadata,
  without,
} from '../json/json.ts';
import { apiVersionOf, type ResourceType } from '../types/resource-types.ts';
import { badRequest, invalid } from '../types/status-error.ts';

/** What is dropped from metadata when it is empty, as Go's `omitempty` does. */
const OMIT_EMPTY = ['labels', 'annotations', 'finalizers', 'ownerReferences'];

/** @throws StatusError 400 for a body that is no JSON object. */
export function parseBody(body: string | undefined): JsonObject {
  const value = parseJson(body);
  if (!isObject(value)) throw badRequest('the object provided is unrecognized: no JSON object');
  return value;
}

/** @throws StatusError 400 for a body that is no JSON. */
export function parseJson(body: string | undefined): JsonObject[string] {
  try {
    return JSON.parse(body ?? '');
  } catch {
    throw badRequest('the object provided is unrecognized: json parse error');
  }
}

/**
 * A body as the server understands it: checked for kind, name and namespace against the path,
 * unknown fields of built-in types dropped (or refused, when `strict`), empty ones left out.
 */
export function decode(
  type: ResourceType,
  sent: JsonObject,
  at: { readonly namespace: string; readonly name: string },
  strict: boolean,
): JsonObject {
  checkKind(type, sent);
  const name = nameOf(sent);
  if (at.name !== '' && name !== '' && name !== at.name) {
    throw badRequest(
      `the name of the object (${name}) does not match the name on the URL (${at.name})`,
    );
  }
  const namespace = namespaceOf(sent);
  if (namespace !== '' && namespace !== at.namespace) {
    throw badRequest(
      'the namespace of the provided object does not match the namespace sent on the request',
    );
  }
  const known = tidy(keepFields(type, sent, strict));
  const placed = withMetadata(known, {
    ...(at.namespace === '' ? {} : { namespace: at.namespace }),
    ...(at.name === '' ? {} : { name: at.name }),
  });
  const stored = renamed(placed, type.storedAs?.fields ?? {});
  return type.decode ? type.decode(stored) : stored;
}

/** A stored object as one of its versions shows it. */
export function encode(type: ResourceType, object: JsonObject): JsonObject {
  if (text(object, 'apiVersion') === apiVersionOf(type) && !type.storedAs) return object;
  const names = Object.entries(type.storedAs?.fields ?? {}).map(([own, stored]) => [stored, own]);
  const shown = renamed(object, Object.fromEntries(names));
  return { ...shown, kind: type.kind, apiVersion: apiVersionOf(type) };
}

function renamed(object: JsonObject, names: Readonly<Record<string, string>>): JsonObject {
  return Object.fromEntries(Object.entries(object).map(([key, v]) => [names[key] ?? key, v]));
}

function checkKind(type: ResourceType, sent: JsonObject): void {
  const [kind, apiVersion] = [text(sent, 'kind'), text(sent, 'apiVersion')];
  if (!type.custom) {
    if ((kind !== '' && kind !== type.kind) || !['', apiVersionOf(type)].includes(apiVersion)) {
      throw badRequest(
        `${kind} in version "${apiVersion}" cannot be handled as a ${type.kind}: unknown conversion`,
      );
    }
    return;
  }
  if (kind === '') {
    throw badRequest(
      `the object provided is unrecognized (must be of type ${type.kind}): Object 'Kind' is missing`,
    );
  }
  if (apiVersion !== apiVersionOf(type)) {
    throw badRequest(
      `the API version in the data (${apiVersion}) does not match the expected API version (${apiVersionOf(type)})`,
    );
  }
  if (kind !== type.kind) {
    const message = `Invalid value: "${kind}": must be ${type.kind}`;
    throw invalid(type, nameOf(sent), [{ reason: 'FieldValueInvalid', field: 'kind', message }]);
  }
}

function keepFields(type: ResourceType, sent: JsonObject, strict: boolean): JsonObject {
  const head = { kind: type.kind, apiVersion: apiVersionOf(type) };
  if (type.fields === null) return { ...sent, ...head };
  const aliases = Object.keys(type.storedAs?.fields ?? {});
  const known = ['kind', 'apiVersion', 'metadata', ...type.fields, ...aliases];
  const unknown = Object.keys(sent).filter((field) => !known.includes(field));
  if (strict && unknown.length > 0) {
    throw badRequest(
      `${type.kind} in version "${type.version}" cannot be handled as a ${type.kind}: strict decoding error: unknown field "${unknown[0]}"`,
    );
  }
  return { ...withoutEmpty(without(sent, ...unknown)), ...head };
}

/** Nulls, and empty maps of built-in types, are as if they were not there. */
function withoutEmpty(object: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(object).filter(([key, value]) => key === 'metadata' || !isEmpty(value)),
  );
}

function isEmpty(value: JsonObject[string] | undefined): boolean {
  if (value === null || value === undefined) return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}

function tidy(object: JsonObject): JsonObject {
  const metadata = metadataOf(object);
  const kept = Object.entries(metadata).filter(
    ([key, value]) => value !== null && !(OMIT_EMPTY.includes(key) && isEmpty(value)),
  );
  return { ...object, metadata: without(Object.fromEntries(kept), 'selfLink') };
}
