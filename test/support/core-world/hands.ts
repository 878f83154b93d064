/** What people, backups and garbage do to the objects of a set behind the operator's back. */

import type { PublicJwk } from '../../../src/core/formats/jwk.ts';
import { ANNOTATION, FINALIZER, REQUEST } from '../../../src/core/formats/names.ts';
import { JWKS_FILE } from '../../../src/core/formats/served-set.ts';
import type { Spec } from '../../../src/core/formats/spec.ts';
import { jwksText, keysIn } from '../../../src/core/ledger/jwks-document.ts';
import type {
  MetadataPatch,
  ObservedJwks,
  ObservedKeySecret,
  ObservedSigner,
} from '../../../src/core/reading/model.ts';
import { parseOwner } from '../../../src/core/reading/ownership.ts';
import { unnotedTerms } from '../unnoted-terms.ts';
import { type Api, HELD, managersOf, signerManagers } from './api.ts';
import { fixtureJwk } from './fixture-jwk.ts';
import { EC_KIND } from './fixtures.ts';

export type SecretName = string;

/** What someone can reach. */
interface Reach {
  readonly api: Api;
  readonly nowMs: number;
  /** Told of each change of who signs, or of what is served. */
  noteFact(): void;
}

/** The API server's answer to an edit that lowers terms before the operator has noted them. */
export class EditRefused extends Error {
  constructor(terms: readonly string[]) {
    super(`the edit lowers ${terms.join(', ')}, of which the old value is not noted`);
  }
}

export class Hands {
  readonly #world: Reach;

  constructor(world: Reach) {
    this.#world = world;
  }

  createSet(
    spec: Spec,
    annotations: Readonly<Record<string, string>> = {},
    name = 'payments',
  ): void {
    const { api } = this.#world;
    api.set = {
      ref: { namespace: 'auth', name, uid: api.nextUid() },
      resourceVersion: api.nextVersion(),
      generation: 1,
      annotations,
      livingAdoptee: null,
      adopteeKeySecrets: [...api.keySecrets.values()]
        .filter(({ meta }) => {
          const owner = parseOwner(meta);
          return owner?.uid === annotations[REQUEST.adopt] && owner?.name !== name;
        })
        .map(({ meta }) => meta.name),
      finalizers: [],
      deleting: false,
      spec,
      specProblems: [],
      status: null,
    };
    this.#world.noteFact();
  }

  /** @throws if the API server refuses it */
  editSpec(edit: (spec: Spec) => Spec): void {
    const { api } = this.#world;
    const { set } = api;
    if (set?.spec == null) throw new Error('there is no spec to edit');
    const spec = edit(set.spec);
    const refused = unnotedTerms(set.spec.terms, spec.terms, set.status?.terms ?? {});
    if (refused.length > 0) throw new EditRefused(refused);
    api.set = { ...set, spec, generation: set.generation + 1, resourceVersion: api.nextVersion() };
    this.#world.noteFact();
  }

  /** As people do in a random life: an edit that is refused is left out. */
  tryToEditSpec(edit: (spec: Spec) => Spec): void {
    try {
      this.editSpec(edit);
    } catch (error) {
      if (!(error instanceof EditRefused)) throw error;
    }
  }

  revoke(...kids: readonly string[]): void {
    const added = kids.map((kid) => ({ kid, reason: 'KeyCompromise' as const }));
    this.editSpec((spec) => ({ ...spec, revocations: [...spec.revocations, ...added] }));
  }

  annotate(name: string, value: string | null): void {
    const { api } = this.#world;
    if (api.set === null) throw new Error('there is no set');
    const { [name]: _, ...rest } = api.set.annotations;
    const annotations = value === null ? rest : { ...rest, [name]: value };
    api.set = { ...api.set, annotations, resourceVersion: api.nextVersion() };
  }

  wipeStatus(): void {
    const { api } = this.#world;
    if (api.set === null) throw new Error('there is no set');
    api.set = { ...api.set, status: null, resourceVersion: api.nextVersion() };
  }

  /** `kubectl delete`: waits for the finalizer, if there is one. */
  deleteSet(): void {
    const { api } = this.#world;
    if (api.set === null) throw new Error('there is no set');
    const isHeld = api.set.finalizers.length > 0;
    const deleted = { deleting: true, deletedTime: HELD.sinceTime } as const;
    api.set = isHeld ? { ...api.set, ...deleted, resourceVersion: api.nextVersion() } : null;
  }

  dropFinalizer(): void {
    const { api } = this.#world;
    if (api.set === null) throw new Error('there is no set');
    const finalizers = api.set.finalizers.filter((name) => name !== FINALIZER);
    api.set = api.set.deleting ? null : { ...api.set, finalizers };
  }

  deleteSigner(): void {
    this.#world.api.signer = null;
    this.#world.noteFact();
  }

  deleteJwks(): void {
    this.#world.api.jwks = null;
    this.#world.api.fieldOwners = [];
    this.#world.noteFact();
  }

