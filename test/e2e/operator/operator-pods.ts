/** The operator's two replicas: who leads, and the end of the one that does. */
import { waitFor } from '../../support/wait/wait-for.ts';
import { hand, read } from '../cluster/cluster.ts';
import { OPERATOR_NAMESPACE, RELEASE } from '../install/operator-install.ts';
import { type Pod, podsBy, readyPodsBy } from '../world/pods-control.ts';

const SELECTOR = `app.kubernetes.io/instance=${RELEASE},app.kubernetes.io/component=operator`;
const REPLICAS = 2;
/** The lease lives 15 s from when the new pods first look at it. */
const LED_TIMEOUT_MS = 60_000;
const LEASE = `/apis/coordination.k8s.io/v1/namespaces/${OPERATOR_NAMESPACE}/leases/${RELEASE}`;

interface Lease {
  readonly spec: { readonly holderIdentity?: string; readonly leaseTransitions?: number };
}

/** Waits until both replicas, and no other pods of the operator, are Ready. */
export function operatorReady(): Promise<readonly Pod[]> {
  return readyPodsBy(OPERATOR_NAMESPACE, SELECTOR, REPLICAS);
}

/** Who holds the lease, as the lease says it. */
export async function leaseHolder(): Promise<string> {
  return (await read<Lease>(LEASE))?.spec.holderIdentity ?? '';
}

/** How often another has taken the lease over. */
export async function leaseTransitions(): Promise<number> {
  return (await read<Lease>(LEASE))?.spec.leaseTransitions ?? 0;
}

/**
 * Waits until a pod that is there holds the lease, and returns it. An uninstall takes the roles along
 * with the pods, so that the last leader can't give the lease back, and it has to run out first.
 */
export function leader(): Promise<Pod> {
  return waitFor(
    async () => {
      const [podName] = (await leaseHolder()).split('_');
      const pods = await podsBy(OPERATOR_NAMESPACE, SELECTOR);
      return pods.find(({ metadata }) => metadata.name === podName) ?? null;
    },
    { timeoutMs: LED_TIMEOUT_MS, intervalMs: 100, describe: 'a pod of the operator to lead' },
  );
}

/** Waits until another than this pod, or another life of it, holds the lease. */
export function leaderAfter(before: string, timeoutMs: number): Promise<string> {
  return waitFor(
    async () => {
      const now = await leaseHolder();
      return now !== '' && now !== before && now;
    },
    { timeoutMs, intervalMs: 100, describe: `another than ${before} to lead` },
  );
}

/** Ends the leader's process as a crash does: the container's first process, by SIGKILL. */
export async function killLeader(): Promise<void> {
  const id = (await leader()).status.containerStatuses?.[0]?.containerID;
  if (id === undefined) throw new Error('the leader has no container');
  await hand('killContainer', { id: id.replace('containerd://', '') });
}
