/**
 * The API server of the in-memory world: the objects of one set, and what each write does to
 * them. Objects are values that are replaced, so that keeping one is a snapshot.
 */

import { publicJwkText } from '../../../src/core/formats/jwk.ts';
import { ANNOTATION, FINALIZER } from '../../../src/core/formats/names.ts';
import { OWN_FILES } from '../../../src/core/formats/served-set.ts';
import { serializeLedger } from '../../../src/core/ledger/codec.ts';
import type {
  Expected,
  MetadataPatch,
  ObjectMeta,
  ObservedJwks,
  ObservedKeySecret,
  ObservedPods,
  ObservedSet,
  ObservedSigner,
  ObservedWorkload,
  PendingDeletion,
  SignerSource,
  Write,
} from '../../../src/core/reading/model.ts';
import { sameWorkload } from '../../../src/core/reading/old-pods.ts';
import { fixtureJwk } from './fixture-jwk.ts';

export type Outcome = 'Applied' | 'Unchanged' | 'Conflict';

/** What someone else manages in a ConfigMap's data, as managed fields show it. */
export interface FieldOwner {
  readonly file: string;
  readonly entry: string;
}

/** An object that is deleted at nine o'clock, and held by someone's finalizer. */
export const HELD: PendingDeletion = {
  sinceTime: '2026-12-01T09:00:00Z',
  finalizers: ['consumer.example.com/hold'],
};

export class Api {
  set: ObservedSet | null = null;
  signer: ObservedSigner | null = null;
  jwks: ObservedJwks | null = null;
  fieldOwners: readonly FieldOwner[] = [];
  /** Who else set the values of the signer, and its ledger. */
  signerOwners: SignerOwners = NOBODY;
  keySecrets: ReadonlyMap<string, ObservedKeySecret> = new Map();
  namespaceTerminating = false;
  pods: ObservedPods = { kind: 'Read', readOnce: [], more: 0 };
  /** Someone's finalizer holds what is deleted from now on by these writes. */
  held: readonly ('DeleteKeySecret' | 'DeleteSigner' | 'DeleteJwks')[] = [];
  workloads: readonly ObservedWorkload[] = [];
  #version = 100;
  #uids = 0;
  #keys = 0;

  /** A copy that goes its own way. The objects are values, so both may hold them. */
  fork(): Api {
    const copy = Object.assign(new Api(), this);
    copy.#version = this.#version;
    copy.#uids = this.#uids;
    copy.#keys = this.#keys;
    return copy;
  }

