/** Deployments, StatefulSets and DaemonSets: how far their roll-out is, and the mark of a restart. */

import { isRecord } from '../../core/formats/is-record.ts';
import { ANNOTATION } from '../../core/formats/names.ts';
import type { Workload } from '../../core/formats/spec.ts';
import type { ObservedWorkload, RollOut, Write } from '../../core/reading/model.ts';
import type { KubeObject, Resource } from '../../platform/kube/resource.ts';

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

export function foundWorkload(workload: Workload, object: KubeObject): ObservedWorkload {
  const template = fields(fields(object['spec'])['template']);
  const mark = fields(fields(template['metadata'])['annotations'])[ANNOTATION.restartedFor];
  return {
    ...workload,
    state: 'Found',
    uid: object.metadata.uid ?? '',
    resourceVersion: object.metadata.resourceVersion ?? '',
    restartedFor: typeof mark === 'string' ? mark : null,
    rollOut: rollOutOf(workload, object),
  };
}

function rollOutOf({ kind }: Workload, object: KubeObject): RollOut {
  const [spec, status] = [fields(object['spec']), fields(object['status'])];
  const isObserved = numberOf(status['observedGeneration'], 0) >= (object.metadata.generation ?? 0);
  const heldUpBy = heldUpByOf(spec);
  if (kind === 'DaemonSet') {
    return {
      isObserved,
      heldUpBy,
      wanted: numberOf(status['desiredNumberScheduled'], 0),
      updated: numberOf(status['updatedNumberScheduled'], 0),
      available: numberOf(status['numberAvailable'], 0),
    };
  }
  return {
    isObserved,
    heldUpBy,
    wanted: numberOf(spec['replicas'], 1),
    updated: numberOf(status['updatedReplicas'], 0),
    available: numberOf(status['availableReplicas'], 0),
  };
}

/** Each of these is a user's own choice, so that it is told and not changed. */
function heldUpByOf(spec: Readonly<Record<string, unknown>>): string | null {
  if (spec['paused'] === true) return 'its spec.paused is true';
  const strategy = fields(spec['updateStrategy']);
  if (strategy['type'] === 'OnDelete') return 'its updateStrategy is OnDelete: delete its pods';
  const partition = numberOf(fields(strategy['rollingUpdate'])['partition'], 0);
  return partition > 0 ? `its updateStrategy has the partition ${partition}` : null;
}

/** A version in the metadata makes the patch conditional, as in a PUT. */
export function restartPatch({
  expects,
  restartedFor,
}: Extract<Write, { kind: 'RestartWorkload' }>): unknown {
  const annotations = { [ANNOTATION.restartedFor]: restartedFor };
  return { metadata: expects, spec: { template: { metadata: { annotations } } } };
}

function fields(value: unknown): Readonly<Record<string, unknown>> {
  return isRecord(value) ? value : {};
}

function numberOf(value: unknown, otherwise: number): number {
  return typeof value === 'number' ? value : otherwise;
}
