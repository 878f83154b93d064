/** Pods and workloads on an API server without a node: the test plays the controllers and the kubelet. */
import type { Workload } from '../../../src/core/formats/spec.ts';
import { request } from '../shared-control-plane.ts';

const SECRET = 'payments-signer';
const MERGE = 'application/merge-patch+json';

const PLURALS: Readonly<Record<Workload['kind'], string>> = {
  Deployment: 'deployments',
  StatefulSet: 'statefulsets',
  DaemonSet: 'daemonsets',
};

const MANNERS = {
  env: {
    container: {
      env: [{ name: 'KEY', valueFrom: { secretKeyRef: { name: SECRET, key: 'private.pem' } } }],
    },
    pod: {},
  },
  subPath: {
    container: { volumeMounts: [{ name: 'key', mountPath: '/k', subPath: 'private.pem' }] },
    pod: { volumes: [{ name: 'key', secret: { secretName: SECRET } }] },
  },
  volume: {
    container: { volumeMounts: [{ name: 'key', mountPath: '/k' }] },
    pod: { volumes: [{ name: 'key', secret: { secretName: SECRET } }] },
  },
} as const;

export interface PodOptions {
  readonly manner: keyof typeof MANNERS;
  /** What made it. */
  readonly of?: Workload;
  /** Given to a node, whose kubelet says that it runs. */
  readonly isBound?: boolean;
}

/** One workload of each kind that the operator can restart. */
export const ONE_OF_EACH = [
  { kind: 'Deployment', name: 'api' },
  { kind: 'StatefulSet', name: 'ledger' },
  { kind: 'DaemonSet', name: 'agent' },
] as const satisfies readonly Workload[];

export function issuersIn(namespace: string) {
  const pods = `/api/v1/namespaces/${namespace}/pods`;
  const apps = (kind: Workload['kind']) => `/apis/apps/v1/namespaces/${namespace}/${PLURALS[kind]}`;
  const must = async (call: Parameters<typeof request>[0]): Promise<unknown> => {
    const { status, body } = await request(call);
    if (status >= 300) throw new Error(`${call.method} ${call.path}: ${JSON.stringify(body)}`);
    return body;
  };
  const setStatus = (path: string, status: object) =>
    must({ method: 'PATCH', path: `${path}/status`, contentType: MERGE, body: { status } });
  return {
    startPod: async (name: string, { manner, of, isBound = true }: PodOptions): Promise<void> => {
      const { container, pod } = MANNERS[manner];
      const startTime = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
      await must({
        method: 'POST',
        path: pods,
        body: {
          apiVersion: 'v1',
          kind: 'Pod',
          metadata: { name, ...(of === undefined ? {} : madeBy(of)) },
          spec: {
            ...(isBound ? { nodeName: 'node-1' } : {}),
            containers: [{ name: 'issuer', image: 'issuer', ...container }],
            ...pod,
          },
        },
      });
      if (isBound) await setStatus(`${pods}/${name}`, { phase: 'Running', startTime });
    },
    endPod: (name: string): Promise<unknown> =>
      must({ method: 'DELETE', path: `${pods}/${name}?gracePeriodSeconds=0` }),
    /** One that has rolled out as soon as it is changed, and has no pods but those of the test. */
    makeWorkload: async ({ kind, name }: Workload): Promise<void> => {
      const labels = { app: name };
      const template = {
        metadata: { labels },
        spec: { containers: [{ name: 'issuer', image: 'issuer' }] },
      };
      const scaled = kind === 'DaemonSet' ? {} : { replicas: 0 };
      const named = kind === 'StatefulSet' ? { serviceName: name } : {};
      const spec = { selector: { matchLabels: labels }, template, ...scaled, ...named };
      await must({
        method: 'POST',
        path: apps(kind),
        body: { apiVersion: 'apps/v1', kind, metadata: { name }, spec },
      });
      const numbers = {
        ...{ desiredNumberScheduled: 0, currentNumberScheduled: 0 },
        ...{ numberMisscheduled: 0, numberReady: 0 },
      };
      const counts = kind === 'DaemonSet' ? numbers : { replicas: 0 };
      await setStatus(`${apps(kind)}/${name}`, { observedGeneration: 99, ...counts });
    },
    /** The operator's own mark on the pod template. */
    markOf: async ({ kind, name }: Workload): Promise<string | undefined> => {
      const found = (await must({ method: 'GET', path: `${apps(kind)}/${name}` })) as {
        spec: { template: { metadata: { annotations?: Record<string, string> } } };
      };
      return found.spec.template.metadata.annotations?.['signingkeys.dev/restarted-for'];
    },
  };
}

function madeBy({ kind, name }: Workload) {
  const [owner, labels] =
    kind === 'Deployment'
      ? [{ kind: 'ReplicaSet', name: `${name}-abc` }, { 'pod-template-hash': 'abc' }]
      : [{ kind, name }, {}];
  const reference = { apiVersion: 'apps/v1', uid: `uid-of-${name}`, controller: true, ...owner };
  return { labels, ownerReferences: [reference] };
}
