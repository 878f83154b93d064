/**
 * What a pod's own spec says of how it takes up a Secret, and its status of since when. Nothing here
 * is asked of the node: an operator sees what anybody may see who lists pods.
 */

import type { SignerSpec, Workload } from '../../core/formats/spec.ts';
import type { ReadOncePod, ReadsBy } from '../../core/reading/model.ts';
import type { KubeObject } from '../../platform/kube/resource.ts';
import { parseKubeTimeMs } from '../../platform/kube/time.ts';
import { type Fields, fieldsOf, recordsOf, textOf } from './fields.ts';

/** What is not there, or is no time, was long ago. */
const LONG_AGO_MS = 0;

/** The worst one is told: what never updates, before what does. */
const WORST_FIRST: readonly ReadsBy[] = ['Env', 'SubPath', 'InitContainer', 'Volume'];

/**
 * @returns null for a pod that does not hold it for good: it follows its mount (under `Watch`), has
 * ended, or no node has it yet.
 */
export function holderOf(pod: KubeObject, signer: SignerSpec): ReadOncePod | null {
  const [spec, status] = [fieldsOf(pod['spec']), fieldsOf(pod['status'])];
  if (status['phase'] === 'Succeeded' || status['phase'] === 'Failed') return null;
  // Whatever it takes up, it does so after this very reading.
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
  /** It runs once, and others go on with what it has left behind. */
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
    // A sidecar is an init container that is kept running.
    ...of('initContainers', ({ restartPolicy }) => restartPolicy !== 'Always'),
    ...of('containers', () => false),
    ...of('ephemeralContainers', () => false),
  ];
}

/** The volumes that hold any of the Secret, by itself or among others. */
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
      // An empty one mounts the volume as a whole.
      const subPath = textOf(mount['subPath']) + textOf(mount['subPathExpr']);
      if (subPath !== '') return 'SubPath';
      return isPassing ? 'InitContainer' : 'Volume';
    });
  return [...(inEnv ? (['Env'] as const) : []), ...mounts];
}

/** A time by which no container of the pod had begun: whatever was done to it since came later. */
function podSinceMs({ metadata }: KubeObject, status: Fields): number {
  const scheduled = recordsOf(status['conditions']).find(
    (condition) => condition['type'] === 'PodScheduled' && condition['status'] === 'True',
  );
  const times = [
    metadata.creationTimestamp,
    // When it was given to its node.
    scheduled?.['lastTransitionTime'],
    // When the kubelet took note of it, before it pulled an image.
    status['startTime'],
  ];
  return Math.max(...times.map((time) => parseKubeTimeMs(time) ?? LONG_AGO_MS));
}

/**
 * The kubelet looks at the Secret between the end of a container's last run and the start of its
 * present one. The end is what is certain: the start can be any time later. What an init container
 * took may have been passed on, so that it does not matter when it was run again.
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

/** Its controller; of a ReplicaSet's pod, the Deployment that the ReplicaSet is named after. */
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
