/** `/healthz`, `/readyz` and `/metrics` of a program: for kubelets and Prometheus. */
import { TlsFiles } from '../tls/tls-files.ts';
import {
  type HttpAnswer,
  type HttpEndpoint,
  type HttpEndpointOptions,
  type HttpRoute,
  OPERATIONAL_LIMITS,
  startHttpEndpoint,
} from './endpoint.ts';
import { type HttpsEndpoint, startHttpsEndpoint } from './https-endpoint.ts';

/** Where the metrics are served by HTTPS, and with which files. */
export interface MetricsTls extends Pick<HttpEndpointOptions, 'host' | 'port' | 'flags'> {
  /** The folder with `tls.crt` and `tls.key`. */
  readonly folder: string;
  /** The file with the authorities of clients. Null: everybody may read the metrics. */
  readonly clientCaFile: string | null;
}

export interface OperationalEndpointOptions
  extends Pick<HttpEndpointOptions, 'host' | 'port' | 'flags' | 'clock' | 'log'> {
  readonly registry: { readonly contentType: string; metrics(): Promise<string> };
  /** Why the program is not ready, in a few words; null while it is. */
  readonly unreadyBecause: () => string | null;
  /** Null: the metrics are on the port of the probes, without TLS. */
  readonly metricsTls: MetricsTls | null;
  /** How often the files of TLS are read. */
  readonly tlsPollIntervalMs?: number;
}

export interface OperationalEndpoint extends HttpEndpoint {
  /** Of the metrics by HTTPS. Null: they are on the same port as the probes. */
  readonly metricsTlsPort: number | null;
}

/** A kubelet takes longer to bring a renewed certificate into the mount. */
const TLS_POLL_INTERVAL_MS = 10_000;

/**
 * A kubelet has no certificate for a probe, and a bad certificate of the metrics must not end a program.
 * So the probes stay on a port of their own if the metrics have TLS.
 * @throws ListenError
 */
export async function startOperationalEndpoint(
  options: OperationalEndpointOptions,
): Promise<OperationalEndpoint> {
  const { metricsTls, unreadyBecause } = options;
  const metrics = metricsRoute(options);
  const probes = await startHttpEndpoint({
    ...options,
    limits: OPERATIONAL_LIMITS,
    routes: {
      '/healthz': () => plain(200, 'ok'),
      '/readyz': () => {
        const why = unreadyBecause();
        return why === null ? plain(200, 'ok') : plain(503, why);
      },
      '/metrics':
        metricsTls === null ? metrics : () => plain(404, 'the metrics are served by HTTPS'),
    },
  });
  if (metricsTls === null) return { ...probes, metricsTlsPort: null };
  try {
    const secure = await startMetricsTls(options, metricsTls, metrics);
    return {
      port: probes.port,
      metricsTlsPort: secure.port,
      async close(graceMs) {
        await Promise.all([probes.close(graceMs), secure.close(graceMs)]);
      },
    };
  } catch (error) {
    await probes.close(0);
    throw error;
  }
}

function metricsRoute({ registry }: OperationalEndpointOptions): HttpRoute {
  let rendering: Promise<string> | null = null;
  // Rendered once for all who ask meanwhile: it takes time, and each text may be large.
  const render = () => {
    rendering ??= registry.metrics().finally(() => {
      rendering = null;
    });
    return rendering;
  };
  return async () => {
    const headers = { 'content-type': registry.contentType };
    return { status: 200, headers, body: await render() };
  };
}

async function startMetricsTls(
  options: OperationalEndpointOptions,
  { folder, clientCaFile, ...where }: MetricsTls,
  metrics: HttpRoute,
): Promise<HttpEndpoint> {
  const { clock, log, tlsPollIntervalMs = TLS_POLL_INTERVAL_MS } = options;
  const asksForCertificate = clientCaFile !== null;
  const endpoint: HttpsEndpoint = await startHttpsEndpoint({
    ...{ ...where, clock, log, asksForCertificate, limits: OPERATIONAL_LIMITS },
    routes: {
      '/metrics': (question) => {
        const problem = asksForCertificate ? question.certificateProblem : null;
        return problem === null ? metrics(question) : plain(403, refusalOf(problem));
      },
    },
  });
  const files = new TlsFiles({
    ...{ folder, clientCaFile, clock, log, pollIntervalMs: tlsPollIntervalMs },
    onContext: endpoint.useContext,
  });
  await files.read();
  const stopped = new AbortController();
  const watching = files.run(stopped.signal);
  return {
    port: endpoint.port,
    async close(graceMs) {
      stopped.abort();
      await Promise.all([endpoint.close(graceMs), watching]);
    },
  };
}

function refusalOf(problem: string): string {
  return problem === 'none'
    ? 'CLIENT_CERTIFICATE_REQUIRED: show a certificate that the CA of the metrics’ clients has signed'
    : `CLIENT_CERTIFICATE_REFUSED (${problem}): show one that the CA of the metrics’ clients has signed`;
}

function plain(status: number, text: string): HttpAnswer {
  return { status, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: `${text}\n` };
}
