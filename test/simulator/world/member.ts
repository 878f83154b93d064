/** One operator: the real one, on a host and behind a network that the world can break. */
import { Registry } from '@prometheus-io/client';
import { createOperator, type Operator } from '../../../src/operator/create-operator.ts';
import type { KeyMaker } from '../../../src/platform/keys/key-maker.ts';
import {
  type KubeRequest,
  type KubeResponse,
  type Transport,
  TransportError,
} from '../../../src/platform/kube/transport.ts';
import type { Random } from '../../../src/platform/random.ts';
import type { Fault, FaultedRequest, WatchLine } from '../../fake-api/faults/fault.ts';
import { FaultyTransport } from '../../fake-api/faults/faulty-transport.ts';
import { goDurationMs } from '../../fake-api/requests/go-duration.ts';
import { requestInfo } from '../../fake-api/requests/request-info.ts';
import type { VirtualClock } from '../../support/clock/virtual-clock.ts';
import { recordLog } from '../../support/kube/log-recorder.ts';
import type { Mark, Trace } from '../record/trace.ts';
import { fixtureVerdicts } from './fixture-keys.ts';
import { Host } from './host.ts';
import type { Step, StepCounter, StepFault } from './steps.ts';

export interface MemberOptions {
  readonly identity: string;
  /** The place in which it works, from 1; whoever replaces it has the same. */
  readonly slot: number;
  readonly offsetMs: number;
  /** There, and back again. */
  readonly networkMs: number;
  readonly random: Random;
  readonly election: { readonly namespace: string; readonly name: string } | null;
}

/** What an operator has around it. */
interface Surroundings {
  readonly clock: VirtualClock;
  readonly keys: KeyMaker;
  readonly trace: Trace;
  /** True time of the last write request of an operator, but of leases and events. */
  lastWriteMs: number;
  nowMs(): number;
  note(mark: Mark, text: string): void;
  revisionsOf(what: string): readonly number[];
  countStep(make: (counter: StepCounter) => Step): Step;
  faultAt(member: Member, step: Step): StepFault | null;
  send(
    identity: string,
    request: KubeRequest,
    signal: AbortSignal,
    revision: number | null,
  ): Promise<KubeResponse>;
  /** Another one in the place of one that has ended. */
  replace(member: Member): void;
}

/** Reads and writes that come to rest are no sign of work. */
const NO_WORK = new Set(['leases', 'events']);

export class Member implements Transport {
  readonly host: Host;
  readonly log = recordLog(() => this.host.wallMs());
  /** There, and back again. */
  networkMs: number;
  readonly #metrics = new Registry();
  readonly #world: Surroundings;
  readonly #options: MemberOptions;
  readonly #operator: Operator;
  readonly #network: FaultyTransport;
  /** What is to become of the request that is handed to the network next. */
  #wire: readonly Fault[] = [];

