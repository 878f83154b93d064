/** The status of a set as it is stored, held to the bounds of the CRD. */
import { isRecord } from '../core/formats/is-record.ts';
import type { Status } from '../core/formats/status.ts';
import type { FieldError } from './field-error.ts';
import { STATUS_SCHEMA } from './signing-key-set.generated.ts';
import { readStructure } from './structure.ts';

/**
 * The members that this operator knows, as far as they are what its CRD allows. Another one is left out, as if it
 * were missing: a CRD of another version may have let anything pass.
 * @returns null if there is no status
 */
export function readStoredStatus(value: unknown): Status | null {
  if (!isRecord(value)) return null;
  const members = Object.entries(STATUS_SCHEMA.properties ?? {}).flatMap(([name, schema]) => {
    const member = value[name];
    const errors: FieldError[] = [];
    if (member === undefined || member === null) return [];
    const read = readStructure(schema, member, `status.${name}`, errors);
    return errors.length === 0 ? [[name, read] as const] : [];
  });
  return Object.fromEntries(members);
}
