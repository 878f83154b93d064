/**
 * Issuers as pods: what someone creates, and what the controllers and the kubelets make of it. A pod
 * that takes the signer Secret from the environment keeps what its node knew when it started.
 */
import {
  child,
  isObject,
  type JsonObject,
  metadataOf,
  nameOf,
  same,
  text,
} from '../../fake-api/json/json.ts';
import { READ_AT, READS_ONCE } from '../oracle/facts/reading-pods.ts';
import type { Change } from '../record/history.ts';
import { NAMESPACE, SET_NAME, type World } from './world.ts';

const SECRET = `${SET_NAME}-signer`;
const CONTAINER = 'issuer';
/** From the template's change until a pod of the new one runs. */
const START_MS = 1500;
/** From then until the old pod is gone. */
const GRACE_MS = 1500;

type Manner =
  | 'env'
  | 'envKey'
  | 'subPath'
  | 'subPathExpr'
  | 'projected'
  | 'partial'
  | 'sidecar'
  | 'init'
  | 'volume';

const ENV = { envFrom: [{ secretRef: { name: SECRET } }] };
const KEY_REF = { secretKeyRef: { name: SECRET, key: 'private.pem' } };

const PARTS: Readonly<
  Record<Manner, { readonly container: JsonObject; readonly pod: JsonObject }>
> = {
  env: { container: ENV, pod: {} },
  envKey: { container: { env: [{ name: 'KEY', valueFrom: KEY_REF }] }, pod: {} },
  subPath: mounted({ name: 'key', mountPath: '/key/private.pem', subPath: 'private.pem' }),
  subPathExpr: mounted({ name: 'key', mountPath: '/key/k', subPathExpr: '$(FILE)' }),
  projected: projected({ name: 'key', mountPath: '/key/k', subPath: 'k' }),
  partial: projected({ name: 'key', mountPath: '/key' }),
  sidecar: {
    container: {},
    pod: {
      initContainers: [{ name: 'sidecar', image: 'issuer', restartPolicy: 'Always', ...ENV }],
    },
  },
  init: prepared({ name: 'key', mountPath: '/key' }),
  volume: mounted({ name: 'key', mountPath: '/key' }),
};

function mounted(mount: JsonObject) {
  const volumes = [{ name: 'key', secret: { secretName: SECRET } }];
  return { container: { volumeMounts: [mount] }, pod: { volumes } };
}

/** One file of the Secret, as one source of several. */
function projected(mount: JsonObject) {
  const items = [{ key: 'private.pem', path: 'k' }];
  const sources = [{ secret: { name: SECRET, items } }];
  const volumes = [{ name: 'key', projected: { sources } }];
  return { container: { volumeMounts: [mount] }, pod: { volumes } };
}

/** An init container makes something of the key, and the issuer takes that. */
function prepared(mount: JsonObject) {
  const { container, pod } = mounted(mount);
  const initContainers = [{ name: 'prepare', image: 'issuer', ...container }];
  return { container: {}, pod: { ...pod, initContainers } };
}

function podSpec(manner: string): JsonObject {
  const parts = PARTS[manner as Manner];
  if (parts === undefined) throw new Error(`a pod can't take the Secret by ${manner}`);
  return {
    nodeName: 'node-1',
    containers: [{ name: CONTAINER, image: 'issuer', ...parts.container }],
    ...parts.pod,
  };
}

export class Workloads {
  readonly #world: World;
  #made = 0;

