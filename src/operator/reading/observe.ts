/**
 * One reading of all objects of a set, each read live: the core decides on nothing that came from
 * a cache. What the core is told holds no key material; the objects themselves stay in the shell,
 * which writes on exactly what was read.
 */
import type { DecodeResult } from '../../api/decode.ts';
import { decodeSigningKeySet } from '../../api/decode.ts';
import { isRecord } from '../../core/formats/is-record.ts';
import type { PublicJwk } from '../../core/formats/jwk.ts';
import {
  ANNOTATION,
  FINALIZER,
  keySecretName,
  LABEL,
  MANAGER,
  ordinalOfKeySecret,
  REQUEST,
  SECRET_TYPE,
} from '../../core/formats/names.ts';
import type { Spec } from '../../core/formats/spec.ts';
import type { Status } from '../../core/formats/status.ts';
import { readLedger } from '../../core/ledger/codec.ts';
import type { Ledger } from '../../core/ledger/ledger.ts';
import type {
  ObjectMeta,
  Observed,
  ObservedJwks,
  ObservedKeySecret,
  ObservedSet,
  ObservedSigner,
} from '../../core/reading/model.ts';
import { parseOwner } from '../../core/reading/ownership.ts';
import type { Answer, KubeClient } from '../../platform/kube/client.ts';
import { KubeApiError } from '../../platform/kube/errors.ts';
import type { KubeObject, Resource } from '../../platform/kube/resource.ts';
import { CONFIG_MAPS, NAMESPACES, SECRETS, SETS } from '../../platform/kube/resources.ts';
import { type HoldersReader, readIssuers } from './pods.ts';
import type { SecretFacts } from './secret-facts.ts';
import type { SetName } from './set-name.ts';

export interface Snapshot {
  readonly observed: Observed;
  /** When the first request was sent; deadlines of writes count from here. */
  readonly startedMonotonicMs: number;
  /** The objects as they were read, which writes are made of. */
  readonly objects: {
    readonly set: KubeObject;
    readonly signer: KubeObject | null;
    readonly jwks: KubeObject | null;
  };
}

export interface ObserverOptions extends HoldersReader {
  readonly facts: SecretFacts;
}

/** So many key Secrets are asked for by name where no ledger names them. */
const FIRST_KEYS_MAX = 8;

/** Where a spec can't be decoded there is nothing else to look at. */
const NOTHING = {
  signer: null,
  jwks: null,
  keySecrets: [],
  pods: { kind: 'NotRead' },
  workloads: [],
} as const;

export class Observer {
  readonly #options: ObserverOptions;

  constructor(options: ObserverOptions) {
    this.#options = options;
  }

  /**
   * @param suspects names of key Secrets to look for although they carry no label of the set: a
   * POST has just found them in its way.
   * @param refusedWrite see `Observed`
   * @returns null where the set is gone
   */
  async observe(
    name: SetName,
    suspects: ReadonlySet<string>,
    refusedWrite: string | null,
    signal: AbortSignal,
  ): Promise<Snapshot | null> {
    const { clock } = this.#options;
    const startedMs = Math.floor(clock.wallMs());
    const startedMonotonicMs = clock.monotonicMs();
    const reader = new Reader(this.#options, name.namespace, signal);
    const set = await reader.get(SETS, name.name);
    if (set === null) return null;
    const decoded = decodeSigningKeySet(set);
    const namespaceTerminating = isEnding(set) && (await reader.isTerminating(name.namespace));
    const rest = decoded.ok
      ? await this.#observeRest(reader, name, decoded.set.spec, set, suspects, signal)
      : { objects: { signer: null, jwks: null }, ...NOTHING };
    const { objects, ...observed } = rest;
    const livingAdoptee = await findAdoptee(reader, set, [objects.signer, objects.jwks]);
    const reading = {
      startedMs,
      endedMs: Math.ceil(clock.wallMs()),
      elapsedMs: Math.ceil(clock.monotonicMs() - startedMonotonicMs),
      ...reader.dates(),
    };
    return {
      observed: {
        reading,
        set: observedSet(name, set, decoded, livingAdoptee),
        namespaceTerminating,
        ...observed,
        refusedWrite,
      },
      startedMonotonicMs,
      objects: { set, ...objects },
    };
  }

  async #observeRest(
    reader: Reader,
    name: SetName,
    spec: Spec,
    set: KubeObject,
    suspects: ReadonlySet<string>,
    signal: AbortSignal,
  ) {
    const [signer, jwks, listed] = await Promise.all([
      reader.get(SECRETS, spec.signer.name),
      reader.get(CONFIG_MAPS, spec.jwks.name),
      reader.list(SECRETS, `${LABEL.set}=${name.name}`, `type=${SECRET_TYPE.key}`),
    ]);
    const ledger = ledgerIn(signer, jwks, set);
    const expected = ledger === null ? firstKeys(listed, name.name) : keysOf(ledger);
    const [keySecrets, issuers] = await Promise.all([
      this.#keySecrets(reader, name.name, listed, expected, suspects),
      readIssuers(this.#options, name, spec, ledger, signal),
    ]);
    for (const answer of issuers.answers) reader.dated(answer);
    return {
      pods: issuers.pods,
      workloads: issuers.workloads,
      signer: signer === null ? null : this.#observedSigner(signer),
      jwks: jwks === null ? null : observedJwks(jwks),
      keySecrets,
      objects: { signer, jwks },
    };
  }

  /** Those that carry the label, those that the ledger names, and those that are in the way. */
  async #keySecrets(
    reader: Reader,
    setName: string,
    listed: readonly KubeObject[],
    expected: ExpectedKeys,
    suspects: ReadonlySet<string>,
  ): Promise<readonly ObservedKeySecret[]> {
    const found = new Map(listed.map((secret) => [secret.metadata.name ?? '', secret]));
    const named = [...expected.keys()].map((ordinal) => keySecretName(setName, ordinal));
    const names = new Set([...found.keys(), ...named, ...suspects]);
    const secrets = await Promise.all(
      [...names].map(async (secretName): Promise<ObservedKeySecret | null> => {
        const ordinal = ordinalOfKeySecret(setName, secretName);
        if (ordinal === null) return null;
        const jwk = expected.get(ordinal) ?? null;
        return await this.#keySecret(reader, found.get(secretName), secretName, ordinal, jwk);
      }),
    );
    return secrets.filter((secret) => secret !== null).sort((a, b) => a.ordinal - b.ordinal);
  }

