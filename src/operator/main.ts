/** `signing-keys operator`: flags in, an exit code out. */
import { hostname } from 'node:os';
import { collectDefaultMetrics, Registry } from '@prometheus-io/client';
import { connect } from '../platform/cli/cluster-options.ts';
import { MetricsTlsError, metricsTlsOf } from '../platform/cli/metrics-tls-options.ts';
import { USAGE_EXIT_CODE } from '../platform/cli/options.ts';
import { runProgram } from '../platform/cli/run-program.ts';
import { systemClock } from '../platform/clock.ts';
import { ListenError } from '../platform/http/endpoint.ts';
import { startOperationalEndpoint } from '../platform/http/operational-endpoint.ts';
import { createKeyMaker } from '../platform/keys/key-maker.ts';
import type { KubeTransport } from '../platform/kube/http-transport.ts';
import { KubeConfigError } from '../platform/kubeconfig/config.ts';
import type { Log } from '../platform/log/log.ts';
import { createLog } from '../platform/log/pino-log.ts';
import { systemRandom } from '../platform/random.ts';
import { createOperator, type Operator } from './create-operator.ts';
import { namespacesOf, OPERATOR_OPTIONS, type OperatorConfig } from './flags.ts';

/** The client's default, 100 ms, would wake an operator at rest ten times a second. */
const UTILIZATION_SAMPLE_INTERVAL_MS = 10_000;
/** How long answers that are being written at the end may take. */
const HTTP_GRACE_MS = 1000;
const EXIT_LOST_LEASE = 1;

/** @returns the exit code: 0 after an orderly stop, 1 if the lease was lost, 2 for bad input. */
export function runOperator(argv: readonly string[], stopping: AbortSignal): Promise<number> {
  return runProgram(
    {
      name: 'signing-keys operator',
      help: 'Rotates the signing keys of the SigningKeySets in a cluster.',
      options: OPERATOR_OPTIONS,
      run: (config) => runWith(config, stopping),
      exitCodeOf,
    },
    argv,
  );
}

function exitCodeOf(error: unknown): number | null {
  const mistakes = [KubeConfigError, ListenError, MetricsTlsError];
  return mistakes.some((kind) => error instanceof kind) ? USAGE_EXIT_CODE : null;
}

async function runWith(config: OperatorConfig, stopping: AbortSignal): Promise<number> {
  const { logLevel: level, logFormat: format } = config;
  const metricsTls = metricsTlsOf(config, {
    ...config.metricsTlsListen,
    flags: { host: '--metrics-tls-listen', port: '--metrics-tls-listen' },
  });
  const log = await createLog({ level, format, destination: 'stdout' });
  const transport = connect(config);
  const registry = new Registry();
  collectDefaultMetrics({
    register: registry,
    eventLoopUtilizationTimeout: UTILIZATION_SAMPLE_INTERVAL_MS,
  });
  const operator = assemble(config, transport, registry, log);
  const unreadyBecause = () => {
    if (stopping.aborted) return 'stopping';
    return operator.isReady() ? null : 'the first lists are not in yet';
  };
  const endpoint = await startOperationalEndpoint({
    ...{ ...config.listen, flags: { host: '--listen', port: '--listen' }, metricsTls },
    ...{ clock: systemClock, log, registry, unreadyBecause },
  });
  const { server, source } = transport;
  const { port, metricsTlsPort } = endpoint;
  const ports = { port, ...(metricsTlsPort === null ? {} : { metricsTlsPort }) };
  log.info({ server, source, ...ports }, 'operator started');
  try {
    const end = await operator.run(stopping);
    const reason = end.kind === 'lost' ? { reason: end.reason } : {};
    log.info({ end: end.kind, ...reason }, 'operator ended');
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
    allowSecretCopies: config.allowSecretCopies,
    namespaces: namespacesOf(config),
    election: config.leaderElect ? { namespace, name: config.leaseName } : null,
    drainMs: config.drainTimeout,
  });
}
