/** Reads single members of a stored JSON text, each of the one type that it must have. */
import { isRecord } from '../formats/is-record.ts';

/** The message says which member is wrong, and how. */
export class Malformed extends Error {}

export type Fields = Readonly<Record<string, unknown>>;

export function record(value: unknown, name: string): Fields {
  if (isRecord(value)) return value;
  throw new Malformed(`${name} is not an object`);
}

export function list(value: unknown, name: string, lengthMax: number): readonly unknown[] {
  if (!Array.isArray(value)) throw new Malformed(`${name} is not a list`);
  if (value.length > lengthMax) throw new Malformed(`${name} has more than ${lengthMax} entries`);
  return value;
}

/** A reader of texts of at most this many UTF-16 units. */
export function textUpTo(lengthMax: number): (value: unknown, name: string) => string {
  return (value, name) => {
    if (typeof value !== 'string') throw new Malformed(`${name} is not a string`);
    if (value.length > lengthMax) throw new Malformed(`${name} is longer than ${lengthMax}`);
    return value;
  };
}

/** A reader of whole numbers within these bounds. */
export function integerFrom(min: number, max: number): (value: unknown, name: string) => number {
  return (value, name) => {
    if (!Number.isSafeInteger(value)) throw new Malformed(`${name} is not a whole number`);
    const number = value as number;
    if (number >= min && number <= max) return number;
    throw new Malformed(`${name} is not from ${min} to ${max}`);
  };
}

export function boolean(value: unknown, name: string): boolean {
  if (typeof value === 'boolean') return value;
  throw new Malformed(`${name} is not a boolean`);
}

export function oneOf<Value>(value: unknown, name: string, allowed: readonly Value[]): Value {
  const found = allowed.find((candidate) => candidate === value);
  if (found === undefined) throw new Malformed(`${name} has an unknown value`);
  return found;
}

/** Reads a member that may be null but not missing. */
export function orNull<Value>(
  value: unknown,
  name: string,
  read: (value: unknown, name: string) => Value,
): Value | null {
  return value === null ? null : read(value, name);
}