  async #keySecret(
    reader: Reader,
    listed: KubeObject | undefined,
    name: string,
    ordinal: number,
    expected: PublicJwk | null,
  ): Promise<ObservedKeySecret | null> {
    const { facts } = this.#options;
    const known = listed === undefined ? null : facts.knownKey(listed.metadata, expected);
    if (listed !== undefined && known !== null) {
      // The list was by type, so that it fits.
      return { meta: metaOf(listed), typeFits: true, ordinal, content: known };
    }
    const secret = await reader.get(SECRETS, name);
    if (secret === null) return null;
    const typeFits = secret['type'] === SECRET_TYPE.key;
    const content = facts.judgeKey(secret, expected);
    return { meta: metaOf(secret), typeFits, ordinal, content };
  }

  #observedSigner(signer: KubeObject): ObservedSigner {
    return {
      meta: metaOf(signer),
      typeFits: signer['type'] === SECRET_TYPE.signer,
      content: this.#options.facts.judgeSigner(signer),
    };
  }
}

/** The set waits for its ordered deletion; only then does the namespace's own end matter. */
function isEnding({ metadata }: KubeObject): boolean {
  return (
    metadata.deletionTimestamp !== undefined && metadata.finalizers?.includes(FINALIZER) === true
  );
}

/** Reads, and remembers the servers' dates. */
class Reader {
  readonly #client: KubeClient;
  readonly #namespace: string;
  readonly #signal: AbortSignal;
  readonly #dates: (number | null)[] = [];

  constructor({ client }: ObserverOptions, namespace: string, signal: AbortSignal) {
    this.#client = client;
    this.#namespace = namespace;
    this.#signal = signal;
  }

  async get(resource: Resource, name: string): Promise<KubeObject | null> {
    const ref = resource.namespaced ? { namespace: this.#namespace, name } : { name };
    try {
      return this.dated(await this.#client.get(resource, ref, { signal: this.#signal })).object;
    } catch (error) {
      if (error instanceof KubeApiError && error.kind === 'not-found') return null;
      throw error;
    }
  }

  async list(
    resource: Resource,
    labelSelector: string,
    fieldSelector: string,
  ): Promise<readonly KubeObject[]> {
    const answer = await this.#client.list(resource, {
      namespace: this.#namespace,
      labelSelector,
      fieldSelector,
      metadataOnly: true,
      signal: this.#signal,
    });
    return this.dated(answer).items;
  }

  async isTerminating(namespace: string): Promise<boolean> {
    const found = await this.get(NAMESPACES, namespace);
    return found === null || found.metadata.deletionTimestamp !== undefined;
  }

  dates(): { firstDateMs: number | null; lastDateMs: number | null } {
    const known = this.#dates.filter((date) => date !== null);
    if (known.length === 0 || known.length < this.#dates.length) {
      return { firstDateMs: null, lastDateMs: null };
    }
    return { firstDateMs: Math.min(...known), lastDateMs: Math.max(...known) };
  }

