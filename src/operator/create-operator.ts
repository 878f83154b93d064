/**
 * The operator as one value without module state, so that several can run in one process, each
 * with a clock, an API server and randomness of its own.
 */
import type { Registry } from '@prometheus-io/client';
import { ANNOTATION, LABEL, MANAGER } from '../core/formats/names.ts';
import { parseOwner } from '../core/reading/ownership.ts';
import type { Clock } from '../platform/clock.ts';
import type { KeyMaker } from '../platform/keys/key-maker.ts';
import { createKubeClient, type KubeClient } from '../platform/kube/client.ts';
import { KubeApiError } from '../platform/kube/errors.ts';
import type { KubeObject, Resource } from '../platform/kube/resource.ts';
import { CONFIG_MAPS, SECRETS, SETS } from '../platform/kube/resources.ts';
import type { Transport } from '../platform/kube/transport.ts';
import { createLeaderElector, type LeaderElector } from '../platform/leader/leader-election.ts';
import type { Log } from '../platform/log/log.ts';
import type { Random } from '../platform/random.ts';
import type { ObjectEvent } from '../platform/reflector/object-store.ts';
import { Reflector } from '../platform/reflector/reflector.ts';
import { createWorkQueue, type PassResult, type WorkQueue } from '../platform/work-queue.ts';
import { createLeaseStore } from './lease-store.ts';
import { createMetrics, type OperatorMetrics } from './metrics.ts';
import { Observer } from './reading/observe.ts';
import { SecretFacts } from './reading/secret-facts.ts';
import { SeenVersions } from './reading/seen-versions.ts';
import { setKey } from './reading/set-name.ts';
import { Reconciler } from './reconcile.ts';
import { SetReport } from './set-report.ts';
import { createEventTeller, type EventTeller } from './writing/events.ts';

export interface OperatorOptions {
  readonly clock: Clock;
  readonly transport: Transport;
  readonly keys: KeyMaker;
  readonly random: Random;
  readonly log: Log;
  readonly metrics: Registry;
  /** Unique to this process, such as the Pod's name. */
  readonly identity: string;
  /** Passes at a time. */
  readonly workers: number;
  /** Whether the pods of a set's namespace are looked at after a switch. */
  readonly checkIssuers: boolean;
  /** Empty: all namespaces. */
  readonly namespaces: readonly string[];
  /** Null: this process works without asking for a lease. */
  readonly election: { readonly namespace: string; readonly name: string } | null;
  /** How long passes under way may take to end once it is told to stop. */
  readonly drainMs: number;
}

export type OperatorEnd =
  | { readonly kind: 'stopped' }
  /** Another process may lead by now: this one must exit at once. */
  | { readonly kind: 'lost'; readonly reason: string };

export interface Operator {
  /** Works until the signal aborts, then drains and gives the lease back. */
  run(signal: AbortSignal): Promise<OperatorEnd>;
  /** True once every first list is in. */
  isReady(): boolean;
  readonly queue: WorkQueue;
}

export function createOperator(options: OperatorOptions): Operator {
  const { clock, transport, log, random } = options;
  const client = createKubeClient({ transport, clock });
  let queue: WorkQueue | null = null;
  const metrics = createMetrics(options.metrics, () => queue?.state() ?? null);
  const elector = createElector(options, client);
  const seen = new SeenVersions();
  const events = createEventTeller({ client, clock, random, log, instance: options.identity });
  const reconciler = createReconciler(options, client, metrics, seen, elector, events);
  const onFailure = (key: string, error: unknown, retryInMs: number) => {
    metrics.reconciled.inc({ controller: CONTROLLER, result: 'error' });
    log.warn({ set: key, err: error, retryInMs: Math.round(retryInMs) }, 'pass failed');
  };
  queue = createWorkQueue({
    clock,
    random,
    workers: options.workers,
    metrics: metrics.queue,
    onFailure,
    pass: async (key, signal): Promise<PassResult> => {
      try {
        const result = await reconciler.pass(key, signal);
        metrics.reconciled.inc({ controller: CONTROLLER, result: RESULT[result.kind] });
        return result;
      } catch (error) {
        const retryInMs = retryAfterMs(error);
        if (retryInMs === null) throw error;
        onFailure(key, error, retryInMs);
        return { kind: 'retry', notBeforeMs: clock.monotonicMs() + retryInMs };
      }
    },
  });
  return new RunningOperator(options, client, queue, elector, metrics, seen, events);
}