  deleteKeySecret(ordinal: number): void {
    const found = this.keySecret(ordinal);
    this.#world.api.deleteKeySecret(found.meta.name);
  }

  keySecret(ordinal: number): ObservedKeySecret {
    const found = [...this.#world.api.keySecrets.values()].find((one) => one.ordinal === ordinal);
    if (found === undefined) throw new Error(`there is no key Secret #${ordinal}`);
    return found;
  }

  /** Puts an old signer back: over the one that is there, or as a new object. */
  restoreSigner(old: ObservedSigner): void {
    const { api } = this.#world;
    const uid = api.signer?.meta.uid ?? api.nextUid();
    this.#replaceSigner({ ...old, meta: { ...old.meta, uid } });
  }

  restoreKeySecret(old: ObservedKeySecret): void {
    const { api } = this.#world;
    const meta = { ...old.meta, uid: api.nextUid(), resourceVersion: api.nextVersion() };
    api.putKeySecret({ ...old, meta });
  }

  restoreJwks(old: ObservedJwks): void {
    const { api } = this.#world;
    const uid = api.jwks?.meta.uid ?? api.nextUid();
    const meta = { ...old.meta, uid, resourceVersion: api.nextVersion() };
    this.#replaceJwks({ ...old, meta });
  }

  /** Values of the signer, or its annotations and labels, edited in place. */
  editSigner(edit: (signer: ObservedSigner) => ObservedSigner): void {
    const { api } = this.#world;
    if (api.signer === null) throw new Error('there is no signer');
    this.#replaceSigner(edit(api.signer));
  }

  annotateSigner(name: string, value: string | null): void {
    this.editSigner((signer) => {
      const { [name]: _, ...rest } = signer.meta.annotations;
      const annotations = value === null ? rest : { ...rest, [name]: value };
      return { ...signer, meta: { ...signer.meta, annotations } };
    });
  }

  /** `jwks.json` with other keys; managed fields tell. */
  editJwksKeys(edit: (keys: readonly PublicJwk[]) => readonly PublicJwk[]): void {
    const { jwks } = this.#world.api;
    if (jwks === null) throw new Error('there is no JWKS');
    this.editJwksFile(JWKS_FILE, jwksText(edit(keysIn(jwks.data))));
  }

  editJwksFile(file: string, text: string): void {
    const { api } = this.#world;
    if (api.jwks === null) throw new Error('there is no JWKS');
    const meta = { ...api.jwks.meta, resourceVersion: api.nextVersion() };
    this.#replaceJwks({ ...api.jwks, meta, data: { ...api.jwks.data, [file]: text } });
  }

  editJwksMeta(edit: (meta: ObservedJwks['meta']) => ObservedJwks['meta']): void {
    const { api } = this.#world;
    if (api.jwks === null) throw new Error('there is no JWKS');
    const meta = { ...edit(api.jwks.meta), resourceVersion: api.nextVersion() };
    api.jwks = { ...api.jwks, meta };
  }

  /** A key Secret that no operator of this set made. */
  plantKeySecret(ordinal: number, kid: string, metadata: MetadataPatch, typeFits = true): void {
    const { api } = this.#world;
    const keyKind = api.set?.spec?.kind ?? EC_KIND;
    const publicJwk = fixtureJwk(kid, keyKind);
    api.putKeySecret({
      meta: api.newMeta(`${api.set?.ref.name}-key-${ordinal}`, metadata),
      typeFits,
      ordinal,
      content: { kind: 'Key', kid, kidIsThumbprint: true, publicJwk, keyKind },
    });
  }

  #replaceSigner(signer: ObservedSigner): void {
    const { api, nowMs } = this.#world;
    const before = api.signer;
    const entry = `kubectl-edit/Update/${nowMs}`;
    const isKept = before !== null && before.meta.uid === signer.meta.uid;
    const isSame = (read: (signer: ObservedSigner) => unknown) =>
      isKept && JSON.stringify(read(before)) === JSON.stringify(read(signer));
    const ledgerOf = ({ meta }: ObservedSigner) => meta.annotations[ANNOTATION.ledger];
    api.signerOwners = {
      data: isSame(({ content }) => content) ? api.signerOwners.data : entry,
      ledger: isSame(ledgerOf) ? api.signerOwners.ledger : entry,
    };
    const meta = { ...signer.meta, resourceVersion: api.nextVersion() };
    api.signer = { ...signer, meta, otherManagers: signerManagers(api.signerOwners) };
    this.#world.noteFact();
  }

  #replaceJwks(jwks: ObservedJwks): void {
    const world = this.#world;
    const before = world.api.jwks?.data ?? {};
    const entry = `kubectl-edit/Update/${world.nowMs}`;
    const files = Object.keys(jwks.data).filter((file) => jwks.data[file] !== before[file]);
    world.api.fieldOwners = [
      ...world.api.fieldOwners.filter(({ file }) => !files.includes(file)),
      ...files.map((file) => ({ file, entry })),
    ];
    world.api.jwks = { ...jwks, otherManagers: managersOf(world.api.fieldOwners) };
    world.noteFact();
  }
}