  nextVersion(): string {
    this.#version += 1;
    return String(this.#version);
  }

  nextUid(): string {
    this.#uids += 1;
    return `uid-${this.#uids}`;
  }

  write(write: Write): Outcome {
    switch (write.kind) {
      case 'CreateKeySecret': {
        this.#keys += 1;
        const kid = `k${this.#keys}`;
        const publicJwk = fixtureJwk(kid, write.keyKind);
        const { labels, annotations } = write.metadata;
        const withJwk = { ...annotations, [ANNOTATION.publicJwk]: publicJwkText(publicJwk) };
        const metadata = { labels, annotations: withJwk };
        return this.#postKey(write.name, write.ordinal, metadata, {
          kind: 'Key',
          kid,
          kidIsThumbprint: true,
          publicJwk,
          keyKind: write.keyKind,
        });
      }
      case 'RestoreKeySecret': {
        const content = this.signer?.content;
        if (!isAt(this.signer?.meta, write.signer) || content?.kind !== 'Key') return 'Conflict';
        if (content.kid !== write.kid) return 'Conflict';
        return this.#postKey(write.name, write.ordinal, write.metadata, {
          ...content,
          kidIsThumbprint: true,
        });
      }
      case 'PatchKeySecretMetadata': {
        const secret = this.keySecrets.get(write.name);
        if (secret === undefined || !isAt(secret.meta, write.expects)) return 'Conflict';
        const meta = this.#patched(secret.meta, write.metadata, false);
        if (meta === secret.meta) return 'Unchanged';
        this.putKeySecret({ ...secret, meta });
        return 'Applied';
      }
      case 'DeleteKeySecret': {
        if (!isAt(this.keySecrets.get(write.name)?.meta, write.expects)) return 'Conflict';
        this.deleteKeySecret(write.name);
        return 'Applied';
      }
      case 'DeleteSigner':
        if (!isAt(this.signer?.meta, write.expects)) return 'Conflict';
        this.signer = this.#left('DeleteSigner', this.signer);
        return 'Applied';
      case 'DeleteJwks':
        if (!isAt(this.jwks?.meta, write.expects)) return 'Conflict';
        this.jwks = this.#left('DeleteJwks', this.jwks);
        if (this.jwks === null) this.fieldOwners = [];
        return 'Applied';
      case 'WriteSigner':
        return this.#writeSigner(write);
      case 'WriteJwks':
        return this.#writeJwks(write);
      case 'RestartWorkload':
        return this.#restart(write);
      case 'WriteStatus':
      case 'WriteFinalizer':
        return this.#writeSet(write);
    }
  }

  putKeySecret(secret: ObservedKeySecret): void {
    this.keySecrets = new Map(this.keySecrets).set(secret.meta.name, secret);
  }

  deleteKeySecret(name: string): void {
    const secret = this.#left('DeleteKeySecret', this.keySecrets.get(name) ?? null);
    if (secret !== null) {
      this.putKeySecret(secret);
      return;
    }
    const left = new Map(this.keySecrets);
    left.delete(name);
    this.keySecrets = left;
  }

  /** Whoever set the finalizer removes it: what was deleted meanwhile is gone. */
  release(): void {
    this.held = [];
    if (this.signer?.meta.deleting !== undefined) this.signer = null;
    if (this.jwks?.meta.deleting !== undefined) this.jwks = null;
    for (const { meta } of [...this.keySecrets.values()]) {
      if (meta.deleting !== undefined) this.deleteKeySecret(meta.name);
    }
  }

  /** What a deletion leaves of an object: nothing, unless a finalizer holds it. */
  #left<T extends { readonly meta: ObjectMeta }>(by: Api['held'][number], found: T | null) {
    if (found === null || !this.held.includes(by)) return null;
    const meta = { ...found.meta, deleting: HELD, resourceVersion: this.nextVersion() };
    return { ...found, meta };
  }

  newMeta(name: string, metadata: MetadataPatch): ObjectMeta {
    const bare = { name, uid: this.nextUid(), resourceVersion: '', labels: {}, annotations: {} };
    return this.#patched(bare, metadata, true);
  }

  /** Its controller has not seen the change yet. */
  #restart({ workload, expects, restartedFor }: Extract<Write, { kind: 'RestartWorkload' }>) {
    const found = this.workloads.find((each) => sameWorkload(each, workload));
    if (found?.state !== 'Found' || !isAt(found, expects)) return 'Conflict';
    const rollOut = { ...found.rollOut, isObserved: false };
    const changed = { ...found, resourceVersion: this.nextVersion(), restartedFor, rollOut };
    this.workloads = this.workloads.map((each) => (each === found ? changed : each));
    return 'Applied';
  }

  #postKey(
    name: string,
    ordinal: number,
    metadata: MetadataPatch,
    content: ObservedKeySecret['content'],
  ): Outcome {
    if (this.keySecrets.has(name)) return 'Conflict';
    this.putKeySecret({ meta: this.newMeta(name, metadata), typeFits: true, ordinal, content });
    return 'Applied';
  }

  #writeSigner({
    name,
    expects,
    ledger,
    source,
    metadata,
  }: Extract<Write, { kind: 'WriteSigner' }>) {
    if (metadata.annotations[ANNOTATION.ledger] !== serializeLedger(ledger)) {
      throw new Error('the annotation is not the ledger of the write');
    }
    const content = this.#contentFrom(source);
    if (content === null) return 'Conflict';
    const { signer } = this;
    if (expects === 'absent') {
      if (signer !== null) return 'Conflict';
      const meta = this.newMeta(name, metadata);
      this.signerOwners = NOBODY;
      this.signer = { meta, typeFits: true, content, otherManagers: [] };
      return 'Applied';
    }
    if (signer === null || !isAt(signer.meta, expects)) return 'Conflict';
    const changed = source.from !== 'unchanged' && !sameValue(content, signer.content);
    const meta = this.#patched(signer.meta, metadata, changed);
    if (meta === signer.meta) return 'Unchanged';
    // A changed value is ours alone. All values change together here.
    const isLedgerNew =
      meta.annotations[ANNOTATION.ledger] !== signer.meta.annotations[ANNOTATION.ledger];
    this.signerOwners = {
      data: changed ? null : this.signerOwners.data,
      ledger: isLedgerNew ? null : this.signerOwners.ledger,
    };
    this.signer = { ...signer, meta, content, otherManagers: signerManagers(this.signerOwners) };
    return 'Applied';
  }

  #contentFrom(source: SignerSource): ObservedSigner['content'] | null {
    if (source.from === 'nothing') return { kind: 'Empty' };
    if (source.from === 'unchanged') return this.signer?.content ?? null;
    const secret = this.keySecrets.get(source.name);
    const content = secret?.content;
    if (secret?.meta.uid !== source.uid || content?.kind !== 'Key') return null;
    const { kid, publicJwk, keyKind } = content;
    return kid === source.kid ? { kind: 'Key', kid, publicJwk, keyKind } : null;
  }

  #writeJwks({ name, expects, data, metadata }: Extract<Write, { kind: 'WriteJwks' }>): Outcome {
    const { jwks } = this;
    if (expects === 'absent') {
      if (jwks !== null) return 'Conflict';
      const meta = this.newMeta(name, metadata);
      this.jwks = { meta, data, hasOwnBinaryData: false, exposing: [], otherManagers: [] };
      this.fieldOwners = [];
      return 'Applied';
    }
    if (jwks === null || !isAt(jwks.meta, expects)) return 'Conflict';
    const ofOthers = Object.entries(jwks.data).filter(([name]) => !OWN_FILES.includes(name));
    const stored = { ...Object.fromEntries(ofOthers), ...data };
    const changed = jwks.hasOwnBinaryData || !sameValue(jwks.data, stored);
    const meta = this.#patched(jwks.meta, metadata, changed);
    if (meta === jwks.meta) return 'Unchanged';
    // Whoever owned a file keeps it as long as the value stays; a changed value is ours alone.
    this.fieldOwners = this.fieldOwners.filter(({ file }) => jwks.data[file] === stored[file]);
    const otherManagers = managersOf(this.fieldOwners);
    this.jwks = { meta, data: stored, hasOwnBinaryData: false, exposing: [], otherManagers };
    return 'Applied';
  }

  #writeSet(write: Extract<Write, { kind: 'WriteStatus' | 'WriteFinalizer' }>): Outcome {
    const { set } = this;
    if (set === null) return 'Conflict';
    const { uid, resourceVersion } = write.expects;
    if (set.ref.uid !== uid || set.resourceVersion !== resourceVersion) return 'Conflict';
    if (write.kind === 'WriteStatus') {
      if (sameValue(set.status, write.status)) return 'Unchanged';
      const status = structuredClone(write.status);
      this.set = { ...set, status, resourceVersion: this.nextVersion() };
      return 'Applied';
    }
    const others = set.finalizers.filter((name) => name !== FINALIZER);
    const finalizers = write.present ? [...others, FINALIZER] : others;
    const isGone = set.deleting && finalizers.length === 0;
    this.set = isGone ? null : { ...set, finalizers, resourceVersion: this.nextVersion() };
    return 'Applied';
  }

  /** The same object where nothing changes, as the API server does; else of a new version. */
  #patched(meta: ObjectMeta, patch: MetadataPatch, changed: boolean): ObjectMeta {
    const labels = merged(meta.labels, patch.labels);
    const annotations = merged(meta.annotations, patch.annotations);
    const same = sameValue(labels, meta.labels) && sameValue(annotations, meta.annotations);
    if (same && !changed) return meta;
    return { ...meta, labels, annotations, resourceVersion: this.nextVersion() };
  }
}

/** Each as an entry of the managed fields; null: nobody but the operator. */
export interface SignerOwners {
  readonly data: string | null;
  readonly ledger: string | null;
}

const NOBODY: SignerOwners = { data: null, ledger: null };

export function signerManagers({ data, ledger }: SignerOwners): readonly string[] {
  return [...new Set([data, ledger])].filter((entry) => entry !== null);
}

export function managersOf(owners: readonly FieldOwner[]): readonly string[] {
  // Whoever owns an entry of others counts for nothing.
  const counted = owners.filter(({ file }) => OWN_FILES.includes(file));
  return [...new Set(counted.map(({ entry }) => entry))];
}

function isAt(
  meta: Pick<ObjectMeta, 'uid' | 'resourceVersion'> | undefined,
  expects: Exclude<Expected, 'absent'>,
): boolean {
  return meta?.uid === expects.uid && meta.resourceVersion === expects.resourceVersion;
}

function merged(
  have: Readonly<Record<string, string>>,
  patch: Readonly<Record<string, string | null>>,
): Readonly<Record<string, string>> {
  const all = Object.entries({ ...have, ...patch });
  const kept = all.filter((entry): entry is [string, string] => entry[1] !== null);
  return Object.fromEntries(kept.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function sameValue(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
