/**
 * An API server in this process, behind the operator's transport seam: no sockets, its own
 * clock, no randomness but an injected one, and every request is one indivisible step. The
 * conformance suite holds it to a real kube-apiserver.
 *
 * What it leaves out: authentication and authorization, the CRD's schema (give `decode` and
 * `validate` to `customResource`), strategic merge patches and server-side apply (an honest
 * 415), deletion of collections, and the namespace and garbage collection controllers.
 */

import { formatInstant } from '../../src/core/formats/time.ts';
import type { Clock } from '../../src/platform/clock.ts';
import type { KubeRequest, KubeResponse, Transport } from '../../src/platform/kube/transport.ts';
import { Hand } from './hand.ts';
import { child, type JsonObject, metadataOf, namespaceOf, text } from './json/json.ts';
import { listText, textOf } from './json/json-text.ts';
import { type RequestInfo, requestInfo } from './requests/request-info.ts';
import { type Answer, Server } from './server.ts';
import { Store } from './store.ts';
import { RESOURCE_TYPES, type ResourceType, storageOf } from './types/resource-types.ts';
import { StatusError } from './types/status-error.ts';
import { Watch } from './watch.ts';
import { Writes } from './writes.ts';

export interface FakeApiOptions {
  readonly clock: Clock;
  /** From 0 up to 1, for names and uids. Without it, a fixed sequence. */
  readonly random?: () => number;
  /** Custom resources, besides the built-in types. */
  readonly types?: readonly ResourceType[];
  /** How many changes watches and old reads can go back at least. */
  readonly historyMax?: number;
  readonly bookmarkIntervalMs?: number;
}

/** A mutating admission policy: it changes what anybody creates or updates. */
export interface Policy {
  /** Plural, such as `secrets`. */
  readonly resource: string;
  /** Empty for the object itself. */
  readonly subresource: string;
  readonly mutate: (draft: JsonObject) => void;
}

/** One write request, whatever came of it. */
export interface WriteRecord extends RequestInfo {
  readonly manager: string;
  readonly status: number;
  readonly dryRun: boolean;
  /** False for a refused one, and for one that was equal to what was there. */
  readonly changed: boolean;
  /** Of the object after the write; empty if there is none. */
  readonly resourceVersion: string;
  readonly generation: number;
  readonly atMs: number;
}

/** One committed change, as whoever audits the server sees it. */
export interface CommittedChange {
  readonly revision: number;
  /** Plural, such as `secrets`. */
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
  /** Null if the object was created. */
  readonly before: JsonObject | null;
  /** Null if it was deleted. */
  readonly after: JsonObject | null;
}

const READS = ['get', 'list', 'watch'];

export class FakeApi {
  /** As the operator and all its peers see the server. */
  readonly transport: Transport = {
    send: (request, signal) => this.sendAsOf(request, signal, null),
  };
  /** Every write request in order, edits by hand included (their manager tells them apart). */
  readonly writes: WriteRecord[] = [];
  /** What people and other tools do to the cluster. */
  readonly hand: Hand;
  /** The server's clock against the given one. */
  clockOffsetMs = 0;
  /** Whether its answers carry a `Date`. */
  isDated = true;
  /** Mutating admission policies, in their order: each sees what the one before has made. */
  readonly policies: Policy[] = [];
  /** How long the server takes over a request, as far as `?timeout=` is concerned. */
  processingMs = 2;
  readonly #options: FakeApiOptions;
  readonly #types: readonly ResourceType[];
  readonly #store: Store;
  readonly #server: Server;
  readonly #watches = new Set<Watch>();
  readonly #random: () => number;
  /** Of the last answer: many fall into one second. */
  #lastDate = { second: Number.NaN, text: '' };

  constructor(options: FakeApiOptions) {
    this.#options = options;
    this.#random = options.random ?? fixedSequence();
    this.#types = [...RESOURCE_TYPES, ...(options.types ?? [])];
    this.#store = new Store(options.historyMax ?? 10_000);
    const writes = new Writes(this.#store, {
      now: () => formatInstant(Math.floor(this.wallMs() / 1000) * 1000),
      uid: () => this.#uid(),
      suffix: () => this.#text('bcdfghjklmnpqrstvwxz2456789', 5),
      admit: (type, object, subresource) => this.#admitted(type, object, subresource),
    });
    this.#server = new Server(this.#types, this.#store, writes);
    this.hand = new Hand((request) => this.#answer(request, null), this.#types);
  }

  /** The server's own time, milliseconds since the epoch. */
  wallMs(): number {
    return this.#options.clock.wallMs() + this.clockOffsetMs;
  }

  get revision(): number {
    return this.#store.revision;
  }

  /** Everything stored of a resource (`secrets`, `widgets`), in the order of names. */
  objects(resource: string, namespace?: string): readonly JsonObject[] {
    const type = this.#types.find(({ plural }) => plural === resource);
    if (!type) throw new RangeError(`no such resource in the fake API: ${resource}`);
    return this.#store
      .all(storageOf(type))
      .filter((object) => namespace === undefined || namespaceOf(object) === namespace);
  }

