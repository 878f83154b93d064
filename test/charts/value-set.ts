/** What a try of a chart's values says of them, and values that several tries share. */
import type { Values } from './helm.ts';

export interface ValueSet {
  readonly chart: string;
  readonly values: Values;
  /** Kinds that the cluster is said to know in addition to its own. */
  readonly apis?: readonly string[];
  /** Kinds that must be rendered, and kinds that must not. */
  readonly has?: readonly string[];
  readonly lacks?: readonly string[];
  /** Texts that the rendered manifests must contain. */
  readonly shows?: readonly string[];
  /** And texts that must not. */
  readonly hides?: readonly string[];
}

export const DIGEST = `sha256:${'0123456789abcdef'.repeat(4)}`;
export const SERVICE_MONITOR = 'monitoring.coreos.com/v1/ServiceMonitor';
export const SERVER = { configMapName: 'payments-jwks' };

/** By the names that cert-manager's and External Secrets' charts have for them. */
export const EXTRAS: Values = {
  ...{ extraArgs: ['--log-level=debug'], extraEnv: [{ name: 'TZ', value: 'UTC' }] },
  extraVolumes: [{ name: 'more', emptyDir: {} }],
  extraVolumeMounts: [{ name: 'more', mountPath: '/more' }],
  deploymentAnnotations: { 'example.com/reload': 'true' },
  revisionHistoryLimit: 1,
};
export const EXTRAS_SHOWN = [
  ...['- --log-level=debug', 'name: TZ', 'emptyDir: {}', 'mountPath: /more'],
  ...['example.com/reload: "true"', 'revisionHistoryLimit: 1'],
];
export const METRICS_TLS: Values = {
  ...{ 'metrics.tls.enabled': true, 'metrics.tls.secretName': 'metrics-tls' },
  'metrics.serviceMonitor.enabled': true,
};
export const METRICS_TLS_SHOWN = [
  ...['--metrics-tls-dir=/var/run/metrics-tls', '--metrics-tls-listen=:8443', 'scheme: https'],
  ...['containerPort: 8443', 'port: https-metrics', 'targetPort: https-metrics'],
  // Without it the Pod would wait for a certificate, and no key would be rotated.
  'secret: { secretName: "metrics-tls", optional: true }',
  // A kubelet has no certificate.
  ...['path: /healthz, port: http-probes', 'path: /readyz, port: http-probes'],
];
export const CLIENT_CA_IN_CONFIG_MAP: Values = {
  'metrics.tls.clientCA.configMapName': 'metrics-clients',
  'metrics.tls.clientCA.key': 'bundle.pem',
  'metrics.serviceMonitor.tlsConfig': {
    ca: { secret: { name: 'metrics-tls', key: 'ca.crt' } },
    cert: { secret: { name: 'prometheus', key: 'tls.crt' } },
    keySecret: { name: 'prometheus', key: 'tls.key' },
  },
};
export const CLIENT_CA_SHOWN = [
  ...['--metrics-client-ca-file=/var/run/metrics-client-ca/', 'keySecret:', 'key: ca.crt'],
];
export const PULL_SECRETS: Values = {
  'global.imagePullSecrets': [{ name: 'of-all' }, 'by-name', { name: 'own' }],
  imagePullSecrets: [{ name: 'own' }],
};
export const PULL_SECRETS_SHOWN = `
      imagePullSecrets:
        - name: own
        - name: of-all
        - name: by-name
`;
