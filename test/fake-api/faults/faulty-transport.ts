/** Faults on the way to an API server: over any transport, the fake's or a real one's. */
import type { Clock } from '../../../src/platform/clock.ts';
import {
  type KubeRequest,
  type KubeResponse,
  type Transport,
  TransportError,
} from '../../../src/platform/kube/transport.ts';
import { goDurationMs } from '../requests/go-duration.ts';
import { requestInfo } from '../requests/request-info.ts';
import { requestTimeout } from '../types/status-error.ts';
import { type Fault, type FaultPlan, REASONS } from './fault.ts';
import { faultyLines, truncated } from './faulty-body.ts';

export interface FaultyTransportOptions {
  readonly inner: Transport;
  readonly clock: Clock;
  readonly plan: FaultPlan;
  /** How to read an earlier state: the fake's `sendAsOf`. A real server can't be asked to. */
  readonly readAsOf?: (
    request: KubeRequest,
    signal: AbortSignal,
    revision: number,
  ) => Promise<KubeResponse>;
}

type Of<K extends Fault['kind']> = Extract<Fault, { kind: K }>;

export class FaultyTransport implements Transport {
  readonly #options: FaultyTransportOptions;
  #requests = 0;

  constructor(options: FaultyTransportOptions) {
    this.#options = options;
  }

  async send(request: KubeRequest, signal: AbortSignal): Promise<KubeResponse> {
    signal.throwIfAborted();
    const index = this.#requests;
    this.#requests += 1;
    const faults = this.#options.plan({ ...requestInfo(request), index, request });
    const find = <K extends Fault['kind']>(kind: K) =>
      faults.find((fault): fault is Of<K> => fault.kind === kind);

    const drop = find('drop');
    if (drop) throw new TransportError(drop.code ?? 'ECONNREFUSED', 'dropped by the fault plan');
    await this.#delay(faults, 'before', signal);
    const late = await this.#serve(request, faults, signal);
    if (late) return late;
    const [hang, status] = [find('hang'), find('status')];
    if (hang && !hang.committed) return await forever(signal);
    if (status && !status.committed) return answerOf(status);

    const response = await this.#forward(request, find('stale'), signal);
    if (hang) return await forever(signal);
    if (status) return answerOf(status);
    const lost = find('lose-answer');
    if (lost) throw new TransportError(lost.code ?? 'ECONNRESET', 'answer lost by the fault plan');
    await this.#delay(faults, 'after', signal);
    return this.#withBody(response, find('truncate'), find('watch'), signal);
  }

  /** A slow server: past the request's own timeout it answers 504 and does nothing. */
  async #serve(
    request: KubeRequest,
    faults: readonly Fault[],
    signal: AbortSignal,
  ): Promise<KubeResponse | null> {
    const slowMs = delayMs(faults, 'server');
    const timeoutMs = goDurationMs(request.query?.['timeout'] ?? '') || Number.POSITIVE_INFINITY;
    await this.#sleep(Math.min(slowMs, timeoutMs), signal);
    return slowMs > timeoutMs ? jsonResponse(504, requestTimeout().body) : null;
  }

  #forward(
    request: KubeRequest,
    stale: Of<'stale'> | undefined,
    signal: AbortSignal,
  ): Promise<KubeResponse> {
    if (!stale) return this.#options.inner.send(request, signal);
    if (!this.#options.readAsOf) throw new TypeError('this transport has no stale reads');
    return this.#options.readAsOf(request, signal, stale.revision);
  }

  #withBody(
    response: KubeResponse,
    truncate: Of<'truncate'> | undefined,
    watch: Of<'watch'> | undefined,
    signal: AbortSignal,
  ): KubeResponse {
    if (truncate) return { ...response, body: truncated(response.body, truncate) };
    if (!watch) return response;
    return {
      ...response,
      body: faultyLines(response.body, watch.line, this.#options.clock, signal),
    };
  }

  #delay(
    faults: readonly Fault[],
    where: Of<'delay'>['where'],
    signal: AbortSignal,
  ): Promise<void> {
    return this.#sleep(delayMs(faults, where), signal);
  }

  async #sleep(ms: number, signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    if (ms > 0) await clock.sleepUntil(clock.monotonicMs() + ms, signal);
  }
}

function delayMs(faults: readonly Fault[], where: Of<'delay'>['where']): number {
  return faults.reduce(
    (sum, fault) => sum + (fault.kind === 'delay' && fault.where === where ? fault.ms : 0),
    0,
  );
}

function forever(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

function answerOf(fault: Of<'status'>): KubeResponse {
  const { status, retryAfterSeconds } = fault;
  const response = jsonResponse(status, {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: fault.message ?? 'answered by the fault plan',
    reason: REASONS[status] ?? '',
    ...(retryAfterSeconds === undefined ? {} : { details: { retryAfterSeconds } }),
    code: status,
  });
  if (retryAfterSeconds === undefined) return response;
  const headers = { ...response.headers, 'retry-after': String(retryAfterSeconds) };
  return { ...response, headers };
}

function jsonResponse(status: number, body: unknown): KubeResponse {
  async function* chunks(): AsyncGenerator<Uint8Array> {
    yield Buffer.from(JSON.stringify(body));
  }
  return { status, headers: { 'content-type': 'application/json' }, body: chunks() };
}
