/** Deployments, StatefulSets and DaemonSets that the operator may have to restart: how far each is. */
import { ANNOTATION } from '../../core/formats/names.ts';
import type { Workload } from '../../core/formats/spec.ts';
import type { ObservedWorkload, RollOut } from '../../core/reading/model.ts';
import type { Answer, KubeClient } from '../../platform/kube/client.ts';
import { KubeApiError } from '../../platform/kube/errors.ts';
import type { KubeObject, Resource } from '../../platform/kube/resource.ts';
import type { Log } from '../../platform/log/log.ts';
import { type Fields, fieldsOf, numberOf } from './fields.ts';

const apps = (plural: string): Resource => ({
  group: 'apps',
  version: 'v1',
  plural,
  namespaced: true,
});

export const WORKLOADS: Readonly<Record<Workload['kind'], Resource>> = {
  Deployment: apps('deployments'),
  StatefulSet: apps('statefulsets'),
  DaemonSet: apps('daemonsets'),
};

interface ReadWorkload {
  readonly workload: ObservedWorkload;
  readonly answers: readonly Pick<Answer, 'dateMs'>[];
}

export async function readWorkload(
  client: KubeClient,
  namespace: string,
  { kind, name }: Workload,
  signal: AbortSignal,
): Promise<ReadWorkload | null> {
  const answer = await client.get(WORKLOADS[kind], { namespace, name }, { signal });
  return { workload: foundWorkload({ kind, name }, answer.object), answers: [answer] };
}

/** @returns null if reading it may succeed next time. */
export function unreadWorkload(
  log: Log,
  namespace: string,
  { kind, name }: Workload,
  error: unknown,
): ReadWorkload | null {
  const problem = error instanceof KubeApiError ? error.kind : null;
  if (problem === 'not-found') return { workload: { kind, name, state: 'Missing' }, answers: [] };
  if (problem === 'forbidden') return { workload: { kind, name, state: 'Forbidden' }, answers: [] };
  log.warn({ namespace, workload: `${kind} ${name}`, err: error }, 'a workload could not be read');
  return null;
}

export function foundWorkload(workload: Workload, object: KubeObject): ObservedWorkload {
  const template = fieldsOf(fieldsOf(object['spec'])['template']);
  const mark = fieldsOf(fieldsOf(template['metadata'])['annotations'])[ANNOTATION.restartedFor];
  return {
    ...workload,
    state: 'Found',
    uid: object.metadata.uid ?? '',
    resourceVersion: object.metadata.resourceVersion ?? '',
    restartedFor: typeof mark === 'string' ? mark : null,
    rollOut: rollOutOf(workload, object),
    managedFields: object.metadata['managedFields'],
  };
}

function rollOutOf({ kind }: Workload, object: KubeObject): RollOut {
  const [spec, status] = [fieldsOf(object['spec']), fieldsOf(object['status'])];
  const isObserved = numberOf(status['observedGeneration'], 0) >= (object.metadata.generation ?? 0);
  const [wanted, updated, available] =
    kind === 'DaemonSet'
      ? [
          numberOf(status['desiredNumberScheduled'], 0),
          numberOf(status['updatedNumberScheduled'], 0),
          numberOf(status['numberAvailable'], 0),
        ]
      : [
          numberOf(spec['replicas'], 1),
          numberOf(status['updatedReplicas'], 0),
          numberOf(status['availableReplicas'], 0),
        ];
  return { isObserved, heldUpBy: heldUpByOf(spec), wanted, updated, available };
}

/** Each of these is the user's own choice: the operator reports it and does not change it. */
function heldUpByOf(spec: Fields): string | null {
  if (spec['paused'] === true) return 'its spec.paused is true';
  const strategy = fieldsOf(spec['updateStrategy']);
  if (strategy['type'] === 'OnDelete') return 'its updateStrategy is OnDelete: delete its pods';
  const partition = numberOf(fieldsOf(strategy['rollingUpdate'])['partition'], 0);
  return partition > 0 ? `its updateStrategy has the partition ${partition}` : null;
}
