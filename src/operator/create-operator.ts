/**
 * The operator as one value without module state, so that several can run in one process, each
 * with its own clock, API server and randomness.
 */
import type { Registry } from '@prometheus-io/client';
import type { Clock } from '../platform/clock.ts';
import type { KeyMaker } from '../platform/keys/key-maker.ts';
import { KeyPool } from '../platform/keys/key-pool.ts';
import type { KeyVerdicts } from '../platform/keys/key-verdicts.ts';
import { createKubeClient, type KubeClient } from '../platform/kube/client.ts';
import { KubeApiError } from '../platform/kube/errors.ts';
import type { Transport } from '../platform/kube/transport.ts';
import { createLeaderElector, type LeaderElector } from '../platform/leader/leader-election.ts';
import type { Log } from '../platform/log/log.ts';
import type { Random } from '../platform/random.ts';
import { createWorkQueue, type PassResult, type WorkQueue } from '../platform/work-queue.ts';
import { createLeaseStore } from './lease-store.ts';
import { SetMemories } from './memory/set-memory.ts';
import { createMetrics, type OperatorMetrics } from './metrics.ts';
import { Observer } from './reading/observe.ts';
import { setNameOf } from './reading/set-name.ts';
import { Reconciler, type ReconcilerOptions } from './reconcile.ts';
import { showSetsAtScrape } from './set-metrics.ts';
import { Watches } from './watches.ts';
import { createEventSender, type EventSender } from './writing/events.ts';
import { KeyOrders } from './writing/key-orders.ts';
import { StepTaker } from './writing/take-step.ts';

export interface OperatorOptions {
  readonly clock: Clock;
  readonly transport: Transport;
  readonly keys: KeyMaker;
  /** For several operators in one process that see the same keys. Default: each set has its own. */
  readonly verdicts?: KeyVerdicts;
  readonly random: Random;
  readonly log: Log;
  readonly metrics: Registry;
  /** Unique to this process, such as the Pod's name. */
  readonly identity: string;
  /** The maximum number of passes at a time. */
  readonly workers: number;
  /** Whether to look at the pods of a set's namespace after a switch. */
  readonly checkIssuers: boolean;
  /** Whether a set may ask other controllers to copy its signer Secret. */
  readonly allowSecretCopies: boolean;
  /** Empty: all namespaces. */
  readonly namespaces: readonly string[];
  /** Null: this process works without asking for a lease. */
  readonly election: { readonly namespace: string; readonly name: string } | null;
  /** How long running passes may take to end once the operator has to stop. */
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
  readonly memories: SetMemories;
}

/** How long a process that ends waits for its last events to arrive. */
const EVENTS_GRACE_MS = 1000;

const CONTROLLER = 'signingkeyset';
/** Named as controller-runtime names them. */
const RESULT = { done: 'success', again: 'requeue', retry: 'requeue_after' } as const;

export function createOperator(options: OperatorOptions): Operator {
  const { clock, transport, log, random, identity } = options;
  const client = createKubeClient({ transport, clock });
  let queue: WorkQueue | null = null;
  const metrics = createMetrics(options.metrics, () => queue?.state() ?? null);
  const memories = new SetMemories(options.verdicts ?? null);
  const elector = createElector(options, client);
  const events = createEventSender({ client, clock, random, log, instance: identity });
  const wakeAt = (key: string, atMs: number) => queue?.addAt(key, atMs);
  const keyOrders = new KeyOrders({ clock, log, pool: new KeyPool(options.keys), wakeAt });
  const parts = { client, metrics, memories, elector, events };
  const reconciler = createReconciler(options, { ...parts, keyOrders }, wakeAt);
  queue = createQueue(options, reconciler, parts);
  return new RunningOperator(options, { ...parts, queue });
}

interface Parts {
  readonly client: KubeClient;
  readonly metrics: OperatorMetrics;
  readonly memories: SetMemories;
  readonly elector: LeaderElector | null;
  readonly events: EventSender;
}

function createElector(options: OperatorOptions, client: KubeClient): LeaderElector | null {
  const { election, clock, random, log, identity } = options;
  if (election === null) return null;
  const { namespace, name } = election;
  const store = createLeaseStore(client, clock, namespace, name);
  return createLeaderElector({ clock, random, log, store, namespace, name, identity });
}

