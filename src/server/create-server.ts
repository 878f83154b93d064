/** The JWKS server as a whole: a folder in, two ports out. */

import type { Clock } from '../platform/clock.ts';
import type { WatchFolder } from '../platform/files/folder-watch.ts';
import { type AnswerLimits, createAnswerServer } from '../platform/http/answer-server.ts';
import {
  type MetricsTls,
  type OperationalEndpoint,
  startOperationalEndpoint,
} from '../platform/http/operational-endpoint.ts';
import type { Log } from '../platform/log/log.ts';
import { type AnswerTable, composeAnswers } from './answers.ts';
import type { ServeConfig } from './flags.ts';
import { createServerMetrics, type ServerMetrics } from './metrics.ts';
import { createRouter, type Router } from './router.ts';
import { createSource, type Served, type Source } from './source.ts';

/** Connections are kept longer than the 60 s after which load balancers commonly drop them. */
const LIMITS: Omit<AnswerLimits, 'connectionsMax' | 'connectionsPerPeerMax'> = {
  headersTimeoutMs: 5000,
  requestTimeoutMs: 10_000,
  keepAliveTimeoutMs: 65_000,
  unreadTimeoutMs: 30_000,
  heldBytesMax: 48 * 1024 * 1024,
};
/** How long answers that are being written at the end may take: longer than a request's headers. */
const CLOSE_GRACE_MS = 6000;

export interface ServerOptions {
  readonly config: ServeConfig;
  readonly metricsTls: MetricsTls | null;
  readonly clock: Clock;
  readonly watchFolder: WatchFolder;
  readonly log: Log;
}

export interface Server {
  /**
   * Answers until `stopping` aborts, keeps answering for the shutdown delay while it reports not ready,
   * and ends.
   *
   * @throws ListenError
   */
  run(stopping: AbortSignal): Promise<void>;
}

export function createServer(options: ServerOptions): Server {
  return new JwksServer(options);
}

class JwksServer implements Server {
  readonly #options: ServerOptions;
  readonly #metrics: ServerMetrics;
  readonly #router: Router;
  readonly #source: Source;
  #served: Served | null = null;
  #isStopping = false;

  constructor(options: ServerOptions) {
    const { config, clock, watchFolder, log } = options;
    this.#options = options;
    const metrics = createServerMetrics();
    this.#metrics = metrics;
    this.#router = createRouter(this.#compose(), metrics.counts);
    this.#source = createSource({
      folder: config.dir,
      pollIntervalMs: config.pollInterval,
      clock,
      watchFolder,
      log,
      onServed: (served) => this.#serve(served),
      onRead: (result) => metrics.setRead(result, clock.wallMs()),
    });
  }

  async run(stopping: AbortSignal): Promise<void> {
    const { clock, config, log } = this.#options;
    const server = this.#createAnswerServer();
    // Read before the port is open, so that the first request finds the set.
    await this.#source.read();
    const ended = new AbortController();
    const running = this.#source.run(ended.signal);
    let endpoint: OperationalEndpoint | null = null;
    try {
      const port = await server.listen(config.host);
      endpoint = await this.#startEndpoint(stopping);
      const { port: metricsPort, metricsTlsPort } = endpoint;
      const ports = { port, metricsPort, ...(metricsTlsPort === null ? {} : { metricsTlsPort }) };
      log.info({ ...ports, folder: config.dir }, 'the JWKS server listens');
      await aborted(stopping);
      log.info({ shutdownDelayMs: config.shutdownDelay }, 'stopping; not ready from now on');
      this.#isStopping = true;
      this.#router.serve(this.#compose());
      server.drain();
      await clock.sleepUntil(clock.monotonicMs() + config.shutdownDelay, ended.signal);
    } finally {
      await server.close(CLOSE_GRACE_MS);
      await endpoint?.close(CLOSE_GRACE_MS);
      ended.abort();
      await running;
    }
    log.info({}, 'the JWKS server stopped');
  }

  #compose(): AnswerTable {
    const { config } = this.#options;
    return composeAnswers(this.#served, {
      isStopping: this.#isStopping,
      jwksContentType: config.contentType,
      retryAfterSeconds: Math.ceil(config.pollInterval / 1000),
      counts: this.#metrics.counts,
    });
  }

  #serve(served: Served): void {
    this.#served = served;
    this.#router.serve(this.#compose());
    this.#metrics.setJwks(served.jwks, this.#options.clock.wallMs());
  }

  #createAnswerServer(): ReturnType<typeof createAnswerServer> {
    const { clock, config, log } = this.#options;
    const { choose, refusals, countMalformed } = this.#router;
    return createAnswerServer({
      port: config.port,
      flags: { host: '--host', port: '--port' },
      limits: {
        ...LIMITS,
        connectionsMax: config.maxConnections,
        connectionsPerPeerMax: config.maxConnectionsPerPeer,
      },
      clock,
      log,
      choose,
      refusals,
      countMalformed,
      onConnectionClosed: this.#metrics.countDroppedConnection,
    });
  }

  #startEndpoint(stopping: AbortSignal): Promise<OperationalEndpoint> {
    const { clock, config, log, metricsTls } = this.#options;
    return startOperationalEndpoint({
      host: config.host,
      port: config.metricsPort,
      flags: { host: '--host', port: '--metrics-port' },
      metricsTls,
      clock,
      log,
      registry: this.#metrics.registry,
      unreadyBecause: () => {
        if (stopping.aborted) return 'stopping';
        return this.#served !== null
          ? null
          : 'no valid jwks.json and serve.json have been read yet; see the log';
      },
    });
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
