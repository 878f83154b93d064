/**
 * Which objects belong to the set. Annotations and the Secret type decide, not owner references: a
 * garbage collector that deleted a JWKS would break the promise. The operator leaves all other
 * objects alone (invariant I6).
 */

import { ANNOTATION, LABEL, MANAGER, REQUEST } from '../formats/names.ts';
import type { ObjectTemplate } from '../formats/spec.ts';
import { keysIn } from '../ledger/jwks-document.ts';
import type { Ledger, SetRef } from '../ledger/ledger.ts';
import type {
  MetadataPatch,
  ObjectMeta,
  Observed,
  ObservedKeySecret,
  ObservedSet,
} from './model.ts';

export type Ownership =
  /** Its recorded owner is this set, with this UID. */
  | 'Own'
  /** Its recorded owner is an earlier set of this namespace and name: recreated, or restored. */
  | 'AdoptedByName'
  /** Its recorded owner is another set, which the user has named in the adopt annotation. */
  | 'AdoptedByRequest'
  /** It has no recorded owner, but the set knows every kid in it. */
  | 'AdoptedByKids'
  | 'Foreign';

/** The recorded owner; null if the annotation is missing or malformed. */
export function parseOwner(meta: Pick<ObjectMeta, 'annotations'>): SetRef | null {
  const text = meta.annotations[ANNOTATION.owner];
  if (text === undefined) return null;
  try {
    const owner = JSON.parse(text) as Partial<Record<string, unknown>> | null;
    const { namespace, name, uid } = owner ?? {};
    if (typeof namespace !== 'string' || typeof name !== 'string' || typeof uid !== 'string') {
      return null;
    }
    return { namespace, name, uid };
  } catch {
    return null;
  }
}

export function formatOwner({ namespace, name, uid }: SetRef): string {
  return JSON.stringify({ namespace, name, uid });
}

/** Whether the user has asked to adopt that set, and it no longer lives: else both would rotate. */
export function adopts({ annotations, livingAdoptee }: ObservedSet, { uid }: SetRef): boolean {
  return annotations[REQUEST.adopt] === uid && livingAdoptee !== uid;
}

/** Judges one object by its type, its recorded owner, and the kids in it. */
function ownershipOf(
  observed: Observed,
  meta: ObjectMeta,
  typeFits: boolean,
  kids: readonly string[],
  knownKids: ReadonlySet<string>,
): Ownership {
  const { ref } = observed.set;
  if (!typeFits) return 'Foreign';
  const owner = parseOwner(meta);
  if (owner !== null) {
    if (owner.namespace === ref.namespace && owner.name === ref.name) {
      return owner.uid === ref.uid ? 'Own' : 'AdoptedByName';
    }
    return adopts(observed.set, owner) ? 'AdoptedByRequest' : 'Foreign';
  }
  const allKnown = kids.length > 0 && kids.every((kid) => knownKids.has(kid));
  return allKnown ? 'AdoptedByKids' : 'Foreign';
}

export interface Owned {
  readonly signer: Ownership | null;
  readonly jwks: Ownership | null;
  /** By object name. */
  readonly keySecrets: ReadonlyMap<string, Ownership>;
}

/** @param ledgers the ledger and its copies, those that can be read. */
export function judgeOwnership(observed: Observed, ledgers: readonly Ledger[]): Owned {
  const known = new Set(
    ledgers.flatMap(({ keys, tombstones }) => [...keys, ...tombstones].map(({ kid }) => kid)),
  );
  const { signer, jwks, keySecrets } = observed;
  const signerKids = signer?.content.kind === 'Key' ? [signer.content.kid] : [];
  return {
    signer:
      signer === null
        ? null
        : ownershipOf(observed, signer.meta, signer.typeFits, signerKids, known),
    jwks:
      jwks === null
        ? null
        : ownershipOf(
            observed,
            jwks.meta,
            true,
            keysIn(jwks.data).map(({ kid }) => kid),
            known,
          ),
    keySecrets: new Map(
      keySecrets.map((secret) => [
        secret.meta.name,
        ownershipOf(observed, secret.meta, secret.typeFits, kidsOf(secret), known),
      ]),
    ),
  };
}

function kidsOf({ content }: ObservedKeySecret): readonly string[] {
  return content.kind === 'Key' ? [content.kid] : [];
}

/** Which line of ledgers a key was made for. A first key is older than its ledger: 0, as in version 1. */
export function epochOf({ annotations }: Pick<ObjectMeta, 'annotations'>): number {
  const text = annotations[ANNOTATION.epoch] ?? '';
  return /^[0-9]{1,15}$/.test(text) ? Number(text) : 0;
}

/** Whether a key Secret that the ledger does not know may join: its kid is its thumbprint. */
export function mayJoin({ content }: Pick<ObservedKeySecret, 'content'>): boolean {
  return content.kind === 'Key' && content.kidIsThumbprint;
}

/** The patch that gives an object of the set its labels and annotations. */
export function metadataPatch(
  ref: SetRef,
  current: ObjectMeta | null,
  template: ObjectTemplate | null,
  own: Readonly<Record<string, string | null>>,
): MetadataPatch {
  const labels = template?.labels ?? {};
  const annotations = template?.annotations ?? {};
  const applied = appliedNames(current);
  const appliedNow = JSON.stringify({
    labels: Object.keys(labels).sort(),
    annotations: Object.keys(annotations).sort(),
  });
  const isEmpty = Object.keys(labels).length + Object.keys(annotations).length === 0;
  return {
    labels: {
      ...taken(applied.labels),
      ...labels,
      [LABEL.managedBy]: MANAGER,
      [LABEL.set]: ref.name,
      [LABEL.setUid]: ref.uid,
    },
    annotations: {
      ...taken(applied.annotations),
      ...annotations,
      [ANNOTATION.owner]: formatOwner(ref),
      [ANNOTATION.appliedMetadata]: isEmpty ? null : appliedNow,
      ...own,
    },
  };
}

/** Whether a patch would change anything. */
export function patchChanges(meta: ObjectMeta, patch: MetadataPatch): boolean {
  const differs = (have: Readonly<Record<string, string>>, want: MetadataPatch['labels']) =>
    Object.entries(want).some(([name, value]) => (have[name] ?? null) !== value);
  return differs(meta.labels, patch.labels) || differs(meta.annotations, patch.annotations);
}

function appliedNames(meta: ObjectMeta | null): { labels: string[]; annotations: string[] } {
  const text = meta?.annotations[ANNOTATION.appliedMetadata];
  const none = { labels: [], annotations: [] };
  if (text === undefined) return none;
  try {
    const value = JSON.parse(text) as { labels?: unknown; annotations?: unknown } | null;
    return { labels: names(value?.labels), annotations: names(value?.annotations) };
  } catch {
    return none;
  }
}

/** The operator's own names are never removed, whatever someone wrote into the annotation. */
function names(value: unknown): string[] {
  if (!Array.isArray(value)) return [];
  return value.filter(
    (name): name is string =>
      typeof name === 'string' && !name.startsWith('signingkeys.dev/') && name !== LABEL.managedBy,
  );
}

function taken(appliedBefore: readonly string[]): Record<string, null> {
  return Object.fromEntries(appliedBefore.map((name) => [name, null]));
}
