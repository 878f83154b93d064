/** The flags of `signing-keys serve`. */
import { LOG_OPTIONS } from '../platform/cli/log-options.ts';
import { METRICS_TLS_OPTIONS } from '../platform/cli/metrics-tls-options.ts';
import {
  choice,
  duration,
  integer,
  optionalInteger,
  optionalText,
  port,
  requiredText,
} from '../platform/cli/option-kinds.ts';
import type { OptionValues } from '../platform/cli/options.ts';

export const SERVE_OPTIONS = {
  dir: requiredText({
    placeholder: '<folder>',
    help: 'the folder where the JWKS ConfigMap is mounted (as a whole, not by subPath)',
  }),
  host: optionalText({
    placeholder: '<address>',
    help: 'the address all ports listen on; without it, all addresses',
  }),
  port: port({ help: 'the port where verifiers fetch the JWKS', default: 8080 }),
  metricsPort: port({ help: 'the port that serves /healthz, /readyz and /metrics', default: 8081 }),
  ...METRICS_TLS_OPTIONS,
  metricsTlsPort: port({
    help: 'the port that serves /metrics by HTTPS, with --metrics-tls-dir',
    default: 8443,
  }),
  pollInterval: duration({
    help: 'how often to read the folder again, in addition to watching it',
    default: 5000,
    minMs: 100,
    maxMs: 60_000,
  }),
  contentType: choice({
    placeholder: '<type>',
    help: 'the media type of the JWKS: application/json or application/jwk-set+json',
    default: 'application/json',
    choices: ['application/json', 'application/jwk-set+json'],
  }),
  maxConnections: integer({
    help: 'the maximum number of open connections on --port; one more closes the longest idle of the address that has the most',
    default: 2048,
    min: 1,
    max: 1_000_000,
  }),
  maxConnectionsPerPeer: optionalInteger({
    help: 'the maximum number of them from one address (IPv6: from one /64); leave it out behind a proxy, whose clients all have its address',
    min: 1,
    max: 1_000_000,
  }),
  shutdownDelay: duration({
    help: 'after SIGTERM, how long to keep answering while /readyz reports not ready, so that traffic moves away',
    default: 5000,
    minMs: 0,
    maxMs: 600_000,
  }),
  ...LOG_OPTIONS,
} as const;

export type ServeConfig = OptionValues<typeof SERVE_OPTIONS>;
