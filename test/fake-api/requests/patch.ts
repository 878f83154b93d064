import { isObject, type Json, type JsonObject, same } from '../json/json.ts';
import { badRequest, failure, type StatusError } from '../types/status-error.ts';

/** RFC 7386: a null takes a key away, a list is replaced whole. */
export function mergePatch(target: Json, patch: Json): Json {
  if (!isObject(patch)) return patch;
  const merged: JsonObject = isObject(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key];
    else merged[key] = mergePatch(merged[key] ?? null, value);
  }
  return merged;
}

/**
 * RFC 6902, with the one leniency of the API server's library: `replace` of a member that is
 * not there adds it.
 * @throws StatusError 422 if an operation does not apply, 400 if this is no patch.
 */
export function jsonPatch(target: JsonObject, operations: Json): JsonObject {
  if (!Array.isArray(operations)) {
    throw badRequest('error decoding patch: json: cannot unmarshal object into []jsonPatchOp');
  }
  let result: Json = structuredClone(target);
  for (const operation of operations) result = apply(result, operation);
  if (!isObject(result)) throw refused();
  return result;
}

function refused(): StatusError {
  return failure(
    422,
    'Invalid',
    'the server rejected our request due to an error in our request',
    {},
  );
}

function apply(document: Json, operation: Json): Json {
  if (!isObject(operation)) throw refused();
  const path = pointer(operation['path']);
  const value = operation['value'] ?? null;
  switch (operation['op']) {
    case 'add':
    case 'replace':
      return put(document, path, structuredClone(value), operation['op'] === 'add');
    case 'remove':
      return take(document, path).rest;
    case 'test':
      if (!same(read(document, path), value)) throw refused();
      return document;
    case 'copy':
      return put(document, path, structuredClone(read(document, pointer(operation['from']))), true);
    case 'move': {
      const { taken, rest } = take(document, pointer(operation['from']));
      return put(rest, path, taken, true);
    }
    default:
      throw refused();
  }
}

/** RFC 6901: `~1` is a slash, `~0` a tilde. */
function pointer(path: Json | undefined): string[] {
  if (typeof path !== 'string' || (path !== '' && !path.startsWith('/'))) throw refused();
  return path
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function read(document: Json, path: readonly string[]): Json {
  let value: Json | undefined = document;
  for (const part of path) {
    value = Array.isArray(value) ? value[Number(part)] : isObject(value) ? value[part] : undefined;
    if (value === undefined) throw refused();
  }
  return value;
}

function put(document: Json, path: readonly string[], value: Json, insert: boolean): Json {
  const last = path.at(-1);
  if (last === undefined) return value;
  const parent = read(document, path.slice(0, -1));
  if (isObject(parent)) parent[last] = value;
  else if (Array.isArray(parent)) {
    const index = last === '-' ? parent.length : Number(last);
    if (!Number.isInteger(index) || index < 0 || index > parent.length) throw refused();
    parent.splice(index, insert ? 0 : 1, value);
  } else throw refused();
  return document;
}

function take(document: Json, path: readonly string[]): { taken: Json; rest: Json } {
  const last = path.at(-1);
  if (last === undefined) throw refused();
  const taken = read(document, path);
  const parent = read(document, path.slice(0, -1));
  if (isObject(parent)) delete parent[last];
  else if (Array.isArray(parent)) parent.splice(Number(last), 1);
  return { taken, rest: document };
}
