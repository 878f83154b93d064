/** How a pod reads the Secret, by its spec, and since when, by its status. */
import { describe, expect, test } from 'vitest';
import type { SignerSpec } from '../../../src/core/formats/spec.ts';
import { readOncePodOf } from '../../../src/operator/reading/read-once-pod.ts';
import type { KubeObject } from '../../../src/platform/kube/resource.ts';

const SIGNER: SignerSpec = {
  name: 'key',
  labels: {},
  annotations: {},
  reload: 'Watch',
  restart: [],
};
const RESTART: SignerSpec = { ...SIGNER, reload: 'Restart' };
const at = (seconds: number) => new Date(seconds * 1000).toISOString();

const BY_ENV = { name: 'c', env: [{ name: 'K', valueFrom: { secretKeyRef: { name: 'key' } } }] };
const BY_ENV_FROM = { name: 'c', envFrom: [{ secretRef: { name: 'key' } }] };
const mountOf = (more: object) => ({ name: 'c', volumeMounts: [{ name: 'v', ...more }] });
const SECRET = [{ name: 'v', secret: { secretName: 'key' } }];
const PROJECTED = [
  {
    name: 'v',
    projected: { sources: [{ configMap: { name: 'x' } }, { secret: { name: 'key' } }] },
  },
];

const podWith = (spec: object, status: object = {}, metadata: object = {}): KubeObject => ({
  metadata: { name: 'p', creationTimestamp: at(100), ...metadata },
  spec: { nodeName: 'n', ...spec },
  status: { phase: 'Running', ...status },
});
const one = (container: object, volumes: object[] = []) => ({ containers: [container], volumes });

describe('the worst way in which it reads the Secret', () => {
  test.each<[string, object, string | null, string | null]>([
    ['env', one(BY_ENV), 'Env', 'Env'],
    ['envFrom', one(BY_ENV_FROM), 'Env', 'Env'],
    ['a subPath', one(mountOf({ subPath: 'a' }), SECRET), 'SubPath', 'SubPath'],
    ['a subPathExpr', one(mountOf({ subPathExpr: '$(A)' }), SECRET), 'SubPath', 'SubPath'],
    [
      'a subPath of a projected volume',
      one(mountOf({ subPath: 'a' }), PROJECTED),
      'SubPath',
      'SubPath',
    ],
    ['a volume', one(mountOf({}), SECRET), null, 'Volume'],
    ['a volume by an empty subPath', one(mountOf({ subPath: '' }), SECRET), null, 'Volume'],
    ['a projected volume', one(mountOf({}), PROJECTED), null, 'Volume'],
    ['a volume that nobody mounts', one({ name: 'c' }, SECRET), null, null],
    ['another Secret', one({ name: 'c', envFrom: [{ secretRef: { name: 'other' } }] }), null, null],
    [
      'a ConfigMap of that name',
      one({ name: 'c', envFrom: [{ configMapRef: { name: 'key' } }] }),
      null,
      null,
    ],
    ['an init container', { containers: [], initContainers: [BY_ENV] }, 'Env', 'Env'],
    [
      'a volume of an init container, which has ended when others use what it left',
      { containers: [], initContainers: [mountOf({})], volumes: SECRET },
      'InitContainer',
      'InitContainer',
    ],
    [
      'a volume of a sidecar',
      { initContainers: [{ ...mountOf({}), restartPolicy: 'Always' }], volumes: SECRET },
      null,
      'Volume',
    ],
    [
      'a volume of both an init container and the one that follows it',
      { containers: [mountOf({})], initContainers: [mountOf({})], volumes: SECRET },
      'InitContainer',
      'InitContainer',
    ],
    ['a sidecar', { initContainers: [{ ...BY_ENV, restartPolicy: 'Always' }] }, 'Env', 'Env'],
    ['an ephemeral container', { ephemeralContainers: [BY_ENV] }, 'Env', 'Env'],
    ['several', { containers: [mountOf({ subPath: 'a' }), BY_ENV], volumes: SECRET }, 'Env', 'Env'],
    ['nothing', {}, null, null],
  ])('%s', (_, spec, underWatch, underRestart) => {
    const readsBy = (signer: SignerSpec) => readOncePodOf(podWith(spec), signer)?.readsBy ?? null;
    expect([readsBy(SIGNER), readsBy(RESTART)]).toEqual([underWatch, underRestart]);
  });

  test.each([
    ['has succeeded', podWith(one(BY_ENV), { phase: 'Succeeded' })],
    ['has failed', podWith(one(BY_ENV), { phase: 'Failed' })],
    ['no node has yet', podWith({ ...one(BY_ENV), nodeName: undefined }, { phase: 'Pending' })],
  ])('a pod that %s holds nothing', (_, pod) => {
    expect(readOncePodOf(pod, RESTART)).toBeNull();
  });

  test('one that is being deleted still signs', () => {
    const pod = podWith(one(BY_ENV), {}, { deletionTimestamp: at(200) });
    expect(readOncePodOf(pod, SIGNER)).not.toBeNull();
  });
});

