/** From the objects of a set, as the API server sent them, to what the core is given of them. */
import type { DecodeResult } from '../../api/decode.ts';
import { isRecord } from '../../core/formats/is-record.ts';
import { ANNOTATION, MANAGER, SECRET_TYPE } from '../../core/formats/names.ts';
import type { Status } from '../../core/formats/status.ts';
import type {
  ObjectMeta,
  ObservedJwks,
  ObservedSet,
  ObservedSigner,
} from '../../core/reading/model.ts';
import { UNTRACKED } from '../../core/reading/shown.ts';
import type { KeyVerdicts } from '../../platform/keys/key-verdicts.ts';
import type { KubeObject } from '../../platform/kube/resource.ts';
import { type Fields, fieldsOf, recordsOf } from './fields.ts';
import { signerContentOf } from './secret-content.ts';
import type { SetName } from './set-name.ts';

/** @param livingAdoptee see `ObservedSet` */
export function observedSet(
  name: SetName,
  set: KubeObject,
  decoded: DecodeResult,
  livingAdoptee: string | null,
): ObservedSet {
  const { uid, resourceVersion, generation, annotations, finalizers, deletionTimestamp } =
    set.metadata;
  return {
    ref: { ...name, uid: uid ?? '' },
    resourceVersion: resourceVersion ?? '',
    generation: generation ?? 0,
    annotations: annotations ?? {},
    livingAdoptee,
    finalizers: finalizers ?? [],
    deleting: deletionTimestamp !== undefined,
    ...(deletionTimestamp === undefined ? {} : { deletedTime: deletionTimestamp }),
    spec: decoded.ok ? decoded.spec : null,
    specProblems: decoded.ok ? [] : decoded.errors.map(({ message }) => message),
    // The API server holds the status to the schema that Status mirrors.
    status: isRecord(set['status']) ? (set['status'] as Status) : null,
  };
}

export function observedSigner(verdicts: KeyVerdicts, signer: KubeObject): ObservedSigner {
  return {
    meta: metaOf(signer),
    typeFits: signer['type'] === SECRET_TYPE.signer,
    content: signerContentOf(verdicts, signer),
    // The write that notes this begins the record again.
    otherManagers: otherManagers(signer, isOfSigner, UNTRACKED),
  };
}

export function observedJwks(configMap: KubeObject): ObservedJwks {
  const { data, binaryData } = configMap;
  // A record that was wiped can't show later edits: then every version counts as someone else's.
  return {
    meta: metaOf(configMap),
    data: isRecord(data) ? (data as Record<string, string>) : {},
    hasBinaryData: Object.keys(fieldsOf(binaryData)).length > 0,
    otherManagers: otherManagers(
      configMap,
      isOfData,
      `${UNTRACKED}/${configMap.metadata.resourceVersion}`,
    ),
  };
}

/**
 * Who else manages what counts (kubernetes.io/docs/reference/using-api/server-side-apply).
 * @param isCounted whether it counts that someone manages these fields
 * @param untracked stands for whoever has wiped the record of `data`
 */
function otherManagers(
  { metadata }: KubeObject,
  isCounted: (fields: Fields) => boolean,
  untracked: string,
): readonly string[] {
  const entries = recordsOf(metadata['managedFields']);
  if (!entries.some((entry) => isOfData(fieldsOf(entry['fieldsV1'])))) return [untracked];
  return entries
    .filter((entry) => isCounted(fieldsOf(entry['fieldsV1'])))
    .filter(({ manager }) => manager !== MANAGER)
    .map(({ manager, operation, time }) => `${manager}/${operation}/${time}`)
    .sort();
}

function isOfData(fields: Fields): boolean {
  return 'f:data' in fields || 'f:binaryData' in fields;
}

/** Who sets the ledger back may hide who was in the signer meanwhile. */
function isOfSigner(fields: Fields): boolean {
  const annotations = fieldsOf(fieldsOf(fields['f:metadata'])['f:annotations']);
  return isOfData(fields) || `f:${ANNOTATION.ledger}` in annotations;
}

export function metaOf({ metadata }: KubeObject): ObjectMeta {
  return {
    name: metadata.name ?? '',
    uid: metadata.uid ?? '',
    resourceVersion: metadata.resourceVersion ?? '',
    labels: metadata.labels ?? {},
    annotations: metadata.annotations ?? {},
    ...pendingDeletion(metadata),
  };
}

function pendingDeletion({ deletionTimestamp, finalizers }: KubeObject['metadata']) {
  if (deletionTimestamp === undefined) return {};
  return { deleting: { sinceTime: deletionTimestamp, finalizers: finalizers ?? [] } };
}
