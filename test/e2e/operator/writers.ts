/** Who wrote to the objects of a set, from the audit log of the project's own node. */
import { type AuditEvent, auditWrites } from '../../cluster/control-plane/audit-log.ts';
import { e2eCluster } from '../cluster/cluster.ts';

const WRITTEN = 300;

/**
 * The operator's pods in the order in which their writes took effect in a namespace, each once
 * until another has written. Null on a cluster whose audit log is not ours to read.
 */
export function writersIn(namespace: string, operatorNamespace: string): readonly string[] | null {
  const { auditLogPath } = e2eCluster();
  if (auditLogPath === null) return null;
  const prefix = `system:serviceaccount:${operatorNamespace}:`;
  const writes = auditWrites(auditLogPath, { namespace }).filter(
    ({ user, responseStatus, resource }) =>
      user.startsWith(prefix) && responseStatus < WRITTEN && resource !== 'events',
  );
  return writes.map(podOf).filter((pod, index, pods) => pod !== pods[index - 1]);
}

function podOf({ pod, verb, resource }: AuditEvent): string {
  if (pod === null) throw new Error(`a ${verb} of ${resource} came from no pod`);
  return pod;
}
