/**
 * Which objects belong to the set, and what in them is believed. Annotations and the Secret type decide,
 * not owner references: a garbage collector that deleted a JWKS would break the promise. The operator
 * leaves all other objects alone (invariant I6).
 */

import { isLongerThan } from '../encoding/byte-length.ts';
import { type PublicJwk, samePublicJwk } from '../formats/jwk.ts';
import { ANNOTATION, LABEL, MANAGER, REQUEST, RESERVED_PREFIX } from '../formats/names.ts';
import { holdsPrivateKey } from '../formats/private-key.ts';
import { isReservedConfigMapName, isReservedSecretName } from '../formats/reserved-names.ts';
import type { ObjectMetadata } from '../formats/spec.ts';
import {
  IDENTITY_LENGTH_MAX,
  INSTANT_MAX_MS,
  NAMESPACE_LENGTH_MAX,
  OBJECT_NAME_LENGTH_MAX,
} from '../ledger/bounds.ts';
import type { ReadLedger } from '../ledger/codec.ts';
import { keysIn } from '../ledger/jwks-document.ts';
import type { Ledger, SetRef } from '../ledger/ledger.ts';
import { type ObservedLedgers, readableOf } from './ledgers.ts';
import type {
  KeyContent,
  MetadataPatch,
  ObjectMeta,
  Observed,
  ObservedJwks,
  ObservedKeySecret,
  ObservedObjects,
  ObservedSet,
  ObservedSigner,
  SignerContent,
} from './model.ts';

export type Ownership =
  /** Its recorded owner is this set, with this UID. */
  | 'Own'
  /** Its recorded owner is an earlier set of this namespace and name: recreated, or restored. */
  | 'AdoptedByName'
  /** Its recorded owner is another set, which the user has named in the adopt annotation. */
  | 'AdoptedByRequest'
  /** It has no recorded owner, but is protected, and the set knows every kid in it. */
  | 'AdoptedByKids'
  /**
   * A ConfigMap that is not protected, so that anyone may have written it, but the set knows every kid in
   * it: someone took all marks off, or replaced it. It is written over; nothing in it is believed.
   */
  | 'Unmarked'
  | 'Foreign';

/**
 * Whether the chart's admission policy keeps everyone but the operator from writing this object: the one
 * definition of what the operator may believe. charts/signing-key-operator/templates/object-protection.yaml
 * has the same in CEL, and test/charts/protection.test.ts asks both about the same objects.
 */
export function isProtectedSecret({
  meta,
  typeFits,
}: {
  readonly meta: Pick<ObjectMeta, 'name'>;
  /** Whether its type is the operator's type for a Secret of this role. */
  readonly typeFits: boolean;
}): boolean {
  return typeFits && !isReservedSecretName(meta.name);
}

/** {@link isProtectedSecret} for the ConfigMap: it bears a label or an annotation of the operator's. */
export function isProtectedConfigMap({
  meta,
}: {
  readonly meta: Pick<ObjectMeta, 'name' | 'labels' | 'annotations'>;
}): boolean {
  const names = [...Object.keys(meta.labels), ...Object.keys(meta.annotations)];
  const isMarked = names.some((name) => name.startsWith(RESERVED_PREFIX));
  return isMarked && !isReservedConfigMapName(meta.name);
}

/** The recorded owner; null if the annotation is missing or malformed. */
export function parseOwner(meta: Pick<ObjectMeta, 'annotations'>): SetRef | null {
  const text = meta.annotations[ANNOTATION.owner];
  if (text === undefined || isLongerThan(OWNER_BYTES_MAX, text)) return null;
  try {
    const owner = JSON.parse(text) as Partial<Record<string, unknown>> | null;
    const { namespace, name, uid } = owner ?? {};
    if (!isText(namespace, NAMESPACE_LENGTH_MAX) || !isText(name, OBJECT_NAME_LENGTH_MAX)) {
      return null;
    }
    return isText(uid, IDENTITY_LENGTH_MAX) ? { namespace, name, uid } : null;
  } catch {
    return null;
  }
}

/** Far more than the longest owner takes. */
const OWNER_BYTES_MAX = 2048;

/** As the API server writes it: whatever is in it goes into a condition's message. */
function isText(value: unknown, lengthMax: number): value is string {
  return typeof value === 'string' && value.length <= lengthMax && /^[\w.-]+$/.test(value);
}

export function formatOwner({ namespace, name, uid }: SetRef): string {
  return JSON.stringify({ namespace, name, uid });
}

