/** The flags of `signing-keys operator`. */
import { CLUSTER_OPTIONS } from '../platform/cli/cluster-options.ts';
import { LOG_OPTIONS } from '../platform/cli/log-options.ts';
import { METRICS_TLS_OPTIONS } from '../platform/cli/metrics-tls-options.ts';
import {
  duration,
  hostPort,
  integer,
  optionalText,
  text,
  toggle,
} from '../platform/cli/option-kinds.ts';
import type { OptionValues } from '../platform/cli/options.ts';

export const OPERATOR_OPTIONS = {
  ...CLUSTER_OPTIONS,
  watchNamespaces: optionalText({
    placeholder: '<names>',
    help: 'comma-separated namespaces to work in; without it, all',
  }),
  workers: integer({
    help: 'the maximum number of sets to work on at a time',
    default: 8,
    min: 1,
    max: 64,
  }),
  checkIssuers: toggle({
    help: 'after a switch, check for pods that still hold the old key (needs the right to list pods)',
    default: true,
  }),
  allowSecretCopies: toggle({
    help: 'put labels and annotations on signer Secrets that ask other controllers to copy the private key',
    default: false,
  }),
  listen: hostPort({
    help: 'the address that serves /healthz, /readyz and /metrics',
    default: ':8081',
  }),
  ...METRICS_TLS_OPTIONS,
  metricsTlsListen: hostPort({
    help: 'the address that serves /metrics by HTTPS, with --metrics-tls-dir',
    default: ':8443',
  }),
  leaderElect: toggle({
    help: 'work only while holding a lease; needed with more than one replica',
    default: false,
  }),
  leaseNamespace: optionalText({
    placeholder: '<name>',
    help: "the namespace of the lease; without it, the Pod's or the context's",
  }),
  leaseName: text({
    placeholder: '<name>',
    help: 'the name of the lease',
    default: 'signing-key-operator',
  }),
  drainTimeout: duration({
    help: 'how long running work may take to finish after SIGTERM',
    default: 10_000,
    minMs: 0,
    maxMs: 600_000,
  }),
  ...LOG_OPTIONS,
} as const;

export type OperatorConfig = OptionValues<typeof OPERATOR_OPTIONS>;

/** Without duplicates and blanks. */
export function namespacesOf({
  watchNamespaces,
}: Pick<OperatorConfig, 'watchNamespaces'>): readonly string[] {
  const names = (watchNamespaces ?? '').split(',').map((name) => name.trim());
  return [...new Set(names.filter((name) => name !== ''))];
}
