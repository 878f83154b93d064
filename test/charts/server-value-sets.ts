/** Every switch of the JWKS server's chart, on and off, and what each has to bring about. */
import { SERVER_CHART } from './helm.ts';
import {
  CLIENT_CA_SHOWN,
  DIGEST,
  EXTRAS,
  EXTRAS_SHOWN,
  METRICS_TLS,
  METRICS_TLS_SHOWN,
  PULL_SECRETS,
  PULL_SECRETS_SHOWN,
  SERVER,
  SERVICE_MONITOR,
  type ValueSet,
} from './value-set.ts';

/** By what is tried. */
export const SERVER_VALUE_SETS: Readonly<Record<string, ValueSet>> = {
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
      issuerPath: '/realms/x%20y/a:b,c;d=e',
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
      issuerPath: '/realms/x/',
    },
    shows: ['path: "/realms/x/.well-known/jwks.json"'],
  },
  'server: HTTPRoute': {
    chart: SERVER_CHART,
    values: {
      ...SERVER,
      'httpRoute.enabled': true,
      'httpRoute.parentRefs': [{ name: 'public', namespace: 'gateways', sectionName: 'https' }],
      'httpRoute.hostnames': ['auth.example.com', '*.auth.example.org'],
      'httpRoute.annotations': { 'example.com/a': 'b' },
    },
    has: ['HTTPRoute'],
    lacks: ['Ingress'],
    shows: [
      ...['apiVersion: gateway.networking.k8s.io/v1\n', 'sectionName: https', '- auth.example.com'],
      ...['example.com/a: b', 'value: "/.well-known/jwks.json"'],
      'value: "/.well-known/openid-configuration"',
    ],
  },
  'server: HTTPRoute beside an Ingress, of an issuer with a path': {
    chart: SERVER_CHART,
    values: {
      ...SERVER,
      ...{ 'httpRoute.enabled': true, 'httpRoute.parentRefs': [{ name: 'public' }] },
      ...{ 'ingress.enabled': true, 'ingress.hosts': ['auth.example.com'] },
      issuerPath: '/realms/x%20y/a:b,c;d=e/',
    },
    has: ['HTTPRoute', 'Ingress'],
    hides: ['"/.well-known/', 'hostnames:'],
    shows: [
      ...['path', 'value'].flatMap((field) => [
        `${field}: "/realms/x%20y/a:b,c;d=e/.well-known/jwks.json"`,
        `${field}: "/realms/x%20y/a:b,c;d=e/.well-known/openid-configuration"`,
      ]),
    ],
  },
  'server: autoscaled': {
    chart: SERVER_CHART,
    values: { ...SERVER, 'autoscaling.enabled': true },
    has: ['HorizontalPodAutoscaler', 'PodDisruptionBudget'],
    // Each upgrade would take the autoscaler's number back.
    hides: ['\n  replicas:'],
    shows: ['minReplicas: 2', 'maxReplicas: 10', 'averageUtilization: 80'],
  },
  'server: autoscaled from one Pod on, by all that there is': {
    chart: SERVER_CHART,
    values: {
      ...SERVER,
      ...{ 'autoscaling.enabled': true, 'autoscaling.minReplicas': 1 },
      ...{ 'autoscaling.targetCPUUtilizationPercentage': 0, 'autoscaling.maxReplicas': 3 },
      'autoscaling.targetMemoryUtilizationPercentage': 70,
      'autoscaling.metrics': [
        {
          type: 'Pods',
          pods: { metric: { name: 'rps' }, target: { type: 'AverageValue', averageValue: '500' } },
        },
      ],
      'autoscaling.behavior': { scaleDown: { stabilizationWindowSeconds: 600 } },
      'autoscaling.annotations': { 'example.com/a': 'b' },
    },
    has: ['HorizontalPodAutoscaler'],
    lacks: ['PodDisruptionBudget'],
    hides: ['name: cpu'],
    shows: ['name: memory', 'name: rps', 'stabilizationWindowSeconds: 600', 'example.com/a: b'],
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
  'server: metrics by HTTPS for clients of a CA': {
    chart: SERVER_CHART,
    values: {
      ...{ ...SERVER, ...METRICS_TLS, 'networkPolicy.enabled': true },
      ...{ 'metrics.tls.clientCA.secretName': 'clients', 'metrics.tls.clientCA.key': 'ca.crt' },
      'metrics.serviceMonitor.tlsConfig': { insecureSkipVerify: true, serverName: 'x' },
    },
    apis: [SERVICE_MONITOR],
    has: ['ServiceMonitor', 'NetworkPolicy'],
    hides: ['port: http-metrics', 'serverName: payments'],
    shows: [
      ...METRICS_TLS_SHOWN.map((text) => text.replace('listen=:', 'port=')),
      ...CLIENT_CA_SHOWN.filter((text) => text.startsWith('--')),
      ...['secret: { secretName: "clients", optional: true }', 'insecureSkipVerify: true'],
    ],
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
  'server: what the chart has no value for': {
    chart: SERVER_CHART,
    values: { ...SERVER, ...EXTRAS },
    shows: ['mountPath: /var/run/jwks, readOnly: true', ...EXTRAS_SHOWN],
  },
  'server: Secrets of the registry for all parts of a chart': {
    chart: SERVER_CHART,
    values: { ...SERVER, ...PULL_SECRETS },
    shows: [PULL_SECRETS_SHOWN],
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