  /** Reports every change at the moment of its commit, within the request that made it. */
  onCommit(listener: (change: CommittedChange) => void): void {
    this.#store.subscribe(({ revision, storage, key, before, after }) => {
      const type = this.#types.find((each) => !each.storedAs && storageOf(each) === storage);
      const [namespace = '', name = ''] = key.split('/');
      listener({ revision, resource: type?.plural ?? storage, namespace, name, before, after });
    });
  }

  #admitted(type: ResourceType, object: JsonObject, subresource: string): JsonObject {
    const policies = this.policies.filter(
      (policy) => policy.resource === type.plural && policy.subresource === subresource,
    );
    if (policies.length === 0) return object;
    const draft = structuredClone(object);
    for (const { mutate } of policies) mutate(draft);
    return draft;
  }

  /** Forgets history, as etcd's compaction does: older watches and pages get 410. */
  compact(revision?: number): void {
    this.#store.compact(revision);
  }

  /** Ends all watches, as a restart of the server does. */
  closeWatches(): void {
    for (const watch of [...this.#watches]) watch.close();
  }

  /** Sends a bookmark on every watch that asked for bookmarks. */
  bookmark(): void {
    for (const watch of this.#watches) watch.bookmark();
  }

  /** Like `transport.send`, but reads see the world at an earlier revision (null: now). */
  async sendAsOf(
    request: KubeRequest,
    signal: AbortSignal,
    revision: number | null,
  ): Promise<KubeResponse> {
    signal.throwIfAborted();
    const { answer, headers } = this.#answer(request, revision);
    const date = this.isDated ? { date: this.#date() } : {};
    const all = { 'content-type': 'application/json', ...date, ...headers };
    const body =
      answer.body instanceof Watch
        ? this.#stream(answer.body, request, signal)
        : oneChunk(bodyText(answer.body), signal);
    return { status: answer.status, headers: all, body };
  }

  #answer(request: KubeRequest, revision: number | null) {
    const before = this.#store.revision;
    const { answer, headers } = this.#handled(request, revision ?? before);
    if (!READS.includes(requestInfo(request).verb)) this.#record(request, answer, before);
    return { answer, headers };
  }

  #handled(request: KubeRequest, asOf: number) {
    try {
      return { answer: this.#server.handle(request, asOf, this.processingMs), headers: {} };
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      return { answer: { status: error.status, body: error.body }, headers: error.headers };
    }
  }

  #record(request: KubeRequest, answer: Answer, before: number): void {
    const body = answer.body instanceof Watch ? {} : answer.body;
    const metadata = metadataOf(body);
    const agent = (request.headers?.['user-agent'] ?? '').split('/')[0] ?? '';
    const info = requestInfo(request);
    this.writes.push({
      ...info,
      name: info.name || text(metadata, 'name') || text(child(body, 'details'), 'name'),
      manager: request.query?.['fieldManager'] || agent,
      status: answer.status,
      dryRun: request.query?.['dryRun'] === 'All',
      changed: this.#store.revision > before,
      resourceVersion: text(metadata, 'resourceVersion'),
      generation: Number(metadata['generation'] ?? 0),
      atMs: this.wallMs(),
    });
  }

  #stream(watch: Watch, request: KubeRequest, signal: AbortSignal): AsyncIterable<Uint8Array> {
    this.#watches.add(watch);
    watch.over.addEventListener('abort', () => this.#watches.delete(watch), { once: true });
    const seconds = Number(request.query?.['timeoutSeconds'] ?? 0);
    // The real server draws from 30 to 60 minutes, so that not all clients come back at once.
    const timeoutMs = seconds > 0 ? seconds * 1000 : 1_800_000 * (1 + this.#random());
    const bookmarkIntervalMs = this.#options.bookmarkIntervalMs ?? 60_000;
    return watch.stream({ clock: this.#options.clock, timeoutMs, bookmarkIntervalMs }, signal);
  }

  #date(): string {
    const second = Math.floor(this.wallMs() / 1000);
    if (this.#lastDate.second !== second) {
      this.#lastDate = { second, text: new Date(second * 1000).toUTCString() };
    }
    return this.#lastDate.text;
  }

  #text(alphabet: string, length: number): string {
    const pick = () => alphabet[Math.floor(this.#random() * alphabet.length)] ?? '';
    return Array.from({ length }, pick).join('');
  }

  #uid(): string {
    const hex = this.#text('0123456789abcdef', 30);
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(12, 15)}-a${hex.slice(15, 18)}-${hex.slice(18)}`;
  }
}

function bodyText(body: JsonObject): string {
  return Array.isArray(body['items']) ? listText(body) : textOf(body);
}

async function* oneChunk(body: string, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  signal.throwIfAborted();
  yield Buffer.from(body);
}

/** Lehmer's generator: the same names and uids in every run. */
function fixedSequence(): () => number {
  let state = 1;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}