/** Whether the user has asked to adopt that set, and it no longer lives: else both would rotate. */
export function adopts({ annotations, livingAdoptee }: Adopter, { uid }: SetRef): boolean {
  return annotations[REQUEST.adopt] === uid && livingAdoptee !== uid;
}

/** What decides whose objects a set adopts. */
type Adopter = Pick<ObservedSet, 'ref' | 'annotations' | 'livingAdoptee'>;

/** Judges an object by its recorded owner; null if it has none. */
function byOwner(set: Adopter, meta: ObjectMeta): Ownership | null {
  const owner = parseOwner(meta);
  if (owner === null) return null;
  if (isNamedLike(set, owner)) return owner.uid === set.ref.uid ? 'Own' : 'AdoptedByName';
  return adopts(set, owner) ? 'AdoptedByRequest' : 'Foreign';
}

function isNamedLike({ ref }: Adopter, { namespace, name }: SetRef): boolean {
  return namespace === ref.namespace && name === ref.name;
}

/** Judges one Secret by its type, its recorded owner, and the kids in it. */
function ownershipOfSecret(
  set: Adopter,
  secret: ObservedSigner | ObservedKeySecret,
  known: ReadonlySet<string>,
): Ownership {
  if (!isProtectedSecret(secret)) return 'Foreign';
  const { content } = secret;
  const kids = content.kind === 'Key' ? [content.kid] : [];
  return byOwner(set, secret.meta) ?? (areAllKnown(kids, known) ? 'AdoptedByKids' : 'Foreign');
}

function ownershipOfJwks(set: Adopter, jwks: ObservedJwks, known: ReadonlySet<string>): Ownership {
  if (isReservedConfigMapName(jwks.meta.name)) return 'Foreign';
  const owned = byOwner(set, jwks.meta);
  if (owned !== null) return owned;
  const kids = keysIn(jwks.data).map(({ kid }) => kid);
  if (!areAllKnown(kids, known)) return 'Foreign';
  return isProtectedConfigMap(jwks) ? 'AdoptedByKids' : 'Unmarked';
}

function areAllKnown(kids: readonly string[], known: ReadonlySet<string>): boolean {
  return kids.length > 0 && kids.every((kid) => known.has(kid));
}

function kidsKnownTo(ledgers: readonly Ledger[]): ReadonlySet<string> {
  return new Set(
    ledgers.flatMap(({ keys, tombstones }) => [...keys, ...tombstones].map(({ kid }) => kid)),
  );
}

/** What tells which ledgers are believed: all of it is read before the key Secrets. */
export type LedgerHolders = Pick<Observed, 'ledgers' | 'signer' | 'jwks'> & {
  readonly set: Adopter;
};

/**
 * The ledger and its copies, as far as they are believed: each of this set, or of one that it adopts, on an
 * object that is protected and not foreign. The status is the API server's to protect: nobody but the
 * operator has the right to write it.
 */
export function believedLedgers(holders: LedgerHolders): ObservedLedgers {
  const { set, ledgers, signer, jwks } = holders;
  const of = (read: ReadLedger | null) => ofThisSet(read, set);
  const isNotAnothers = ({ meta }: { meta: ObjectMeta }) => byOwner(set, meta) !== 'Foreign';
  const signerSpeaks = signer !== null && isProtectedSecret(signer) && isNotAnothers(signer);
  const jwksSpeaks = jwks !== null && isProtectedConfigMap(jwks) && isNotAnothers(jwks);
  const heard: ObservedLedgers = {
    signer: signerSpeaks ? of(ledgers.signer) : null,
    status: of(ledgers.status),
    jwks: jwksSpeaks ? of(ledgers.jwks) : null,
  };
  const known = kidsKnownTo(readableOf(heard));
  const isForeign = {
    signer: signer === null || ownershipOfSecret(set, signer, known) === 'Foreign',
    jwks: jwks === null || ownershipOfJwks(set, jwks, known) === 'Foreign',
  };
  return {
    signer: isForeign.signer ? null : heard.signer,
    status: heard.status,
    jwks: isForeign.jwks ? null : heard.jwks,
  };
}

/** Ignores the ledger of another set, unless the user adopts that set. */
function ofThisSet(read: ReadLedger | null, set: Adopter): ReadLedger | null {
  if (read?.kind !== 'Ledger') return read;
  const { set: owner } = read.ledger;
  return isNamedLike(set, owner) || adopts(set, owner) ? read : null;
}

export interface Owned {
  readonly signer: Ownership | null;
  readonly jwks: Ownership | null;
  /** By object name. */
  readonly keySecrets: ReadonlyMap<string, Ownership>;
}

