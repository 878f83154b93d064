import { OPERATOR_CHART, SERVER_CHART, type Values } from './helm.ts';
import { CLIENT_CA_IN_CONFIG_MAP, METRICS_TLS, SERVER } from './value-set.ts';

/** Values that a chart refuses, and the words in which it says so. */
export const REFUSED: readonly (readonly [string, Values, string])[] = [
  [OPERATOR_CHART, { replicaCounts: 2 }, "'replicaCounts' not allowed"],
  [OPERATOR_CHART, { replicaCount: 0 }, '/replicaCount'],
  [OPERATOR_CHART, { replicaCount: '2' }, '/replicaCount'],
  [OPERATOR_CHART, { 'image.tags': 'x' }, "'tags' not allowed"],
  [OPERATOR_CHART, { 'image.digest': 'sha256:abc' }, '/image/digest'],
  [OPERATOR_CHART, { 'log.level': 'loud' }, '/log/level'],
  [OPERATOR_CHART, { drainTimeout: '1d' }, '/drainTimeout'],
  [OPERATOR_CHART, { watchNamespaces: 'a,b' }, '/watchNamespaces'],
  [OPERATOR_CHART, { 'probes.readiness.period': 1 }, "'period' not allowed"],
  [OPERATOR_CHART, { 'resources.limit': {} }, "'limit' not allowed"],
  [OPERATOR_CHART, { 'objectProtection.validationActions': ['deny'] }, '/validationActions'],
  [
    OPERATOR_CHART,
    { 'objectProtection.validationActions': ['Warn', 'Deny'] },
    '/validationActions',
  ],
  [OPERATOR_CHART, { 'leaderElection.enabled': false }, 'set replicaCount to 1'],
  [OPERATOR_CHART, { 'issuers.restart': true, 'issuers.check': false }, 'issuers.check is false'],
  [OPERATOR_CHART, { drainTimeout: '11m', terminationGracePeriodSeconds: 900 }, 'from 0s to 10m'],
  [OPERATOR_CHART, { drainTimeout: '29s1000ms' }, 'killed after 30 s'],
  [OPERATOR_CHART, { 'smokeTest.timeout': '999ms' }, 'from 1s to 1h'],
  [
    OPERATOR_CHART,
    { 'metrics.serviceMonitor.enabled': true, 'metrics.service.enabled': false },
    'Enable both',
  ],
  [OPERATOR_CHART, { extraArgs: ['workers=1'] }, '/extraArgs'],
  [OPERATOR_CHART, { extraVolumeMounts: [{ name: 'x' }] }, '/extraVolumeMounts'],
  [OPERATOR_CHART, { 'global.imagePullSecrets': 'x' }, '/global/imagePullSecrets'],
  ...[
    [{ 'metrics.tls.enabled': true }, 'metrics.tls.secretName is empty'],
    [
      { ...METRICS_TLS, ...CLIENT_CA_IN_CONFIG_MAP, 'metrics.tls.clientCA.secretName': 'x' },
      'set one of them',
    ],
    [{ 'metrics.tls.clientCA.secretName': 'x' }, 'metrics.tls.enabled is false'],
    [{ 'metrics.serviceMonitor.tlsConfig': { serverName: 'x' } }, 'metrics.tls.enabled is false'],
    [{ 'metrics.tls.clientCA.key': '' }, '/metrics/tls/clientCA/key'],
  ].flatMap(([values, words]): (readonly [string, Values, string])[] => [
    [OPERATOR_CHART, values as Values, words as string],
    [SERVER_CHART, { ...SERVER, ...(values as Values) }, words as string],
  ]),
  [SERVER_CHART, {}, '/configMapName'],
  [SERVER_CHART, { configMap: 'x', ...SERVER }, "'configMap' not allowed"],
  [SERVER_CHART, { ...SERVER, 'ingress.enabled': true }, 'ingress.hosts is empty'],
  [SERVER_CHART, { ...SERVER, 'httpRoute.enabled': true }, 'httpRoute.parentRefs is empty'],
  [SERVER_CHART, { ...SERVER, 'httpRoute.parentRefs': [{ nam: 'x' }] }, '/httpRoute/parentRefs'],
  [
    SERVER_CHART,
    { ...SERVER, 'autoscaling.enabled': true, 'autoscaling.minReplicas': 11 },
    'is more than autoscaling.maxReplicas',
  ],
  [
    SERVER_CHART,
    { ...SERVER, 'autoscaling.enabled': true, 'autoscaling.targetCPUUtilizationPercentage': 0 },
    'nothing to scale by',
  ],
  [
    SERVER_CHART,
    { ...SERVER, 'autoscaling.enabled': true, 'resources.requests': { cpu: null } },
    'resources.requests.cpu',
  ],
  [SERVER_CHART, { ...SERVER, 'autoscaling.maxReplica': 3 }, "'maxReplica' not allowed"],
  // What the API server would refuse of a path, or what no request could ever match.
  ...[
    ...['realms/x', 'https://auth.example.com/x', '//', '/a//b', '/a//', '/./a', '/a/..'],
    ...['/a%2Fb', '/a%zz', '/a b', '/a?b', '/é', '/a\n'],
  ].map((path): readonly [string, Values, string] => [
    SERVER_CHART,
    { ...SERVER, issuerPath: path },
    '/issuerPath',
  ]),
  [SERVER_CHART, { ...SERVER, contentType: 'text/html' }, '/contentType'],
  [SERVER_CHART, { ...SERVER, pollInterval: '99ms' }, 'from 100ms to 1m'],
  [SERVER_CHART, { ...SERVER, pollInterval: '1m1ms' }, 'from 100ms to 1m'],
  [SERVER_CHART, { ...SERVER, shutdownDelay: '30s' }, 'killed after 30 s'],
];