/** A server that says when to come again is taken at its word; null where none did. */
function retryAfterMs(error: unknown): number | null {
  return error instanceof KubeApiError ? (error.retryAfterMs ?? null) : null;
}

/** How long a process that ends waits for its last events to arrive. */
const EVENTS_GRACE_MS = 1000;

const CONTROLLER = 'signingkeyset';
/** Named as controller-runtime names them. */
const RESULT = { done: 'success', again: 'requeue', retry: 'requeue_after' } as const;

function createReconciler(
  { clock, keys, log, checkIssuers }: OperatorOptions,
  client: KubeClient,
  metrics: OperatorMetrics,
  seen: SeenVersions,
  elector: LeaderElector | null,
  events: EventTeller,
): Reconciler {
  return new Reconciler({
    client,
    clock,
    keys,
    log,
    seen,
    observer: new Observer({ client, clock, log, checkIssuers, facts: new SecretFacts() }),
    events,
    report: new SetReport(metrics, clock),
    leads: () => elector?.leads() ?? true,
  });
}

function createElector(options: OperatorOptions, client: KubeClient): LeaderElector | null {
  const { election, clock, random, log, identity } = options;
  if (election === null) return null;
  const { namespace, name } = election;
  const store = createLeaseStore(client, clock, namespace, name);
  return createLeaderElector({ clock, random, log, store, namespace, name, identity });
}

class RunningOperator implements Operator {
  readonly queue: WorkQueue;
  readonly #options: OperatorOptions;
  readonly #elector: LeaderElector | null;
  readonly #metrics: OperatorMetrics;
  readonly #seen: SeenVersions;
  readonly #events: EventTeller;
  readonly #sets: readonly Reflector[];
  readonly #objects: readonly Reflector[];