  dated<Dated extends Pick<Answer, 'dateMs'>>(answer: Dated): Dated {
    this.#dates.push(answer.dateMs);
    return answer;
  }
}

/** What is known of a key by its ordinal: its JWK, or null where only the name is known. */
type ExpectedKeys = ReadonlyMap<number, PublicJwk | null>;

/**
 * Before there is a ledger, nothing but a list by label tells of key Secrets, and a list may come
 * from a cache. A key whose Secret is missed there would count as lost, so that the first ones are
 * asked for by their names as well.
 */
function firstKeys(listed: readonly KubeObject[], setName: string): ExpectedKeys {
  const ordinals = listed.map(({ metadata }) => ordinalOfKeySecret(setName, metadata.name ?? ''));
  const highest = Math.max(0, ...ordinals.filter((ordinal) => ordinal !== null));
  const count = Math.min(highest + 1, FIRST_KEYS_MAX);
  return new Map(Array.from({ length: count }, (_, index) => [index + 1, null]));
}

function keysOf({ keys }: Ledger): ExpectedKeys {
  return new Map(keys.map(({ ordinal, publicJwk }) => [ordinal, publicJwk]));
}

/** The ledger, or the first copy that can be read. */
function ledgerIn(
  signer: KubeObject | null,
  jwks: KubeObject | null,
  set: KubeObject,
): Ledger | null {
  const status = isRecord(set['status']) ? set['status']['ledger'] : undefined;
  const texts = [
    signer?.metadata.annotations?.[ANNOTATION.ledger],
    status,
    jwks?.metadata.annotations?.[ANNOTATION.ledger],
  ];
  for (const text of texts) {
    const read = typeof text === 'string' ? readLedger(text) : null;
    if (read?.kind === 'Ledger') return read.ledger;
  }
  return null;
}

/**
 * @param objects of the names that the set asks for, which may be another set's
 * @returns the UID of the one that is to be adopted, where it is still there
 */
async function findAdoptee(
  reader: Reader,
  set: KubeObject,
  objects: readonly (KubeObject | null)[],
): Promise<string | null> {
  const uid = set.metadata.annotations?.[REQUEST.adopt];
  if (uid === undefined) return null;
  const owners = objects
    .map((object) => (object === null ? null : parseOwner(metaOf(object))))
    .filter((owner) => owner !== null);
  // What lives in another namespace has objects of its own there: these are copies.
  const owner = owners.find(
    (each) => each.uid === uid && each.namespace === set.metadata.namespace,
  );
  if (owner === undefined || owner.name === set.metadata.name) return null;
  const found = await reader.get(SETS, owner.name);
  return found?.metadata.uid === uid ? uid : null;
}

function observedSet(
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
    spec: decoded.ok ? decoded.set.spec : null,
    specProblems: decoded.ok ? [] : decoded.errors.map(({ message }) => message),
    // The API server holds the status to the schema that Status mirrors.
    status: isRecord(set['status']) ? (set['status'] as Status) : null,
  };
}

function observedJwks(configMap: KubeObject): ObservedJwks {
  const { data, binaryData } = configMap;
  return {
    meta: metaOf(configMap),
    data: isRecord(data) ? (data as Record<string, string>) : {},
    hasBinaryData: isRecord(binaryData) && Object.keys(binaryData).length > 0,
    otherManagers: otherManagersOfData(configMap),
  };
}

/**
 * Who else manages any of `data` (kubernetes.io/docs/reference/using-api/server-side-apply). Where
 * somebody wiped the record, so that no later edit can be told from it, every version is another
 * hand's.
 */
function otherManagersOfData({ metadata }: KubeObject): readonly string[] {
  const entries = Array.isArray(metadata['managedFields']) ? metadata['managedFields'] : [];
  const ofData = entries.filter(isRecord).filter(({ fieldsV1 }) => {
    const fields = isRecord(fieldsV1) ? fieldsV1 : {};
    return 'f:data' in fields || 'f:binaryData' in fields;
  });
  if (ofData.length === 0) return [`untracked/${metadata.resourceVersion}`];
  return ofData
    .filter(({ manager }) => manager !== MANAGER)
    .map(({ manager, operation, time }) => `${manager}/${operation}/${time}`)
    .sort();
}

function metaOf({ metadata }: KubeObject): ObjectMeta {
  return {
    name: metadata.name ?? '',
    uid: metadata.uid ?? '',
    resourceVersion: metadata.resourceVersion ?? '',
    labels: metadata.labels ?? {},
    annotations: metadata.annotations ?? {},
    ...(metadata.deletionTimestamp === undefined ? {} : { deleting: true }),
  };
}