/** @param ledgers the ledger and its copies, those that are believed and can be read. */
export function judgeOwnership(observed: ObservedObjects, ledgers: readonly Ledger[]): Owned {
  const known = kidsKnownTo(ledgers);
  const { set, signer, jwks, keySecrets } = observed;
  return {
    signer: signer === null ? null : ownershipOfSecret(set, signer, known),
    jwks: jwks === null ? null : ownershipOfJwks(set, jwks, known),
    keySecrets: new Map(
      keySecrets.map((secret) => [secret.meta.name, ownershipOfSecret(set, secret, known)]),
    ),
  };
}

/** Which line of ledgers a key was made for. A first key is older than its ledger: 0, as in version 1. */
export function epochOf({ annotations }: Pick<ObjectMeta, 'annotations'>): number {
  const text = annotations[ANNOTATION.epoch] ?? '';
  const epochMs = /^[0-9]{1,15}$/.test(text) ? Number(text) : 0;
  return epochMs <= INSTANT_MAX_MS ? epochMs : 0;
}

/** Whether a key Secret, or the signer, holds exactly this key. */
export function holdsKey(content: KeyContent | SignerContent, publicJwk: PublicJwk): boolean {
  return content.kind === 'Key' && samePublicJwk(content.publicJwk, publicJwk);
}

/** Whether a key Secret that the ledger does not know may join: its kid is its thumbprint. */
export function mayJoin({ content }: Pick<ObservedKeySecret, 'content'>): boolean {
  return content.kind === 'Key' && content.kidIsThumbprint;
}

/** The patch that gives an object of the set its labels and annotations. */
export function metadataPatch(
  ref: SetRef,
  current: ObjectMeta | null,
  template: ObjectMetadata,
  own: Readonly<Record<string, string | null>>,
): MetadataPatch {
  const { labels } = template;
  const annotations = withoutKeys(template.annotations);
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
      ...taken(current === null ? [] : exposingAnnotations(current)),
      ...annotations,
      [ANNOTATION.owner]: formatOwner(ref),
      [ANNOTATION.appliedMetadata]: isEmpty ? null : appliedNow,
      ...own,
    },
  };
}

/**
 * The names of annotations that hold a private key, such as what `kubectl apply` keeps of a Secret: whoever may
 * list metadata could read it there, and it would outlive the key.
 */
export function exposingAnnotations({ annotations }: ObjectMeta): readonly string[] {
  const names = Object.keys(annotations).filter((name) => name !== ANNOTATION.ledger);
  return names.filter((name) => holdsPrivateKey(annotations[name] ?? ''));
}

function withoutKeys(annotations: Readonly<Record<string, string>>): Record<string, string> {
  const all = Object.entries(annotations);
  return Object.fromEntries(all.filter(([, text]) => !holdsPrivateKey(text)));
}

/** Whether a patch would change anything. */
export function patchChanges(meta: ObjectMeta, patch: MetadataPatch): boolean {
  const differs = (have: Readonly<Record<string, string>>, want: MetadataPatch['labels']) =>
    Object.entries(want).some(([name, value]) => (have[name] ?? null) !== value);
  return differs(meta.labels, patch.labels) || differs(meta.annotations, patch.annotations);
}

/** The CRD's maxima: 16 labels and 16 annotations, each with a name of 317 characters. */
const APPLIED_BYTES_MAX = 16 * 1024;
const APPLIED_NAMES_MAX = 16;

function appliedNames(meta: ObjectMeta | null): { labels: string[]; annotations: string[] } {
  const text = meta?.annotations[ANNOTATION.appliedMetadata];
  const none = { labels: [], annotations: [] };
  if (text === undefined || isLongerThan(APPLIED_BYTES_MAX, text)) return none;
  try {
    const value = JSON.parse(text) as { labels?: unknown; annotations?: unknown } | null;
    return { labels: names(value?.labels), annotations: names(value?.annotations) };
  } catch {
    return none;
  }
}

/** The operator's own names are never removed, whatever someone wrote into the annotation. */
function names(value: unknown): string[] {
  if (!Array.isArray(value) || value.length > APPLIED_NAMES_MAX) return [];
  return value.filter(
    (name): name is string =>
      typeof name === 'string' && !name.startsWith('signingkeys.dev/') && name !== LABEL.managedBy,
  );
}

function taken(appliedBefore: readonly string[]): Record<string, null> {
  return Object.fromEntries(appliedBefore.map((name) => [name, null]));
}
