/**
 * How a pod reads a Secret, according to its spec, and since when, according to its status. The node is
 * not asked: the operator sees what anyone sees who may list pods.
 */

import type { SignerSpec, Workload } from '../../core/formats/spec.ts';
import type { ReadOncePod, ReadsBy } from '../../core/reading/model.ts';
import type { KubeObject } from '../../platform/kube/resource.ts';
import { parseKubeTimeMs } from '../../platform/kube/time.ts';
import { type Fields, fieldsOf, recordsOf, textOf } from './fields.ts';

/** Used for a time that is missing or unreadable. */
const LONG_AGO_MS = 0;

/** Of several ways the worst is reported: one that never updates before one that does. */
const WORST_FIRST: readonly ReadsBy[] = ['Env', 'SubPath', 'InitContainer', 'Volume'];

/**
 * @returns null for a pod that does not keep what it has read: it follows its mount (under `Watch`), has
 * ended, or is on no node yet.
 */
export function readOncePodOf(pod: KubeObject, signer: SignerSpec): ReadOncePod | null {
  const [spec, status] = [fieldsOf(pod['spec']), fieldsOf(pod['status'])];
  if (status['phase'] === 'Succeeded' || status['phase'] === 'Failed') return null;
  // Whatever it reads, it reads after this reading.
  if (textOf(spec['nodeName']) === '') return null;
  const volumes = volumesOf(spec, signer.name);
  const uses = containersOf(spec)
    .flatMap((container) =>
      readsByOf(container, volumes, signer.name).map((readsBy) => ({ container, readsBy })),
    )
    .filter(({ readsBy }) => readsBy !== 'Volume' || signer.reload === 'Restart');
  const readsBy = WORST_FIRST.find((each) => uses.some((use) => use.readsBy === each));
  if (readsBy === undefined) return null;
  const startedMs = podSinceMs(pod, status);
  const times = uses.map(({ container }) => containerSinceMs(container, status, startedMs));
  return {
    pod: pod.metadata.name ?? '',
    readsBy,
    sinceMs: Math.min(...times),
    workload: workloadOf(pod),
  };
}

interface Container {
  readonly name: string;
  readonly fields: Fields;
  /** It runs once, and other containers use what it leaves behind. */
  readonly isPassing: boolean;
}

function containersOf(spec: Fields): readonly Container[] {
  const of = (list: string, isPassing: (container: Fields) => boolean) =>
    recordsOf(spec[list]).map((container) => ({
      name: textOf(container['name']),
      fields: container,
      isPassing: isPassing(container),
    }));
  return [
    // A sidecar is an init container that keeps running.
    ...of('initContainers', ({ restartPolicy }) => restartPolicy !== 'Always'),
    ...of('containers', () => false),
    ...of('ephemeralContainers', () => false),
  ];
}

/** The volumes that hold any of the Secret, alone or among other sources. */
function volumesOf(spec: Fields, secretName: string): ReadonlySet<string> {
  const holds = (volume: Fields) => {
    if (fieldsOf(volume['secret'])['secretName'] === secretName) return true;
    const sources = recordsOf(fieldsOf(volume['projected'])['sources']);
    return sources.some((source) => fieldsOf(source['secret'])['name'] === secretName);
  };
  return new Set(
    recordsOf(spec['volumes'])
      .filter(holds)
      .map(({ name }) => textOf(name)),
  );
}

function readsByOf(
  { fields: container, isPassing }: Container,
  volumes: ReadonlySet<string>,
  secretName: string,
): readonly ReadsBy[] {
  const isNamed = (reference: unknown) => fieldsOf(reference)['name'] === secretName;
  const inEnv =
    recordsOf(container['env']).some((each) =>
      isNamed(fieldsOf(each['valueFrom'])['secretKeyRef']),
    ) || recordsOf(container['envFrom']).some((each) => isNamed(each['secretRef']));
  const mounts = recordsOf(container['volumeMounts'])
    .filter(({ name }) => volumes.has(textOf(name)))
    .map((mount): ReadsBy => {
      // An empty one mounts the whole volume.
      const subPath = textOf(mount['subPath']) + textOf(mount['subPathExpr']);
      if (subPath !== '') return 'SubPath';
      return isPassing ? 'InitContainer' : 'Volume';
    });
  return [...(inEnv ? (['Env'] as const) : []), ...mounts];
}

/** A time at which no container of the pod had started yet. */
function podSinceMs({ metadata }: KubeObject, status: Fields): number {
  const scheduled = recordsOf(status['conditions']).find(
    (condition) => condition['type'] === 'PodScheduled' && condition['status'] === 'True',
  );
  const times = [
    metadata.creationTimestamp,
    // When it was assigned to its node.
    scheduled?.['lastTransitionTime'],
    // When the kubelet noticed it, before it pulled an image.
    status['startTime'],
  ];
  return Math.max(...times.map((time) => parseKubeTimeMs(time) ?? LONG_AGO_MS));
}

/**
 * The kubelet reads the Secret between the end of a container's last run and the start of its present
 * one. Only the end is certain: the start can be any time later. An init container may have passed on
 * what it read, so a later run of it does not count.
 */
function containerSinceMs(container: Container, status: Fields, startedMs: number): number {
  if (container.isPassing) return startedMs;
  const statuses = [
    'containerStatuses',
    'initContainerStatuses',
    'ephemeralContainerStatuses',
  ].flatMap((list) => recordsOf(status[list]));
  const own = statuses.find(({ name }) => name === container.name);
  const ended = fieldsOf(fieldsOf(own?.['lastState'])['terminated'])['finishedAt'];
  return Math.max(startedMs, parseKubeTimeMs(ended) ?? LONG_AGO_MS);
}

/** Its controller; for a ReplicaSet's pod, the Deployment that the ReplicaSet is named after. */
function workloadOf({ metadata }: KubeObject): Workload | null {
  const owner = recordsOf(metadata['ownerReferences']).find(
    ({ controller }) => controller === true,
  );
  const [kind, name] = [textOf(owner?.['kind']), textOf(owner?.['name'])];
  if (kind === 'StatefulSet' || kind === 'DaemonSet') return { kind, name };
  const suffix = `-${metadata.labels?.['pod-template-hash'] ?? ''}`;
  if (kind !== 'ReplicaSet' || suffix === '-' || !name.endsWith(suffix)) return null;
  return { kind: 'Deployment', name: name.slice(0, -suffix.length) };
}
