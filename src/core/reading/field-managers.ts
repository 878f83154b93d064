/** Who set a field last, by the API server's record (kubernetes.io/docs/reference/using-api/server-side-apply). */
import { isRecord } from '../formats/is-record.ts';

/** The elements of a field's path: `['metadata', 'labels', 'cost-center']`. */
export type FieldPath = readonly string[];

/**
 * @param managedFields `metadata.managedFields` as the API server sent it
 * @returns the manager that owns the field; of several the last one by time. Null if none is recorded.
 */
export function managerOf(managedFields: unknown, path: FieldPath): string | null {
  if (!Array.isArray(managedFields)) return null;
  const owners = managedFields.filter(isRecord).filter(({ fieldsV1 }) => owns(fieldsV1, path));
  const timeOf = ({ time }: Readonly<Record<string, unknown>>) =>
    typeof time === 'string' ? time : '';
  const last = owners.reduce<(typeof owners)[number] | null>(
    (best, next) => (best !== null && timeOf(best) > timeOf(next) ? best : next),
    null,
  );
  return typeof last?.['manager'] === 'string' ? last['manager'] : null;
}

function owns(fields: unknown, path: FieldPath): boolean {
  const found = path.reduce<unknown>(
    (node, element) => (isRecord(node) ? (node[`f:${element}`] ?? elementOf(node, element)) : null),
    fields,
  );
  return isRecord(found);
}

/** An element of a list that is a set, such as a finalizer. */
function elementOf(node: Readonly<Record<string, unknown>>, element: string): unknown {
  return node[`v:${JSON.stringify(element)}`] ?? null;
}

/** As people write it: `metadata.labels[cost-center]`, `data[jwks.json]`. */
export function fieldText(path: FieldPath): string {
  const at = path.findIndex((element) => BRACKETED.includes(element));
  const [fields, entries] = at < 0 ? [path, []] : [path.slice(0, at + 1), path.slice(at + 1)];
  return fields.join('.') + entries.map((entry) => `[${entry}]`).join('');
}

/** Maps and sets whose entries have names of all kinds. */
const BRACKETED: readonly string[] = ['labels', 'annotations', 'finalizers', 'data', 'binaryData'];