function createReconciler(
  { clock, log, checkIssuers, allowSecretCopies }: OperatorOptions,
  parts: Parts & { readonly keyOrders: KeyOrders },
  wakeAt: ReconcilerOptions['wakeAt'],
): Reconciler {
  const { client, metrics, memories, elector, events, keyOrders } = parts;
  const observer = new Observer({ client, clock, log, checkIssuers, allowSecretCopies });
  const stepTaker = new StepTaker({
    client,
    clock,
    keyOrders,
    log,
    observer,
    events,
    leads: () => elector?.leads() ?? true,
    onRefusal: ({ invariants }) => {
      for (const invariant of invariants) metrics.violations.inc({ invariant });
    },
  });
  return new Reconciler({ clock, log, observer, events, memories, stepTaker, wakeAt });
}

function createQueue(
  { clock, random, log, workers }: OperatorOptions,
  reconciler: Reconciler,
  { metrics, memories }: Parts,
): WorkQueue {
  const onFailure = (key: string, error: unknown, retryInMs: number) => {
    metrics.reconciled.inc({ controller: CONTROLLER, result: 'error' });
    log.warn(
      { set: key, err: error, retryInMs: Math.round(retryInMs) },
      'a pass failed; it will be retried',
    );
  };
  const pass = async (key: string, signal: AbortSignal): Promise<PassResult> => {
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
  };
  const groupOf = (key: string) => setNameOf(key).namespace;
  const laneOf = (key: string) => memories.find(key)?.urgency.lane() ?? 'new';
  const shared = { clock, random, workers, metrics: metrics.queue };
  return createWorkQueue({ ...shared, groupOf, laneOf, onFailure, pass });
}

/** How long the server asked to wait; null if it did not. */
function retryAfterMs(error: unknown): number | null {
  return error instanceof KubeApiError ? (error.retryAfterMs ?? null) : null;
}

class RunningOperator implements Operator {
  readonly queue: WorkQueue;
  readonly memories: SetMemories;
  readonly #options: OperatorOptions;
  readonly #elector: LeaderElector | null;
  readonly #metrics: OperatorMetrics;
  readonly #events: EventSender;
  readonly #watches: Watches;

  constructor(options: OperatorOptions, parts: Parts & { readonly queue: WorkQueue }) {
    const { client, queue, elector, metrics, memories, events } = parts;
    this.queue = queue;
    this.memories = memories;
    this.#options = options;
    this.#elector = elector;
    this.#metrics = metrics;
    this.#events = events;
    const { clock, random, log, namespaces } = options;
    const onChange = (key: string) => queue.add(key);
    this.#watches = new Watches({ client, clock, random, log, namespaces, memories, onChange });
    // One process reports them, or sums over processes would be wrong.
    const leftOver = () => ((elector?.leads() ?? true) ? this.#watches.leftOver() : []);
    showSetsAtScrape(metrics, memories, clock, leftOver);
  }

  isReady(): boolean {
    return this.#watches.hasSynced();
  }

  async run(signal: AbortSignal): Promise<OperatorEnd> {
    const stop = new AbortController();
    const onAbort = () => stop.abort(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    const watching = this.#watches.run(stop.signal);
    const end = await this.#lead(signal).catch((error: unknown): OperatorEnd => {
      if (signal.aborted) return { kind: 'stopped' };
      throw error;
    });
    stop.abort(new Error('the operator has ended'));
    await watching;
    signal.removeEventListener('abort', onAbort);
    return end;
  }

  /** Works for as long as it may: without an election, until it has to stop. */
  async #lead(signal: AbortSignal): Promise<OperatorEnd> {
    const { log, drainMs } = this.#options;
    const elector = this.#elector;
    if (elector !== null) await elector.acquire(signal);
    this.#showLeads(1);
    this.queue.start();
    // The lease is renewed until the last pass has ended.
    const hold = new AbortController();
    const holding = elector === null ? untilAborted(hold.signal) : elector.hold(hold.signal);
    const end = await Promise.race([untilAborted(signal), holding]);
    const stuck = await this.queue.shutdown(end.kind === 'stopped' ? drainMs : 0);
    await this.#events.stop(EVENTS_GRACE_MS);
    hold.abort(new Error('the work has ended'));
    await holding;
    this.#showLeads(0);
    if (end.kind === 'lost') return end;
    // To give the lease back while a pass may still write would let a second writer in.
    if (stuck.length > 0) log.warn({ sets: stuck }, 'passes did not end in time');
    else if (elector !== null) await elector.release(new AbortController().signal);
    return { kind: 'stopped' };
  }

  #showLeads(value: 0 | 1): void {
    this.#metrics.leads.set({ name: this.#options.election?.name ?? '' }, value);
  }
}

function untilAborted(signal: AbortSignal): Promise<OperatorEnd> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve({ kind: 'stopped' });
    signal.addEventListener('abort', () => resolve({ kind: 'stopped' }), { once: true });
  });
}
