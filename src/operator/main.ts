/** `signing-keys operator`: flags in, an exit code out. */
import { hostname } from 'node:os';
import { collectDefaultMetrics, Registry } from '@prometheus-io/client';
import { connect } from '../platform/cli/cluster-options.ts';
import { USAGE_EXIT_CODE } from '../platform/cli/options.ts';
import { runProgram } from '../platform/cli/run-program.ts';
import { systemClock } from '../platform/clock.ts';
import {
  type HttpEndpoint,
  type HttpRoute,
  ListenError,
  OPERATIONAL_LIMITS,
  startHttpEndpoint,
} from '../platform/http/endpoint.ts';
import { createKeyMaker } from '../platform/keys/key-maker.ts';
import { KubeConfigError } from '../platform/kube/config.ts';
import type { KubeTransport } from '../platform/kube/http-transport.ts';
import type { Log } from '../platform/log/log.ts';
import { createLog } from '../platform/log/pino-log.ts';
import { systemRandom } from '../platform/random.ts';
import { namespacesOf, OPERATOR_OPTIONS, type OperatorConfig } from './config.ts';
import { createOperator, type Operator } from './create-operator.ts';

/** Answers under way at the end get so long. */
/** The client's default, 100 ms, would wake an operator at rest ten times a second. */
const UTILIZATION_SAMPLE_INTERVAL_MS = 10_000;
const HTTP_GRACE_MS = 1000;
const EXIT_LOST_LEASE = 1;

/** @returns the exit code: 0 after a stop in order, 1 after the lease was lost, 2 for bad input. */
export function runOperator(argv: readonly string[], stopping: AbortSignal): Promise<number> {
  return runProgram(
    {
      name: 'signing-keys operator',
      help: 'Rotates the signing keys of the SigningKeySets of a cluster.',
      options: OPERATOR_OPTIONS,
      run: (config) => runWith(config, stopping),
      exitCodeOf: (error) =>
        error instanceof KubeConfigError || error instanceof ListenError ? USAGE_EXIT_CODE : null,
    },
    argv,
  );
}

async function runWith(config: OperatorConfig, stopping: AbortSignal): Promise<number> {
  const log = await createLog({
    level: config.logLevel,
    format: config.logFormat,
    destination: 'stdout',
  });
  const transport = connect(config);
  const registry = new Registry();
  collectDefaultMetrics({
    register: registry,
    eventLoopUtilizationTimeout: UTILIZATION_SAMPLE_INTERVAL_MS,
  });
  const operator = assemble(config, transport, registry, log);
  const endpoint = await listen(config, operator, registry, log, stopping);
  log.info(
    { server: transport.server, source: transport.source, port: endpoint.port },
    'operator started',
  );
  try {
    const end = await operator.run(stopping);
    log.info(
      { end: end.kind, ...(end.kind === 'lost' ? { reason: end.reason } : {}) },
      'operator ended',
    );
    return end.kind === 'lost' ? EXIT_LOST_LEASE : 0;
  } finally {
    await endpoint.close(HTTP_GRACE_MS);
    await transport.close();
  }
}

function assemble(
  config: OperatorConfig,
  transport: KubeTransport,
  registry: Registry,
  log: Log,
): Operator {
  const namespace = config.leaseNamespace ?? transport.namespace ?? 'default';
  return createOperator({
    clock: systemClock,
    transport,
    keys: createKeyMaker(),
    random: systemRandom,
    log,
    metrics: registry,
    identity: `${hostname()}_${systemRandom.hex(4)}`,
    workers: config.workers,
    checkIssuers: config.checkIssuers,
    namespaces: namespacesOf(config),
    election: config.leaderElect ? { namespace, name: config.leaseName } : null,
    drainMs: config.drainTimeout,
  });
}

function listen(
  { listen: { host, port } }: OperatorConfig,
  operator: Operator,
  registry: Registry,
  log: Log,
  stopping: AbortSignal,
): Promise<HttpEndpoint> {
  const plain = (status: number, body: string) => {
    return { status, headers: { 'content-type': 'text/plain; charset=utf-8' }, body };
  };
  const ready: HttpRoute = () => {
    if (stopping.aborted) return plain(503, 'stopping\n');
    return operator.isReady() ? plain(200, 'ok\n') : plain(503, 'the first lists are not in yet\n');
  };
  const metrics: HttpRoute = async () => {
    const headers = { 'content-type': registry.contentType };
    return { status: 200, headers, body: await registry.metrics() };
  };
  return startHttpEndpoint({
    host,
    port,
    flags: { host: '--listen', port: '--listen' },
    clock: systemClock,
    log,
    limits: OPERATIONAL_LIMITS,
    routes: { '/healthz': () => plain(200, 'ok\n'), '/readyz': ready, '/metrics': metrics },
  });
}
