/** The operator on the cluster, by plain manifests: two replicas that elect a leader. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { waitFor } from '../support/wait-for.ts';
import { apply, hand, read } from './cluster.ts';
import { deployment } from './pod-specs.ts';
import { type Pod, podsOf, readyPods } from './pods-control.ts';

const SECURITY = fileURLToPath(new URL('../../SECURITY.md', import.meta.url));
const RBAC = 'rbac.authorization.k8s.io';
const NAME = 'signing-key-operator';
const OPERATIONS_PORT = 8081;
const REPLICAS = 2;

export interface OperatorInstall {
  /** Waits until both replicas are Ready. */
  ready(): Promise<readonly Pod[]>;
  /** The pod whose name the lease has; null while nobody holds it. */
  leader(): Promise<Pod | null>;
  /** Waits until another than this pod, or another life of it, holds the lease. */
  leaderAfter(before: string, timeoutMs: number): Promise<string>;
  /** Who holds the lease, as the lease says it. */
  holder(): Promise<string>;
  /** How often another has taken the lease over. */
  transitions(): Promise<number>;
  /** Ends the leader's process as a crash does: the container's first process, by SIGKILL. */
  killLeader(): Promise<void>;
}

/** Installs it into a namespace of its own, to work in one other. */
export async function installOperator(
  namespace: string,
  worksIn: string,
): Promise<OperatorInstall> {
  await apply(
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: NAME, namespace } },
    ...roleIn(worksIn, namespace, NAME, documentedRules()),
    ...(worksIn === namespace ? [] : roleIn(namespace, namespace, `${NAME}-lease`, leaseRules())),
    deployment(namespace, NAME, REPLICAS, {
      serviceAccount: NAME,
      containers: [
        {
          name: 'operator',
          image: 'program',
          args: ['operator', '--leader-elect', '--watch-namespaces', worksIn],
          ports: { operations: OPERATIONS_PORT },
          readiness: { path: '/readyz', port: OPERATIONS_PORT },
        },
      ],
    }),
  );
  return operatorIn(namespace);
}

interface Lease {
  readonly spec: { readonly holderIdentity?: string; readonly leaseTransitions?: number };
}

function operatorIn(namespace: string): OperatorInstall {
  const lease = () =>
    read<Lease>(`/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases/${NAME}`);
  const holder = async () => (await lease())?.spec.holderIdentity ?? '';
  const leader = async () => {
    const [podName] = (await holder()).split('_');
    return (
      (await podsOf(namespace, NAME)).find(({ metadata }) => metadata.name === podName) ?? null
    );
  };
  return {
    ready: () => readyPods(namespace, NAME, REPLICAS),
    leader,
    holder,
    transitions: async () => (await lease())?.spec.leaseTransitions ?? 0,
    leaderAfter: (before, timeoutMs) =>
      waitFor(
        async () => {
          const now = await holder();
          return now !== '' && now !== before && now;
        },
        { timeoutMs, intervalMs: 100, describe: `another than ${before} to lead` },
      ),
    killLeader: async () => {
      const id = containerId(await leader());
      await hand('killContainer', { id });
    },
  };
}

function containerId(pod: Pod | null): string {
  const id = pod?.status.containerStatuses?.[0]?.containerID;
  if (id === undefined) throw new Error('nobody leads');
  return id.replace('containerd://', '');
}

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

/** What users give it: the ClusterRole in SECURITY.md. */
function documentedRules(): readonly Rule[] {
  const block = /```yaml\n([\s\S]*?)```/.exec(readFileSync(SECURITY, 'utf8'))?.[1] ?? '';
  return (parse(block) as { rules: readonly Rule[] }).rules;
}

function leaseRules(): readonly Rule[] {
  return documentedRules().filter(({ resources }) => resources.includes('leases'));
}

/** A role in one namespace for the account in another. */
function roleIn(
  namespace: string,
  accountNamespace: string,
  name: string,
  rules: readonly Rule[],
): readonly object[] {
  const apiVersion = `${RBAC}/v1`;
  const metadata = { name, namespace };
  const subjects = [{ kind: 'ServiceAccount', name: NAME, namespace: accountNamespace }];
  const roleRef = { apiGroup: RBAC, kind: 'Role', name };
  return [
    { apiVersion, kind: 'Role', metadata, rules },
    { apiVersion, kind: 'RoleBinding', metadata, subjects, roleRef },
  ];
}