  constructor(world: Surroundings, options: MemberOptions) {
    this.#world = world;
    this.#options = options;
    this.host = new Host(world.clock, options.offsetMs);
    this.networkMs = options.networkMs;
    this.#network = new FaultyTransport({
      inner: { send: (request, signal) => this.#reach(request, signal, null) },
      clock: world.clock,
      plan: (request) => this.#faultsOf(request),
      readAsOf: (request, signal, revision) => this.#reach(request, signal, revision),
    });
    this.#operator = createOperator({
      clock: this.host,
      transport: this,
      keys: world.keys,
      verdicts: fixtureVerdicts,
      random: options.random,
      log: this.log,
      metrics: this.#metrics,
      identity: options.identity,
      workers: 4,
      checkIssuers: true,
      allowSecretCopies: false,
      namespaces: [],
      election: options.election,
      drainMs: 5000,
    });
  }

  get identity(): string {
    return this.#options.identity;
  }

  get slot(): number {
    return this.#options.slot;
  }

  get isElected(): boolean {
    return this.#options.election !== null;
  }

  /** Passes that have ended. */
  async passes(): Promise<number> {
    const metric = this.#metrics.getSingleMetric('controller_runtime_reconcile_total');
    const { values } = (await metric?.get()) ?? { values: [] };
    return values.reduce((sum, { value }) => sum + value, 0);
  }

  /** An operator that ends has lost its lease: its process exits, and another takes its place. */
  run(): void {
    // A process that dies is not told to stop.
    const untold = new AbortController().signal;
    void this.#operator.run(untold).then(async (end) => {
      await this.host.running();
      const why = end.kind === 'lost' ? end.reason : end.kind;
      this.#world.note('-', `${this.identity} ends: ${why}`);
      this.host.kill();
      this.#world.replace(this);
    });
  }

  async send(request: KubeRequest, signal: AbortSignal): Promise<KubeResponse> {
    const world = this.#world;
    await this.host.running();
    signal.throwIfAborted();
    const info = requestInfo(request);
    const what = info.name === '' ? info.resource : `${info.resource}/${info.name}`;
    const snapshots =
      info.verb === 'get' || info.verb === 'list' ? world.revisionsOf(what).length : 0;
    const step = world.countStep((counter) =>
      counter.ofRequest(info, this.identity, request.body, snapshots),
    );
    const fault = world.faultAt(this, step);
    const sentAtMs = world.clock.monotonicMs();
    fault?.before?.(request);
    await this.host.running();
    signal.throwIfAborted();
    this.#checkDeadline(request, sentAtMs);
    if (step.kind === 'write' && !NO_WORK.has(info.resource)) world.lastWriteMs = world.nowMs();
    const response = await this.#overNetwork(request, signal, step, fault);
    await this.host.running();
    return response;
  }

  async #overNetwork(
    request: KubeRequest,
    signal: AbortSignal,
    step: Step,
    fault: StepFault | null,
  ): Promise<KubeResponse> {
    await this.#travel(signal);
    const noteAnswer = (status: number) =>
      this.#world.trace.add({
        kind: 'request',
        atMs: this.#world.nowMs(),
        who: this.identity,
        step: step.key,
        status,
      });
    try {
      this.#wire = fault?.wire?.(request) ?? [];
      const response = await this.#network.send(request, signal);
      noteAnswer(response.status);
      fault?.after?.();
      await this.#travel(signal);
      return response;
    } catch (error) {
      noteAnswer(0);
      fault?.after?.();
      await this.host.running();
      throw error;
    }
  }

  /** What the network does to a request; a watch's lines are steps of their own. */
  #faultsOf(request: FaultedRequest): readonly Fault[] {
    const faults = this.#wire;
    this.#wire = [];
    if (request.verb !== 'watch') return faults;
    return [
      ...faults,
      { kind: 'watch', line: (line) => this.#faultOfLine(request.resource, line) },
    ];
  }

  #faultOfLine(resource: string, { type, name }: WatchLine) {
    if (type === 'BOOKMARK' || type === 'ERROR' || !this.host.isAlive) return 'pass';
    const step = this.#world.countStep((counter) => counter.ofLine(resource, name, this.identity));
    const fault = this.#world.faultAt(this, step);
    fault?.after?.();
    return fault?.line ?? { delayMs: this.networkMs };
  }

  async #reach(
    request: KubeRequest,
    signal: AbortSignal,
    revision: number | null,
  ): Promise<KubeResponse> {
    const isWatch = request.query?.['watch'] === 'true';
    const connection = isWatch ? AbortSignal.any([signal, this.host.death]) : signal;
    const response = await this.#world.send(this.identity, request, connection, revision);
    return isWatch ? { ...response, body: this.#heard(response.body) } : response;
  }

  /** What a watch brings while the process is paused is read when it runs again. */
  async *#heard(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of body) {
        await this.host.running();
        yield chunk;
      }
    } catch (error) {
      // The server's side of a dead process's connection is closed; the process never knows.
      await this.host.running();
      throw error;
    }
  }

  async #travel(signal: AbortSignal): Promise<void> {
    const { clock } = this.#world;
    await clock.sleepUntil(clock.monotonicMs() + this.networkMs, signal);
  }

  /** What the design assumes: no write lands after its deadline, however long the process was paused. */
  #checkDeadline(request: KubeRequest, sentAtMs: number): void {
    const timeoutMs = goDurationMs(request.query?.['timeout'] ?? '') || Number.POSITIVE_INFINITY;
    if (this.#world.clock.monotonicMs() - sentAtMs <= timeoutMs) return;
    throw new TransportError('ETIMEDOUT', 'past its deadline');
  }
}
