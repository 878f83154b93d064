/** Every switch of the charts, on and off, and what each has to bring about. */
import { find, type KubeManifest, OPERATOR_CHART, SERVER_CHART, type Values } from './helm.ts';

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

const DIGEST = `sha256:${'0123456789abcdef'.repeat(4)}`;
export const SERVICE_MONITOR = 'monitoring.coreos.com/v1/ServiceMonitor';
const SERVER = { configMapName: 'payments-jwks' };

/** By what is tried. `first-namespace` and `second-namespace` are replaced by namespaces that are there. */
export const VALUE_SETS: Readonly<Record<string, ValueSet>> = {
  'operator: defaults': {
    chart: OPERATOR_CHART,
    values: {},
    has: ['CustomResourceDefinition', 'ClusterRole', 'ValidatingAdmissionPolicy', 'Service'],
    lacks: ['NetworkPolicy', 'ServiceMonitor'],
  },
  'operator: no CRD': {
    chart: OPERATOR_CHART,
    values: { 'crds.enabled': false },
    lacks: ['CustomResourceDefinition'],
  },
  'operator: some namespaces': {
    chart: OPERATOR_CHART,
    values: {
      watchNamespaces: ['first-namespace', 'second-namespace'],
      'rbac.aggregateRoles': false,
    },
    has: ['Role', 'RoleBinding'],
    lacks: ['ClusterRole', 'ClusterRoleBinding'],
    shows: [
      '--watch-namespaces=first-namespace,second-namespace',
      'values: ["first-namespace","second-namespace"]',
    ],
  },
  'operator: issuers that may be restarted': {
    chart: OPERATOR_CHART,
    values: { 'issuers.restart': true },
    shows: ['resources: [pods]', 'resources: [deployments, statefulsets, daemonsets]'],
  },
  'operator: signers that may be copied': {
    chart: OPERATOR_CHART,
    values: { 'signers.allowCopies': true },
    shows: ['--allow-secret-copies'],
  },
  'operator: issuers that nobody looks at': {
    chart: OPERATOR_CHART,
    values: { 'issuers.check': false },
    shows: ['--check-issuers=false'],
  },
  'operator: one replica, no lease': {
    chart: OPERATOR_CHART,
    values: { replicaCount: 1, 'leaderElection.enabled': false },
    shows: ['type: Recreate'],
  },
  'operator: a lease by name': {
    chart: OPERATOR_CHART,
    values: { 'leaderElection.leaseName': 'mine' },
    shows: ['--lease-name=mine', 'resourceNames: [mine]'],
  },
  'operator: an account and roles of your own': {
    chart: OPERATOR_CHART,
    values: {
      ...{ 'serviceAccount.create': false, 'serviceAccount.name': 'mine' },
      ...{ 'rbac.create': false, 'rbac.aggregateRoles': false, 'smokeTest.enabled': false },
    },
    lacks: ['ServiceAccount', 'ClusterRole', 'Role', 'Pod'],
    shows: ['serviceAccountName: mine', ':mine"'],
  },
  'operator: annotated account': {
    chart: OPERATOR_CHART,
    values: { 'serviceAccount.annotations': { 'example.com/role': 'x' } },
    shows: ['example.com/role: x'],
  },
  'operator: nothing that is not needed': {
    chart: OPERATOR_CHART,
    values: {
      ...{ 'objectProtection.enabled': false, 'metrics.service.enabled': false },
      ...{ 'podDisruptionBudget.enabled': false, 'smokeTest.enabled': false },
      ...{ topologySpreadConstraints: [], 'rbac.aggregateRoles': false },
    },
    lacks: ['ValidatingAdmissionPolicy', 'Service', 'PodDisruptionBudget', 'Pod'],
  },
  'operator: protection that only warns, and a restore account': {
    chart: OPERATOR_CHART,
    values: {
      'objectProtection.validationActions': ['Warn', 'Audit'],
      'objectProtection.restoreAccounts': ['system:serviceaccount:velero:velero', `o'brien "x"`],
    },
    shows: ['"system:serviceaccount:velero:velero"', '["Warn","Audit"]'],
  },
  'operator: network policy': {
    chart: OPERATOR_CHART,
    values: {
      'networkPolicy.enabled': true,
      'networkPolicy.metricsFrom': [{ namespaceSelector: { matchLabels: { a: 'b' } } }],
      'networkPolicy.apiServerPorts': [6443],
      'networkPolicy.apiServerTo': [{ ipBlock: { cidr: '10.0.0.0/8' } }],
    },
    has: ['NetworkPolicy'],
    shows: ['cidr: 10.0.0.0/8'],
  },
  'operator: monitored': {
    chart: OPERATOR_CHART,
    values: {
      ...{ 'metrics.serviceMonitor.enabled': true, 'metrics.serviceMonitor.interval': '30s' },
      ...{ 'metrics.serviceMonitor.scrapeTimeout': '10s', 'metrics.service.port': 9000 },
      ...{ 'metrics.serviceMonitor.labels': { release: 'prometheus' } },
      'metrics.service.annotations': { 'prometheus.io/scrape': 'true' },
    },
    apis: [SERVICE_MONITOR],
    has: ['ServiceMonitor'],
    shows: ['release: prometheus', 'interval: 30s'],
  },
  'operator: monitored, where the cluster does not know how': {
    chart: OPERATOR_CHART,
    values: { 'metrics.serviceMonitor.enabled': true },
    lacks: ['ServiceMonitor'],
  },
  'operator: an image by digest, from a private registry': {
    chart: OPERATOR_CHART,
    values: {
      ...{
        'image.repository': 'localhost:5000/keys',
        'image.tag': '1.2.3',
        'image.digest': DIGEST,
      },
      ...{ 'image.pullPolicy': 'Never', imagePullSecrets: [{ name: 'registry' }] },
    },
    shows: [`image: localhost:5000/keys:1.2.3@${DIGEST}`, 'imagePullPolicy: Never'],
  },
  'operator: where and how Pods run': {
    chart: OPERATOR_CHART,
    values: {
      ...{ replicaCount: 3, workers: 2, drainTimeout: '5s', terminationGracePeriodSeconds: 20 },
      ...{
        'log.level': 'debug',
        'log.format': 'pretty',
        priorityClassName: 'system-cluster-critical',
      },
      nodeSelector: { 'kubernetes.io/os': 'linux' },
      tolerations: [{ key: 'a', operator: 'Exists', effect: 'NoSchedule' }],
      'affinity.podAntiAffinity': {
        requiredDuringSchedulingIgnoredDuringExecution: [
          { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: { a: 'b' } } },
        ],
      },
      topologySpreadConstraints: [
        { maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule', minDomains: 2 },
        {
          ...{ maxSkew: 1, topologyKey: 'rack', whenUnsatisfiable: 'ScheduleAnyway' },
          ...{ labelSelector: {}, matchLabelKeys: [] },
        },
      ],
      extraEnv: [{ name: 'NODE_OPTIONS', value: '--max-old-space-size=128' }],
      resources: { requests: { cpu: '1', memory: '1Gi' }, limits: { cpu: 2, memory: '1Gi' } },
      'probes.readiness.periodSeconds': 1,
      'podDisruptionBudget.maxUnavailable': '50%',
    },
    shows: ['--workers=2', 'minDomains: 2', 'maxUnavailable: 50%', 'kubernetes.io/os: linux'],
  },
  'operator: labels, annotations and names': {
    chart: OPERATOR_CHART,
    values: {
      ...{ nameOverride: 'keys', fullnameOverride: 'signing-keys' },
      ...{ commonLabels: { team: 'auth' }, commonAnnotations: { 'example.com/a': 'b' } },
      ...{ podLabels: { tier: 'x' }, podAnnotations: { 'example.com/c': 'd' } },
    },
    shows: ['name: signing-keys-smoke-test', 'tier: x', 'example.com/c: d'],
  },
  'operator: the longest name': {
    chart: OPERATOR_CHART,
    values: { fullnameOverride: 'n'.repeat(52) },
    shows: [`--name=${'n'.repeat(41)}-smoke-test\n`],
  },
  'operator: durations at their ends': {
    chart: OPERATOR_CHART,
    values: {
      ...{ drainTimeout: '9m59s1000ms', terminationGracePeriodSeconds: 601 },
      'smokeTest.timeout': '60m',
    },
    shows: ['--drain-timeout=9m59s1000ms', '--timeout=60m'],
  },
  'server: defaults': {
    chart: SERVER_CHART,
    values: SERVER,
    has: ['Deployment', 'Service', 'PodDisruptionBudget', 'ServiceAccount'],
    lacks: ['Ingress', 'NetworkPolicy', 'ServiceMonitor', 'Role', 'ClusterRole'],
  },
  'server: one replica has no budget': {
    chart: SERVER_CHART,
    values: { ...SERVER, replicaCount: 1 },
    lacks: ['PodDisruptionBudget'],
  },
  'server: Ingress': {
    chart: SERVER_CHART,
    values: {
      ...SERVER,
      ...{ 'ingress.enabled': true, 'ingress.className': 'nginx' },
      ...{ 'ingress.hosts': ['auth.example.com', '*.auth.example.org'] },
      'ingress.annotations': { 'example.com/a': 'b' },
      'ingress.tls': [{ secretName: 'auth-tls', hosts: ['auth.example.com'] }],
    },
    has: ['Ingress'],
    shows: [
      ...['ingressClassName: nginx', 'host: "*.auth.example.org"', 'secretName: auth-tls'],
      ...['path: "/.well-known/jwks.json"', 'path: "/.well-known/openid-configuration"'],
    ],
  },
  'server: Ingress of an issuer with a path': {
    chart: SERVER_CHART,
    values: {
      ...SERVER,
      ...{ 'ingress.enabled': true, 'ingress.hosts': ['auth.example.com'] },
      'ingress.issuerPath': '/realms/x%20y/a:b,c;d=e',
    },
    has: ['Ingress'],
    // The root may be another issuer's: two of one host have a release each.
    hides: ['path: "/.well-known/'],
    shows: [
      `path: "/realms/x%20y/a:b,c;d=e/.well-known/jwks.json"`,
      `path: "/realms/x%20y/a:b,c;d=e/.well-known/openid-configuration"`,
    ],
  },
  'server: an issuer’s path as it is in an issuer': {
    chart: SERVER_CHART,
    values: {
      ...SERVER,
      ...{ 'ingress.enabled': true, 'ingress.hosts': ['auth.example.com'] },
      'ingress.issuerPath': '/realms/x/',
    },
    shows: ['path: "/realms/x/.well-known/jwks.json"'],
  },
  'server: monitored and shut in': {
    chart: SERVER_CHART,
    values: {
      ...SERVER,
      ...{ 'metrics.serviceMonitor.enabled': true, 'networkPolicy.enabled': true },
      'networkPolicy.from': [{ podSelector: {} }],
      'networkPolicy.metricsFrom': [{ namespaceSelector: {} }],
    },
    apis: [SERVICE_MONITOR],
    has: ['ServiceMonitor', 'NetworkPolicy'],
  },
  'server: nothing that is not needed': {
    chart: SERVER_CHART,
    values: {
      ...SERVER,
      ...{ 'serviceAccount.create': false, 'metrics.service.enabled': false },
      ...{ 'podDisruptionBudget.enabled': false, topologySpreadConstraints: [] },
    },
    lacks: ['ServiceAccount', 'PodDisruptionBudget'],
    shows: ['serviceAccountName: default'],
  },
  'server: all the rest': {
    chart: SERVER_CHART,
    values: {
      ...SERVER,
      ...{ replicaCount: 3, contentType: 'application/jwk-set+json', maxConnections: 1_000_000 },
      maxConnectionsPerPeer: 100,
      ...{ pollInterval: '1s', shutdownDelay: '10s', minReadySeconds: 0, 'log.format': 'pretty' },
      ...{ 'service.type': 'NodePort', 'service.port': 8080, 'image.digest': DIGEST },
      ...{ fullnameOverride: 'keys', commonLabels: { team: 'auth' }, podLabels: { tier: 'x' } },
      ...{ commonAnnotations: { 'example.com/a': 'b' }, podAnnotations: { 'example.com/c': 'd' } },
      ...{ imagePullSecrets: [{ name: 'registry' }], priorityClassName: 'system-node-critical' },
      ...{ nodeSelector: { a: 'b' }, tolerations: [{ operator: 'Exists' }] },
      ...{ extraEnv: [{ name: 'A', value: 'b' }], 'podDisruptionBudget.minAvailable': '50%' },
      'service.annotations': { 'example.com/e': 'f' },
      'affinity.nodeAffinity': { preferredDuringSchedulingIgnoredDuringExecution: [] },
    },
    shows: [
      '--max-connections=1000000',
      '--max-connections-per-peer=100',
      'type: NodePort',
      'minAvailable: 50%',
      `0.1.0@${DIGEST}`,
    ],
  },
};