  constructor(
    options: OperatorOptions,
    client: KubeClient,
    queue: WorkQueue,
    elector: LeaderElector | null,
    metrics: OperatorMetrics,
    seen: SeenVersions,
    events: EventTeller,
  ) {
    this.queue = queue;
    this.#options = options;
    this.#elector = elector;
    this.#metrics = metrics;
    this.#seen = seen;
    this.#events = events;
    const namespaces = options.namespaces.length === 0 ? [undefined] : options.namespaces;
    const each = (resource: Resource, labelSelector: string | undefined, tell: Tell) =>
      namespaces.map((namespace) =>
        this.#reflector(client, resource, namespace, labelSelector, tell),
      );
    const managed = `${LABEL.managedBy}=${MANAGER}`;
    this.#sets = each(SETS, undefined, (event) => this.#setChanged(event));
    this.#objects = [
      ...each(SECRETS, managed, (event) => this.#objectChanged(event)),
      ...each(CONFIG_MAPS, managed, (event) => this.#objectChanged(event)),
    ];
  }

  isReady(): boolean {
    return [...this.#sets, ...this.#objects].every((reflector) => reflector.hasSynced());
  }

  async run(signal: AbortSignal): Promise<OperatorEnd> {
    const stop = new AbortController();
    const onAbort = () => stop.abort(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    const reflecting = [...this.#sets, ...this.#objects].map((each) => each.run(stop.signal));
    const end = await this.#lead(signal).catch((error: unknown): OperatorEnd => {
      if (signal.aborted) return { kind: 'stopped' };
      throw error;
    });
    stop.abort(new Error('the operator has ended'));
    await Promise.all(reflecting);
    signal.removeEventListener('abort', onAbort);
    return end;
  }

  /** Works for as long as it may: without an election until it is told to stop. */
  async #lead(signal: AbortSignal): Promise<OperatorEnd> {
    const { log, election, drainMs } = this.#options;
    const elector = this.#elector;
    if (elector !== null) await elector.acquire(signal);
    this.#metrics.leads.set({ name: election?.name ?? '' }, 1);
    this.queue.start();
    // The lease is renewed until the last pass has ended.
    const hold = new AbortController();
    const holding = elector === null ? untilAborted(hold.signal) : elector.hold(hold.signal);
    const end = await Promise.race([untilAborted(signal), holding]);
    const stuck = await this.queue.shutdown(end.kind === 'stopped' ? drainMs : 0);
    await this.#events.stop(EVENTS_GRACE_MS);
    hold.abort(new Error('the work has ended'));
    await holding;
    this.#metrics.leads.set({ name: election?.name ?? '' }, 0);
    if (end.kind === 'lost') return end;
    if (stuck.length > 0) log.warn({ sets: stuck }, 'passes did not end in time');
    // A lease that is given back while a pass may still write would let a second one in.
    else if (elector !== null) await elector.release(new AbortController().signal);
    return { kind: 'stopped' };
  }

  #reflector(
    client: KubeClient,
    resource: Resource,
    namespace: string | undefined,
    labelSelector: string | undefined,
    tell: Tell,
  ): Reflector {
    const { clock, random, log } = this.#options;
    return new Reflector({
      client,
      clock,
      log,
      resource,
      random: () => random.float(),
      // Watches only say that something changed: no spec, key or JWKS is kept here.
      metadataOnly: true,
      transform: slim,
      handlers: [tell],
      ...(namespace === undefined ? {} : { namespace }),
      ...(labelSelector === undefined ? {} : { labelSelector }),
    });
  }

  #setChanged(event: ObjectEvent): void {
    const key = setKey(event);
    if (!this.#seen.knows(key, event)) this.queue.add(key);
  }

  /** An object of a set that is not there asks for nothing. */
  #objectChanged(event: ObjectEvent): void {
    for (const name of setsOf(event.object.metadata)) {
      const key = setKey({ namespace: event.namespace, name });
      const isKnown = this.#sets.some(
        ({ store }) => store.get(event.namespace, name) !== undefined,
      );
      if (isKnown && !this.#seen.knows(key, event)) this.queue.add(key);
    }
  }
}

type Tell = (event: ObjectEvent) => void;

function untilAborted(signal: AbortSignal): Promise<OperatorEnd> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve({ kind: 'stopped' });
    signal.addEventListener('abort', () => resolve({ kind: 'stopped' }), { once: true });
  });
}

/** What the handlers need of an object, and no more: thousands of these are kept. */
function slim({ metadata }: KubeObject): KubeObject {
  const { namespace, name, uid, resourceVersion, labels, annotations } = metadata;
  const set = labels?.[LABEL.set];
  const owner = annotations?.[ANNOTATION.owner];
  return {
    metadata: {
      name: name ?? '',
      ...(namespace === undefined ? {} : { namespace }),
      uid: uid ?? '',
      resourceVersion: resourceVersion ?? '',
      ...(set === undefined ? {} : { labels: { [LABEL.set]: set } }),
      ...(owner === undefined ? {} : { annotations: { [ANNOTATION.owner]: owner } }),
    },
  };
}

/** By label and by the owner annotation: a hand may have changed one of them. */
function setsOf({ labels, annotations }: KubeObject['metadata']): ReadonlySet<string> {
  const names = [labels?.[LABEL.set], parseOwner({ annotations: annotations ?? {} })?.name];
  return new Set(names.filter((name) => name !== undefined));
}
