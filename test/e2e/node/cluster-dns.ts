/** The cluster's DNS as a Deployment behind the Service that every pod's resolver asks. */
import { CLUSTER_DOMAIN, DNS_ADDRESS } from './kubelet.ts';

export const COREDNS_IMAGE = 'signing-key-operator.test/coredns:1';
const NAMESPACE = 'kube-system';
const NAME = 'coredns';
/** Not 53: the pod has no capability to bind it. */
const PORT = 1053;
const LABELS = { 'k8s-app': 'kube-dns' };

/** Only the cluster's own names are known: nothing inside may ask the outside. */
const COREFILE = `.:${PORT} {
  errors
  health
  ready
  kubernetes ${CLUSTER_DOMAIN} {
    ttl 5
  }
  cache 5
}
`;

export function clusterDnsObjects(): readonly object[] {
  const metadata = { name: NAME, namespace: NAMESPACE };
  const ports = [
    { name: 'dns', port: 53, targetPort: PORT, protocol: 'UDP' },
    { name: 'dns-tcp', port: 53, targetPort: PORT, protocol: 'TCP' },
  ];
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata },
    ...clusterRole(),
    { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { Corefile: COREFILE } },
    deployment(),
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'kube-dns', namespace: NAMESPACE },
      spec: { selector: LABELS, clusterIP: DNS_ADDRESS, ports },
    },
  ];
}

function clusterRole(): readonly object[] {
  const apiGroup = 'rbac.authorization.k8s.io';
  const apiVersion = `${apiGroup}/v1`;
  const metadata = { name: `system:${NAME}` };
  const verbs = ['list', 'watch'];
  const rules = [
    { apiGroups: [''], resources: ['services', 'namespaces', 'pods'], verbs },
    { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs },
  ];
  const subjects = [{ kind: 'ServiceAccount', name: NAME, namespace: NAMESPACE }];
  const roleRef = { apiGroup, kind: 'ClusterRole', name: metadata.name };
  return [
    { apiVersion, kind: 'ClusterRole', metadata, rules },
    { apiVersion, kind: 'ClusterRoleBinding', metadata, subjects, roleRef },
  ];
}

function deployment(): object {
  const container = {
    name: NAME,
    image: COREDNS_IMAGE,
    imagePullPolicy: 'Never',
    args: ['-conf', '/etc/coredns/Corefile'],
    ports: [
      { name: 'dns', containerPort: PORT, protocol: 'UDP' },
      { name: 'dns-tcp', containerPort: PORT, protocol: 'TCP' },
    ],
    readinessProbe: { httpGet: { path: '/ready', port: 8181 }, periodSeconds: 1 },
    securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
    volumeMounts: [{ name: 'config', mountPath: '/etc/coredns' }],
  };
  const spec = {
    serviceAccountName: NAME,
    securityContext: { runAsNonRoot: true, runAsUser: 65532 },
    // Its own names need no resolver, and it must not ask itself.
    dnsPolicy: 'Default',
    containers: [container],
    volumes: [{ name: 'config', configMap: { name: NAME } }],
  };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: NAME, namespace: NAMESPACE },
    spec: {
      replicas: 1,
      selector: { matchLabels: LABELS },
      template: { metadata: { labels: LABELS }, spec },
    },
  };
}
