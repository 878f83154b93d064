/**
 * The API server's record of who set which field. Once someone has wiped it, the API server does not begin it
 * again by itself, and later edits of the signer would leave no trace.
 */
import { ANNOTATION, MANAGER } from '../../core/formats/names.ts';
import type { ObjectMeta } from '../../platform/kube/resource.ts';
import { recordsOf } from '../reading/fields.ts';

/**
 * The metadata as it is, or, if the record was wiped, with a first entry: the operator has set these values,
 * and the ledger. From then on the API server keeps the record.
 * @param files the names of the values
 */
export function withRecord(metadata: ObjectMeta, files: readonly string[]): ObjectMeta {
  if (recordsOf(metadata['managedFields']).length > 0) return metadata;
  const ofData = Object.fromEntries(files.map((file) => [`f:${file}`, {}]));
  const annotations = { [`f:${ANNOTATION.ledger}`]: {} };
  const entry = {
    manager: MANAGER,
    operation: 'Update',
    apiVersion: 'v1',
    fieldsType: 'FieldsV1',
    fieldsV1: { 'f:data': ofData, 'f:metadata': { 'f:annotations': annotations } },
  };
  return { ...metadata, managedFields: [entry] };
}
