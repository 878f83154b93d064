/** JSON values, and the few ways in which the fake API looks into them. */
export type Json = string | number | boolean | null | Json[] | JsonObject;
export interface JsonObject {
  [key: string]: Json;
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The object at a key, or an empty one; never a copy, so it must not be written to. */
export function child(object: JsonObject, key: string): JsonObject {
  const value = object[key];
  return isObject(value) ? value : {};
}

export function metadataOf(object: JsonObject): JsonObject {
  return child(object, 'metadata');
}

/** The text at a key, or an empty one. */
export function text(object: JsonObject, key: string): string {
  const value = object[key];
  return typeof value === 'string' ? value : '';
}

/** The texts of a list at a key; anything else in it is left out. */
export function texts(object: JsonObject, key: string): string[] {
  const value = object[key];
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

export function nameOf(object: JsonObject): string {
  return text(metadataOf(object), 'name');
}

export function namespaceOf(object: JsonObject): string {
  return text(metadataOf(object), 'namespace');
}

/** A copy without some keys. */
export function without(object: JsonObject, ...keys: readonly string[]): JsonObject {
  const copy = { ...object };
  for (const key of keys) delete copy[key];
  return copy;
}

/** A copy with metadata changed: a null takes a key away. */
export function withMetadata(object: JsonObject, change: JsonObject): JsonObject {
  const metadata = { ...metadataOf(object), ...change };
  for (const [key, value] of Object.entries(change)) if (value === null) delete metadata[key];
  return { ...object, metadata };
}

/** Deep equality; the order of keys does not matter. */
export function same(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b) return true;
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item, index) => same(item, b[index]));
  }
  if (!isObject(a) || !isObject(b)) return false;
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && same(a[key], b[key]))
  );
}
