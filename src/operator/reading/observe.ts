/**
 * One reading of all objects of a set, each read live: the core decides nothing by a cache. What the
 * core is given holds no key material. The objects themselves stay in the shell, which bases its
 * writes on exactly what was read.
 */
import { decodeSigningKeySet } from '../../api/decode.ts';
import { FINALIZER } from '../../core/formats/names.ts';
import type { Spec } from '../../core/formats/spec.ts';
import { NO_LEDGERS, newestOf, readableOf } from '../../core/reading/ledgers.ts';
import type { Observed } from '../../core/reading/model.ts';
import { believedLedgers } from '../../core/reading/ownership.ts';
import type { KubeObject } from '../../platform/kube/resource.ts';
import { CONFIG_MAPS, SECRETS, SETS } from '../../platform/kube/resources.ts';
import type { SetMemory } from '../memory/set-memory.ts';
import { findAdoptee } from './adoptee.ts';
import { type IssuersReader, readIssuers } from './issuers.ts';
import { listKeySecrets, readKeySecrets } from './key-secrets.ts';
import { ledgersIn } from './ledger-copies.ts';
import { LiveReader } from './live-reader.ts';
import { observedJwks, observedSet, observedSigner } from './observed-objects.ts';
import type { SetName } from './set-name.ts';

export interface SetSnapshot {
  readonly observed: Observed;
  /** When the first request was sent; deadlines of writes count from here. */
  readonly startedMonotonicMs: number;
  /** The objects as they were read, which writes are based on. */
  readonly objects: SetObjects & { readonly set: KubeObject };
}

interface SetObjects {
  readonly signer: KubeObject | null;
  readonly jwks: KubeObject | null;
}

type ObservedObjects = Pick<
  Observed,
  'signer' | 'jwks' | 'ledgers' | 'keySecrets' | 'pods' | 'workloads'
>;

/** If the spec can't be decoded, there is nothing else to read. */
const NOTHING: ObservedObjects & { readonly objects: SetObjects } = {
  signer: null,
  jwks: null,
  ledgers: NO_LEDGERS,
  keySecrets: [],
  pods: { kind: 'NotRead' },
  workloads: [],
  objects: { signer: null, jwks: null },
};

type ObserverOptions = IssuersReader & { readonly allowSecretCopies: boolean };

export class Observer {
  readonly #options: ObserverOptions;

  constructor(options: ObserverOptions) {
    this.#options = options;
  }

  /** @returns null if the set is gone */
  async observe(
    name: SetName,
    memory: SetMemory,
    signal: AbortSignal,
  ): Promise<SetSnapshot | null> {
    const { client, clock, allowSecretCopies } = this.#options;
    const startedMs = Math.floor(clock.wallMs());
    const startedMonotonicMs = clock.monotonicMs();
    const reader = new LiveReader(client, name.namespace, signal);
    const set = await reader.get(SETS, name.name);
    if (set === null) return null;
    const decoded = decodeSigningKeySet(set);
    const namespaceTerminating = awaitsDeletion(set) && (await reader.isNamespaceTerminating());
    const { objects, ...observed } = decoded.ok
      ? await this.#observeObjects(reader, memory, name, decoded.spec, set, signal)
      : NOTHING;
    const adoptee = await findAdoptee(reader, set, [objects.signer, objects.jwks]);
    const reading = {
      startedMs,
      endedMs: Math.ceil(clock.wallMs()),
      elapsedMs: Math.ceil(clock.monotonicMs() - startedMonotonicMs),
      ...reader.dates(),
    };
    const asStored = observedSet(name, set, decoded, adoptee);
    const status = memory.keptStatus.asWritten(asStored.status, clock.monotonicMs());
    const remembered = {
      refusedWrite: memory.refused.last,
      isStatusFailing: memory.keptStatus.isFailing,
      lostStatus: memory.keptStatus.lost,
      contests: memory.contests.standing(clock.monotonicMs()),
    };
    return {
      observed: {
        reading,
        set: { ...asStored, status },
        namespaceTerminating,
        ...observed,
        ...remembered,
        ...(allowSecretCopies ? { allowsSecretCopies: true } : {}),
      },
      startedMonotonicMs,
      objects: { set, ...objects },
    };
  }

  async #observeObjects(
    reader: LiveReader,
    memory: SetMemory,
    name: SetName,
    spec: Spec,
    set: KubeObject,
    signal: AbortSignal,
  ): Promise<ObservedObjects & { readonly objects: SetObjects }> {
    const [signer, jwks, listed] = await Promise.all([
      reader.get(SECRETS, spec.signer.name),
      reader.get(CONFIG_MAPS, spec.jwks.name),
      listKeySecrets(reader, name.name),
    ]);
    const ledgers = ledgersIn(signer, jwks, set);
    const seen = {
      signer: signer === null ? null : observedSigner(memory.verdicts, signer),
      jwks: jwks === null ? null : observedJwks(jwks),
      ledgers,
    };
    const { uid = '', annotations = {} } = set.metadata;
    const asker = { ref: { ...name, uid }, annotations, livingAdoptee: null };
    const believed = believedLedgers({ ...seen, set: asker });
    const ledger = newestOf(readableOf(believed), uid);
    const [keySecrets, { pods, workloads, answers }] = await Promise.all([
      readKeySecrets(reader, memory, name.name, listed, ledger),
      readIssuers(this.#options, name, spec, ledger, signal),
    ]);
    for (const answer of answers) reader.dated(answer);
    return {
      ...seen,
      keySecrets,
      pods,
      workloads,
      objects: { signer, jwks },
    };
  }
}

/** The set waits for its ordered deletion; only then does the end of its namespace matter. */
function awaitsDeletion({ metadata }: KubeObject): boolean {
  return (
    metadata.deletionTimestamp !== undefined && metadata.finalizers?.includes(FINALIZER) === true
  );
}
