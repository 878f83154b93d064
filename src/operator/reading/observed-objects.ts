/** From the objects of a set, as the API server sent them, to what the core is given of them. */
import type { DecodeResult } from '../../api/decode.ts';
import { readStoredStatus } from '../../api/stored-status.ts';
import { isRecord } from '../../core/formats/is-record.ts';
import { ANNOTATION, MANAGER, SECRET_TYPE, SIGNER_FILE } from '../../core/formats/names.ts';
import { OWN_FILES } from '../../core/formats/served-set.ts';
import type {
  ObjectMeta,
  ObservedJwks,
  ObservedSet,
  ObservedSigner,
} from '../../core/reading/model.ts';
import { UNTRACKED } from '../../core/reading/shown.ts';
import type { KeyVerdicts } from '../../platform/keys/key-verdicts.ts';
import type { KubeObject } from '../../platform/kube/resource.ts';
import { exposingEntries } from './exposed-entries.ts';
import { type Fields, fieldsOf, recordsOf } from './fields.ts';
import { signerContentOf } from './secret-content.ts';
import type { SetName } from './set-name.ts';

/** @param adoptee see `ObservedSet` */
export function observedSet(
  name: SetName,
  set: KubeObject,
  decoded: DecodeResult,
  adoptee: Pick<ObservedSet, 'livingAdoptee' | 'adopteeKeySecrets'>,
): ObservedSet {
  const { uid, resourceVersion, generation, annotations, finalizers, deletionTimestamp } =
    set.metadata;
  return {
    ref: { ...name, uid: uid ?? '' },
    resourceVersion: resourceVersion ?? '',
    generation: generation ?? 0,
    annotations: annotations ?? {},
    ...adoptee,
    finalizers: finalizers ?? [],
    deleting: deletionTimestamp !== undefined,
    ...(deletionTimestamp === undefined ? {} : { deletedTime: deletionTimestamp }),
    spec: decoded.ok ? decoded.spec : null,
    specProblems: decoded.ok ? [] : decoded.errors.map(({ message }) => message),
    status: readStoredStatus(set['status']),
    managedFields: set.metadata['managedFields'],
  };
}

export function observedSigner(verdicts: KeyVerdicts, signer: KubeObject): ObservedSigner {
  return {
    meta: metaOf(signer),
    typeFits: signer['type'] === SECRET_TYPE.signer,
    content: signerContentOf(verdicts, signer),
    // The write that notes this begins the record again.
    otherManagers: otherManagers(signer, isOfSigner, isOfSignerData, UNTRACKED),
  };
}

export function observedJwks(configMap: KubeObject): ObservedJwks {
  const { data, binaryData } = configMap;
  // A record that was wiped can't show later edits: then every version counts as someone else's.
  return {
    meta: metaOf(configMap),
    data: isRecord(data) ? (data as Record<string, string>) : {},
    exposing: exposingEntries(configMap),
    hasOwnBinaryData: OWN_FILES.some((name) => name in fieldsOf(binaryData)),
    otherManagers: otherManagers(
      configMap,
      isOfJwks,
      isOfJwks,
      `${UNTRACKED}/${configMap.metadata.resourceVersion}`,
    ),
  };
}

/**
 * Who else manages what counts (kubernetes.io/docs/reference/using-api/server-side-apply).
 * @param isCounted whether it counts that someone manages these fields
 * @param isTracked whether these fields show that the record was not wiped
 * @param untracked stands for whoever has wiped it
 */
function otherManagers(
  { metadata }: KubeObject,
  isCounted: (fields: Fields) => boolean,
  isTracked: (fields: Fields) => boolean,
  untracked: string,
): readonly string[] {
  const entries = recordsOf(metadata['managedFields']);
  if (!entries.some((entry) => isTracked(fieldsOf(entry['fieldsV1'])))) return [untracked];
  return entries
    .filter((entry) => isCounted(fieldsOf(entry['fieldsV1'])))
    .filter(({ manager }) => manager !== MANAGER)
    .map(({ manager, operation, time }) => `${manager}/${operation}/${time}`)
    .sort();
}

/** An entry that is not the operator's is nobody's key, whoever manages it. */
function manages(fields: Fields, files: readonly string[]): boolean {
  const managed = { ...fieldsOf(fields['f:binaryData']), ...fieldsOf(fields['f:data']) };
  return files.some((file) => `f:${file}` in managed);
}

function isOfJwks(fields: Fields): boolean {
  return manages(fields, OWN_FILES);
}

function isOfSignerData(fields: Fields): boolean {
  return manages(fields, Object.values(SIGNER_FILE));
}

/** Who sets the ledger back may hide who was in the signer meanwhile. */
function isOfSigner(fields: Fields): boolean {
  const annotations = fieldsOf(fieldsOf(fields['f:metadata'])['f:annotations']);
  return isOfSignerData(fields) || `f:${ANNOTATION.ledger}` in annotations;
}

export function metaOf({ metadata }: KubeObject): ObjectMeta {
  return {
    name: metadata.name ?? '',
    uid: metadata.uid ?? '',
    resourceVersion: metadata.resourceVersion ?? '',
    labels: metadata.labels ?? {},
    annotations: metadata.annotations ?? {},
    ...pendingDeletion(metadata),
    managedFields: metadata['managedFields'],
  };
}

function pendingDeletion({ deletionTimestamp, finalizers }: KubeObject['metadata']) {
  if (deletionTimestamp === undefined) return {};
  return { deleting: { sinceTime: deletionTimestamp, finalizers: finalizers ?? [] } };
}
