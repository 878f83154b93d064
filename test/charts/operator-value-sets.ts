/** Every switch of the operator's chart, on and off, and what each has to bring about. */
import { OPERATOR_CHART } from './helm.ts';
import {
  CLIENT_CA_IN_CONFIG_MAP,
  CLIENT_CA_SHOWN,
  DIGEST,
  EXTRAS,
  EXTRAS_SHOWN,
  METRICS_TLS,
  METRICS_TLS_SHOWN,
  PULL_SECRETS,
  PULL_SECRETS_SHOWN,
  SERVICE_MONITOR,
  type ValueSet,
} from './value-set.ts';

/** By what is tried. `first-namespace` and `second-namespace` are replaced by namespaces that are there. */
export const OPERATOR_VALUE_SETS: Readonly<Record<string, ValueSet>> = {
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
  'operator: metrics by HTTPS': {
    chart: OPERATOR_CHART,
    values: { ...METRICS_TLS, 'networkPolicy.enabled': true },
    apis: [SERVICE_MONITOR],
    has: ['ServiceMonitor', 'NetworkPolicy'],
    hides: ['--metrics-client-ca-file', 'name: http-metrics', 'port: http-metrics'],
    shows: [
      ...METRICS_TLS_SHOWN,
      'serverName: signing-key-operator-metrics.auth.svc',
      '- { port: https-metrics, protocol: TCP }',
    ],
  },
  'operator: metrics for clients of a CA, as Prometheus shows itself': {
    chart: OPERATOR_CHART,
    values: { ...METRICS_TLS, ...CLIENT_CA_IN_CONFIG_MAP, ...EXTRAS },
    apis: [SERVICE_MONITOR],
    shows: [
      ...[...METRICS_TLS_SHOWN, ...CLIENT_CA_SHOWN, ...EXTRAS_SHOWN],
      'configMap: { name: "metrics-clients", optional: true }',
    ],
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
  'operator: what the chart has no value for': {
    chart: OPERATOR_CHART,
    values: EXTRAS,
    shows: ['- --workers=8', ...EXTRAS_SHOWN],
  },
  'operator: Secrets of the registry for all parts of a chart': {
    chart: OPERATOR_CHART,
    values: PULL_SECRETS,
    shows: [PULL_SECRETS_SHOWN],
  },
  'operator: durations at their ends': {
    chart: OPERATOR_CHART,
    values: {
      ...{ drainTimeout: '9m59s1000ms', terminationGracePeriodSeconds: 601 },
      'smokeTest.timeout': '60m',
    },
    shows: ['--drain-timeout=9m59s1000ms', '--timeout=60m'],
  },
};
