/** Fields of objects that are read without a typed model: anything may be missing or of another type. */
import { isRecord } from '../../core/formats/is-record.ts';

export type Fields = Readonly<Record<string, unknown>>;

/** Empty for what is not an object. */
export function fieldsOf(value: unknown): Fields {
  return isRecord(value) ? value : {};
}

/** The objects in a list; empty for what is not a list. */
export function recordsOf(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}

/** Empty for what is not a string. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

export function numberOf(value: unknown, otherwise: number): number {
  return typeof value === 'number' ? value : otherwise;
}