describe('since when at the earliest', () => {
  const ran = (finishedAt: string | null, name = 'c') => ({
    containerStatuses: [
      {
        name,
        state: { running: { startedAt: at(900) } },
        lastState: finishedAt === null ? {} : { terminated: { finishedAt } },
      },
    ],
  });
  const scheduled = (status: string) => ({
    conditions: [{ type: 'PodScheduled', status, lastTransitionTime: at(300) }],
  });

  test.each<[string, object, object, number]>([
    ['its creation', one(BY_ENV), {}, 100],
    ['when it was given to its node', one(BY_ENV), scheduled('True'), 300],
    ['not when that failed', one(BY_ENV), scheduled('False'), 100],
    ['when the kubelet noticed it', one(BY_ENV), { startTime: at(400), ...scheduled('True') }, 400],
    [
      'never when its container was seen to run',
      one(BY_ENV),
      { startTime: at(400), ...ran(null) },
      400,
    ],
    ['the end of its last run', one(BY_ENV), { startTime: at(400), ...ran(at(800)) }, 800],
    ['not the end of another container', one(BY_ENV), ran(at(800), 'other'), 100],
    ['no time that is none', one(BY_ENV), ran('yesterday'), 100],
    [
      'the container that ran longest',
      { containers: [BY_ENV, { ...BY_ENV, name: 'd' }] },
      { startTime: at(400), ...ran(at(800)) },
      400,
    ],
    [
      'not an init container’s own restart: others keep using what it left',
      { initContainers: [BY_ENV] },
      { startTime: at(400), initContainerStatuses: ran(at(800)).containerStatuses },
      400,
    ],
    [
      'a sidecar’s, which runs on',
      { initContainers: [{ ...BY_ENV, restartPolicy: 'Always' }] },
      { startTime: at(400), initContainerStatuses: ran(at(800)).containerStatuses },
      800,
    ],
  ])('%s', (_, spec, status, seconds) => {
    expect(readOncePodOf(podWith(spec, status), SIGNER)?.sinceMs).toBe(seconds * 1000);
  });

  test('a container that merely mounts it counts under Restart', () => {
    const mounts = { ...mountOf({}), name: 'm' };
    const pod = podWith(
      { containers: [BY_ENV, mounts], volumes: SECRET },
      { startTime: at(400), ...ran(at(800)) },
    );
    expect([SIGNER, RESTART].map((signer) => readOncePodOf(pod, signer)?.sinceMs)).toEqual([
      800_000, 400_000,
    ]);
  });
});

test.each<[string, object, object | undefined, object | null]>([
  [
    'a Deployment',
    { kind: 'ReplicaSet', name: 'api-5d' },
    { 'pod-template-hash': '5d' },
    { kind: 'Deployment', name: 'api' },
  ],
  ['a ReplicaSet of nobody', { kind: 'ReplicaSet', name: 'api' }, undefined, null],
  [
    'a ReplicaSet of another name',
    { kind: 'ReplicaSet', name: 'api' },
    { 'pod-template-hash': '5d' },
    null,
  ],
  [
    'a StatefulSet',
    { kind: 'StatefulSet', name: 'db' },
    undefined,
    { kind: 'StatefulSet', name: 'db' },
  ],
  ['a DaemonSet', { kind: 'DaemonSet', name: 'ds' }, undefined, { kind: 'DaemonSet', name: 'ds' }],
  ['a Job', { kind: 'Job', name: 'j' }, undefined, null],
])('a pod of %s', (_, owner, labels, workload) => {
  const metadata = {
    labels,
    ownerReferences: [
      { kind: 'X', name: 'y' },
      { ...owner, controller: true },
    ],
  };
  expect(readOncePodOf(podWith(one(BY_ENV), {}, metadata), SIGNER)?.workload).toEqual(workload);
});
