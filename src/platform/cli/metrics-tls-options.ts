/** The flags of every program that serves metrics, for TLS. */
import type { MetricsTls } from '../http/operational-endpoint.ts';
import { optionalText } from './option-kinds.ts';

export const METRICS_TLS_OPTIONS = {
  metricsTlsDir: optionalText({
    placeholder: '<folder>',
    help: 'the folder with tls.crt and tls.key, read again when they change: /metrics is then served by HTTPS only, on a port of its own',
  }),
  metricsClientCaFile: optionalText({
    placeholder: '<file>',
    help: 'certificates of the CA whose clients may read /metrics, read again when they change; without it, everybody may',
  }),
} as const;

/** Flags that contradict each other. The message says what to do. */
export class MetricsTlsError extends Error {
  override readonly name = 'MetricsTlsError';
}

/**
 * @param where the address for HTTPS
 * @returns null if the metrics are to be served without TLS
 * @throws MetricsTlsError
 */
export function metricsTlsOf(
  {
    metricsTlsDir: folder,
    metricsClientCaFile: clientCaFile,
  }: { readonly metricsTlsDir: string | null; readonly metricsClientCaFile: string | null },
  where: Pick<MetricsTls, 'host' | 'port' | 'flags'>,
): MetricsTls | null {
  if (folder !== null) return { ...where, folder, clientCaFile };
  if (clientCaFile === null) return null;
  throw new MetricsTlsError(
    '--metrics-client-ca-file is set and --metrics-tls-dir is not: clients show certificates only to TLS; set both',
  );
}
