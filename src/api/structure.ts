/**
 * What the API server does with a spec before any CEL rule: it drops nulls, fills in defaults, drops
 * unknown fields, and checks types, required fields, enums, lengths and unique list items. It is done
 * again here, because an object may have been stored before the CRD became stricter, or come from a
 * file.
 */
import { describe, type FieldError, fieldError } from './field-error.ts';
import type { JsonSchema } from './json-schema.ts';

/**
 * Reads a value by a schema.
 * @param path of the value, as the API server writes it: `spec.timing`
 * @param errors what is wrong is added here; if there is any, the result means nothing
 */
export function readStructure(
  schema: JsonSchema,
  value: unknown,
  path: string,
  errors: FieldError[],
): unknown {
  if (!isOfType(schema, value)) {
    errors.push(
      fieldError(path, 'WrongType', value, `${path} is ${describe(value)}: write ${typed(schema)}`),
    );
    return undefined;
  }
  checkEnum(schema, value, path, errors);
  if (typeof value === 'string') checkLength(schema, value, path, errors);
  if (schema.type === 'array') {
    return readList(schema, schema.items, value as readonly unknown[], path, errors);
  }
  if (schema.type !== 'object') return value;
  const record = value as Record<string, unknown>;
  return schema.additionalProperties === undefined
    ? readFields(schema, record, path, errors)
    : readMap(schema, schema.additionalProperties, record, path, errors);
}

function readFields(
  schema: JsonSchema,
  record: Readonly<Record<string, unknown>>,
  path: string,
  errors: FieldError[],
): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const [name, child] of Object.entries(schema.properties ?? {})) {
    const childPath = `${path}.${name}`;
    const given = Object.hasOwn(record, name) ? record[name] : undefined;
    const value = given ?? child.default;
    if (value !== undefined) {
      result[name] = readStructure(child, value, childPath, errors);
    } else if (schema.required?.includes(name)) {
      const message = `${childPath} is missing: it is required`;
      errors.push(fieldError(childPath, 'Required', undefined, message));
    }
  }
  return result;
}

function readList(
  schema: JsonSchema,
  items: JsonSchema | undefined,
  list: readonly unknown[],
  path: string,
  errors: FieldError[],
): readonly unknown[] {
  checkCount(list.length, schema.maxItems, path, errors);
  if (items === undefined) return list;
  const result = list.map((item, index) => readStructure(items, item, `${path}[${index}]`, errors));
  checkUnique(schema.listMapKeys ?? [], result, path, errors);
  return result;
}

function readMap(
  schema: JsonSchema,
  values: JsonSchema,
  record: Readonly<Record<string, unknown>>,
  path: string,
  errors: FieldError[],
): Record<string, unknown> {
  const entries = Object.entries(record).filter(([, value]) => value !== null);
  checkCount(entries.length, schema.maxProperties, path, errors);
  return Object.fromEntries(
    entries.map(([key, value]) => [key, readStructure(values, value, `${path}[${key}]`, errors)]),
  );
}

function isOfType(schema: JsonSchema, value: unknown): boolean {
  switch (schema.type) {
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value);
    case 'array':
      return Array.isArray(value);
    case 'integer':
      return Number.isSafeInteger(value);
    case 'string':
    case 'boolean':
      return typeof value === schema.type;
    default:
      return schema.type satisfies never;
  }
}

function typed(schema: JsonSchema): string {
  switch (schema.type) {
    case 'boolean':
      return 'true or false';
    case 'integer':
      return 'a whole number';
    case 'string':
      return 'a string';
    case 'object':
      return 'an object';
    case 'array':
      return 'a list';
    default:
      return schema.type satisfies never;
  }
}

function checkEnum(schema: JsonSchema, value: unknown, path: string, errors: FieldError[]): void {
  if (schema.enum === undefined || schema.enum.some((each) => each === value)) return;
  const message = `${path} is ${describe(value)}: write one of ${schema.enum.join(', ')}`;
  errors.push(fieldError(path, 'NotSupported', value, message));
}

/** Counts characters as the API server does, not UTF-16 units. */
function checkLength(schema: JsonSchema, value: string, path: string, errors: FieldError[]): void {
  const max = schema.maxLength ?? Number.POSITIVE_INFINITY;
  const length = [...value].length;
  if (length <= max) return;
  const message = `${path} has ${length} characters: write at most ${max}`;
  errors.push(fieldError(path, 'TooLong', value, message));
}

function checkCount(
  count: number,
  max: number | undefined,
  path: string,
  errors: FieldError[],
): void {
  if (max === undefined || count <= max) return;
  const message = `${path} has ${count} entries: write at most ${max}`;
  errors.push(fieldError(path, 'TooMany', count, message));
}

/** One error for each key that is there more than once, at its second place. */
function checkUnique(
  keys: readonly string[],
  items: readonly unknown[],
  path: string,
  errors: FieldError[],
): void {
  if (keys.length === 0) return;
  const counts = new Map<string, number>();
  for (const [index, item] of items.entries()) {
    // An item that lacks the key, or has one of another type, is rejected already.
    const record = typeof item === 'object' && item !== null ? item : {};
    const values = keys.map((key) => (record as Readonly<Record<string, unknown>>)[key]);
    if (values.includes(undefined)) continue;
    const identity = JSON.stringify(values);
    const count = (counts.get(identity) ?? 0) + 1;
    counts.set(identity, count);
    if (count !== 2) continue;
    const shown = keys.map((key, i) => `${key} ${describe(values[i])}`).join(', ');
    const itemPath = `${path}[${index}]`;
    const message = `${itemPath} repeats the ${shown}: write it only once`;
    errors.push(fieldError(itemPath, 'Duplicate', item, message));
  }
}
