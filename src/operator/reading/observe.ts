/**
 * One reading of all objects of a set, each read live: the core decides nothing by a cache. What the
 * core is given holds no key material. The objects themselves stay in the shell, which bases its
 * writes on exactly what was read.
 */
import { type DecodeResult, decodeSigningKeySet } from '../../api/decode.ts';
import { FINALIZER } from '../../core/formats/names.ts';
import type { Spec } from '../../core/formats/spec.ts';
import { NO_LEDGERS, newestOf, readableOf } from '../../core/reading/ledgers.ts';
import type { Observed } from '../../core/reading/model.ts';
import { believedLedgers } from '../../core/reading/ownership.ts';
import { hasSoundLedger } from '../../core/reading/situation.ts';
import { contestedSince } from '../../core/report/contested.ts';
import type { KubeObject } from '../../platform/kube/resource.ts';
import { CONFIG_MAPS, SECRETS, SETS } from '../../platform/kube/resources.ts';
import type { SetMemory } from '../memory/set-memory.ts';
import { findAdoptee, NOBODY } from './adoptee.ts';
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
  /** The key Secret that was asked for as the source of the signer's key. */
  readonly source: KubeObject | null;
}

type ReadObjects = Pick<
  Observed,
  'signer' | 'jwks' | 'ledgers' | 'keySecrets' | 'pods' | 'workloads'
>;

/** If the spec can't be decoded, there is nothing else to read. */
const NOTHING: ReadObjects & { readonly objects: SetObjects } = {
  signer: null,
  jwks: null,
  ledgers: NO_LEDGERS,
  keySecrets: [],
  pods: { kind: 'NotRead' },
  workloads: [],
  objects: { signer: null, jwks: null, source: null },
};

type ObserverOptions = IssuersReader & { readonly allowSecretCopies: boolean };

export class Observer {
  readonly #options: ObserverOptions;

  constructor(options: ObserverOptions) {
    this.#options = options;
  }

  /**
   * @param source the name of the key Secret whose key the write copies that is judged by this reading
   * @returns null if the set is gone
   */
  async observe(
    name: SetName,
    memory: SetMemory,
    signal: AbortSignal,
    source: string | null = null,
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
      ? await this.#observeObjects({
          reader,
          memory,
          name,
          spec: decoded.spec,
          decoded,
          set,
          source,
          signal,
        })
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
      contestedKeptForMs: memory.contests.keptForMs(
        contestedSince(asStored.status),
        clock.monotonicMs(),
      ),
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

  async #observeObjects(of: ReadingOf): Promise<ReadObjects & { readonly objects: SetObjects }> {
    const { reader, memory, name, spec, decoded, set, source, signal } = of;
    const uid = set.metadata.uid ?? '';
    const [signer, jwks, listedAtOnce] = await Promise.all([
      reader.get(SECRETS, spec.signer.name),
      reader.get(CONFIG_MAPS, spec.jwks.name),
      memory.known.isListDue(uid, this.#options.clock.monotonicMs()) ? this.#list(of) : null,
    ]);
    const ledgers = ledgersIn(signer, jwks, set);
    const seen = {
      signer: signer === null ? null : observedSigner(memory.verdicts, signer),
      jwks: jwks === null ? null : observedJwks(jwks),
      ledgers,
      // Who lives beside it is known later: here it only tells which ledgers may count.
      set: observedSet(name, set, decoded, NOBODY),
    };
    const ledger = newestOf(readableOf(believedLedgers(seen)), uid);
    const listed = listedAtOnce ?? (this.#needsList(of, seen) ? await this.#list(of) : null);
    const hasObjects = signer !== null || jwks !== null;
    const [{ keySecrets, source: sourceObject }, { pods, workloads, answers }] = await Promise.all([
      readKeySecrets(reader, memory, name.name, { listed, ledger, hasObjects, source }),
      readIssuers(this.#options, name, spec, ledger, signal),
    ]);
    for (const answer of answers) reader.dated(answer);
    const isEmpty = ledger === null && !hasObjects && keySecrets.length === 0;
    if (listed !== null && isEmpty) memory.known.foundNothing();
    const objects = { signer, jwks, source: sourceObject };
    const { set: _, ...found } = seen;
    return { ...found, keySecrets, pods, workloads, objects };
  }

  /**
   * A sound ledger names every living key. Without one a list shows what there is, unless there was nothing
   * when this process listed a moment ago. An ordered deletion ends only if a list shows nothing more.
   */
  #needsList(
    { memory }: ReadingOf,
    seen: Pick<Observed, 'set' | 'signer' | 'jwks' | 'ledgers'>,
  ): boolean {
    if (seen.set.deleting) return true;
    if (hasSoundLedger({ ...seen, keySecrets: [] }, Math.floor(this.#options.clock.wallMs())))
      return false;
    const hasLedger = seen.signer !== null || readableOf(seen.ledgers).length > 0;
    return hasLedger || !memory.known.isBlank(this.#options.clock.monotonicMs());
  }

  async #list({ reader, memory, name, set }: ReadingOf): Promise<readonly KubeObject[]> {
    const nowMs = this.#options.clock.monotonicMs();
    const listing = memory.known.listing(set.metadata.uid ?? '', nowMs);
    const listed = await listKeySecrets(reader, name.name);
    listing(listed.map(({ metadata }) => metadata.name ?? ''));
    return listed;
  }
}

/** What the parts of one reading share. */
interface ReadingOf {
  readonly reader: LiveReader;
  readonly memory: SetMemory;
  readonly name: SetName;
  readonly spec: Spec;
  readonly decoded: DecodeResult;
  readonly set: KubeObject;
  readonly source: string | null;
  readonly signal: AbortSignal;
}

/** The set waits for its ordered deletion; only then does the end of its namespace matter. */
function awaitsDeletion({ metadata }: KubeObject): boolean {
  return (
    metadata.deletionTimestamp !== undefined && metadata.finalizers?.includes(FINALIZER) === true
  );
}