/** What a set refuses to be, and the words in which it says so. */
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
  [SERVER_CHART, {}, '/configMapName'],
  [SERVER_CHART, { configMap: 'x', ...SERVER }, "'configMap' not allowed"],
  [SERVER_CHART, { ...SERVER, 'ingress.enabled': true }, 'ingress.hosts is empty'],
  // What the API server would refuse of a path, or what no request could ever match.
  ...[
    ...['realms/x', 'https://auth.example.com/x', '//', '/a//b', '/a//', '/./a', '/a/..'],
    ...['/a%2Fb', '/a%zz', '/a b', '/a?b', '/é', '/a\n'],
  ].map((path): readonly [string, Values, string] => [
    SERVER_CHART,
    { ...SERVER, 'ingress.issuerPath': path },
    '/ingress/issuerPath',
  ]),
  [SERVER_CHART, { ...SERVER, contentType: 'text/html' }, '/contentType'],
  [SERVER_CHART, { ...SERVER, pollInterval: '99ms' }, 'from 100ms to 1m'],
  [SERVER_CHART, { ...SERVER, pollInterval: '1m1ms' }, 'from 100ms to 1m'],
  [SERVER_CHART, { ...SERVER, shutdownDelay: '30s' }, 'killed after 30 s'],
];

/** The Pods that a release would run, as objects of their own. */
export function podsOf(objects: readonly KubeManifest[]): readonly KubeManifest[] {
  const deployment = find(objects, 'Deployment');
  const { template } = deployment['spec'] as { template: { metadata: object; spec: object } };
  const { name, namespace } = deployment.metadata;
  const metadata = { ...template.metadata, name: `${name}-pod`, namespace };
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata, spec: template.spec };
  return [pod as KubeManifest, ...objects.filter(({ kind }) => kind === 'Pod')];
}