  constructor(world: World) {
    this.#world = world;
    world.onChange((change) => this.#react(change));
  }

  /**
   * One pod, of nobody.
   * @param how `once`: it reads the Secret only at startup. `cut-off`: its kubelet can start it, and
   * reports nothing.
   */
  makePod(name: string, manner: string, how: string): void {
    const annotations: JsonObject = how === 'once' ? { [READS_ONCE.key]: READS_ONCE.value } : {};
    const metadata = { namespace: NAMESPACE, name, annotations };
    this.#start({ metadata, spec: podSpec(manner) }, how !== 'cut-off');
  }

  /** Its container ends and is started again, in the same pod. */
  restartContainer(name: string): void {
    const { hand } = this.#world.api;
    const at = this.#now();
    hand.edit('pods', NAMESPACE, name, (draft) => markRead(draft, this.#world.nowMs()));
    this.#run(name, { lastState: { terminated: { finishedAt: at } }, restartCount: 1 });
  }

  makeDeployment(name: string, manner: string): void {
    const { nodeName: _, ...spec } = podSpec(manner);
    const template = { metadata: { annotations: {} }, spec };
    const metadata = { namespace: NAMESPACE, name };
    this.#world.api.hand.create('deployments', { metadata, spec: { replicas: 1, template } });
  }

  /** As `kubectl rollout restart` does it. */
  restartDeployment(name: string): void {
    this.#world.api.hand.edit('deployments', NAMESPACE, name, (draft) => {
      const metadata = child(child(child(draft, 'spec'), 'template'), 'metadata');
      const restarted = { 'kubectl.kubernetes.io/restartedAt': this.#now() };
      metadata['annotations'] = { ...child(metadata, 'annotations'), ...restarted };
    });
  }

  #react({ resource, name, before, after }: Change): void {
    if (resource !== 'deployments' || after === null) return;
    if (before !== null && same(child(before, 'spec'), child(after, 'spec'))) return;
    this.#made += 1;
    const hash = `t${this.#made}`;
    this.#world.after(START_MS, () => this.#rollOut(name, hash));
  }

  /** A pod of the present template first, then the end of the others. */
  #rollOut(name: string, hash: string): void {
    const { hand } = this.#world.api;
    const deployment = hand.get('deployments', NAMESPACE, name);
    // Its namespace may be on its end.
    if (deployment === null || !this.#mayMake()) return;
    const replicaSet = `${name}-${hash}`;
    const template = child(child(deployment, 'spec'), 'template');
    this.#start({
      metadata: {
        namespace: NAMESPACE,
        name: `${replicaSet}-1`,
        labels: { 'pod-template-hash': hash },
        ownerReferences: [
          {
            apiVersion: 'apps/v1',
            kind: 'ReplicaSet',
            name: replicaSet,
            uid: hash,
            controller: true,
          },
        ],
      },
      spec: { ...child(template, 'spec'), nodeName: 'node-1' },
    });
    this.#report(name);
    this.#world.after(GRACE_MS, () => this.#endOthers(name, `${replicaSet}-1`));
  }

  #mayMake(): boolean {
    const namespace = this.#world.api.hand.get('namespaces', '', NAMESPACE) ?? {};
    return metadataOf(namespace)['deletionTimestamp'] === undefined;
  }

  #endOthers(name: string, kept: string): void {
    for (const pod of this.#world.api.objects('pods', NAMESPACE)) {
      const isOwn = nameOf(pod).startsWith(`${name}-t`);
      if (isOwn && nameOf(pod) !== kept)
        this.#world.api.hand.delete('pods', NAMESPACE, nameOf(pod));
    }
  }

  #report(name: string): void {
    this.#world.api.hand.edit(
      'deployments',
      NAMESPACE,
      name,
      (draft) => {
        const observedGeneration = metadataOf(draft)['generation'] ?? 0;
        draft['status'] = {
          observedGeneration,
          replicas: 1,
          updatedReplicas: 1,
          availableReplicas: 1,
        };
      },
      'status',
    );
  }

  #start(pod: JsonObject, isReported = true): void {
    const marked = structuredClone(pod);
    markRead(marked, this.#world.nowMs());
    this.#world.api.hand.create('pods', marked);
    if (isReported) this.#run(nameOf(pod), {});
  }

  #run(name: string, container: JsonObject): void {
    const at = this.#now();
    const write = (draft: JsonObject) => {
      const startTime = text(child(draft, 'status'), 'startTime') || at;
      const state = { running: { startedAt: at } };
      const containerStatuses = [{ name: CONTAINER, state, ...container }];
      draft['status'] = { phase: 'Running', startTime, containerStatuses };
    };
    this.#world.api.hand.edit('pods', NAMESPACE, name, write, 'status');
  }

  /** As the kubelet writes it: in whole seconds. */
  #now(): string {
    const atMs = Math.floor(this.#world.nowMs() / 1000) * 1000;
    return new Date(atMs).toISOString().replace('.000Z', 'Z');
  }
}

/** Says so to the oracle, if the pod reads the Secret only once. */
function markRead(pod: JsonObject, nowMs: number): void {
  const [container] = child(pod, 'spec')['containers'] as JsonObject[];
  const mounts = container?.['volumeMounts'];
  const follows =
    Array.isArray(mounts) &&
    mounts.every((each) => isObject(each) && !each['subPath'] && !each['subPathExpr']);
  if (follows && text(child(metadataOf(pod), 'annotations'), READS_ONCE.key) === '') return;
  const annotations = { [READS_ONCE.key]: READS_ONCE.value, [READ_AT]: String(nowMs) };
  pod['metadata'] = {
    ...metadataOf(pod),
    annotations: { ...child(metadataOf(pod), 'annotations'), ...annotations },
  };
}
