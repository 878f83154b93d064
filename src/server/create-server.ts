/** The JWKS server as a whole: a folder in, two ports out. */

import type { Clock } from '../platform/clock.ts';
import type { WatchFolder } from '../platform/files/folder-watch.ts';
import { type AnswerLimits, createAnswerServer } from '../platform/http/answer-server.ts';
import {
  type HttpEndpoint,
  type HttpRoute,
  OPERATIONAL_LIMITS,
  startHttpEndpoint,
} from '../platform/http/endpoint.ts';
import type { Log } from '../platform/log/log.ts';
import { composeAnswers } from './answers.ts';
import type { ServeConfig } from './config.ts';
import { createServerMetrics, type ServerMetrics } from './metrics.ts';
import { createRouter } from './router.ts';
import { createSource, type Served } from './source.ts';

/** Connections are kept longer than the 60 s after which load balancers commonly drop them. */
const LIMITS: Omit<AnswerLimits, 'connectionsMax'> = {
  headersTimeoutMs: 5000,
  requestTimeoutMs: 10_000,
  keepAliveTimeoutMs: 65_000,
  unreadTimeoutMs: 30_000,
};
/** Answers under way at the end get so long: more than a request's headers may take. */
const CLOSE_GRACE_MS = 6000;

export interface ServerOptions {
  readonly config: ServeConfig;
  readonly clock: Clock;
  readonly watchFolder: WatchFolder;
  readonly log: Log;
}

/**
 * Answers until `stopping` aborts, goes on for the shutdown delay as unready, and ends in order.
 * @throws ListenError
 */
export async function runServer(options: ServerOptions, stopping: AbortSignal): Promise<void> {
  const { clock, config, log } = options;
  const metrics = createServerMetrics();
  const compose = (served: Served | null) =>
    composeAnswers(served, {
      jwksContentType: config.contentType,
      retryAfterSeconds: Math.ceil(config.pollInterval / 1000),
      counts: metrics.counts,
    });
  const router = createRouter(compose(null), metrics.counts);
  let hasSet = false;
  const source = createSource({
    folder: config.dir,
    pollIntervalMs: config.pollInterval,
    clock,
    watchFolder: options.watchFolder,
    log,
    onServed(served) {
      hasSet = true;
      router.serve(compose(served));
      metrics.setJwks(served.jwks, clock.wallMs());
    },
    onRead: (result) => metrics.setRead(result, clock.wallMs()),
  });
  const server = createAnswerServer({
    port: config.port,
    flags: { host: '--host', port: '--port' },
    limits: { ...LIMITS, connectionsMax: config.maxConnections },
    clock,
    log,
    choose: router.choose,
    bodyRefused: router.bodyRefused,
    countMalformed: router.countMalformed,
    onConnectionDropped: metrics.countDroppedConnection,
  });
  const readiness = () => {
    if (stopping.aborted) return 'stopping';
    return hasSet ? null : 'no valid jwks.json and serve.json were read yet; see the log';
  };

  // Read before the port is open, so that the first request finds the set.
  await source.read();
  const ended = new AbortController();
  const running = source.run(ended.signal);
  let endpoint: HttpEndpoint | null = null;
  try {
    const port = await server.listen(config.host);
    endpoint = await startEndpoint(options, metrics, readiness);
    log.info({ port, metricsPort: endpoint.port, folder: config.dir }, 'the JWKS server listens');
    await aborted(stopping);
    log.info({ shutdownDelayMs: config.shutdownDelay }, 'stopping; unready from now on');
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

function startEndpoint(
  { clock, config, log }: ServerOptions,
  { registry }: ServerMetrics,
  readiness: () => string | null,
): Promise<HttpEndpoint> {
  const plain = (status: number, text: string) => {
    return { status, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: `${text}\n` };
  };
  const ready: HttpRoute = () => {
    const unreadyBecause = readiness();
    return unreadyBecause === null ? plain(200, 'ok') : plain(503, unreadyBecause);
  };
  const exposition: HttpRoute = async () => {
    const headers = { 'content-type': registry.contentType };
    return { status: 200, headers, body: await registry.metrics() };
  };
  return startHttpEndpoint({
    host: config.host,
    port: config.metricsPort,
    flags: { host: '--host', port: '--metrics-port' },
    clock,
    log,
    limits: OPERATIONAL_LIMITS,
    routes: { '/healthz': () => plain(200, 'ok'), '/readyz': ready, '/metrics': exposition },
  });
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
