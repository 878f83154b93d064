import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ControlPlane, startControlPlane } from '../../cluster/control-plane/control-plane.ts';
import { makeCertificate } from '../../support/kube/certificate.ts';
import { waitFor } from '../../support/wait/wait-for.ts';
import { clusterDnsObjects } from './cluster-dns.ts';
import { PART_USERS, startControllers, startKubeProxy } from './cluster-parts.ts';
import { type Containerd, startContainerd } from './containerd.ts';
import { Endings } from './endings.ts';
import { ensureDebianPackages } from './host/debian.ts';
import { type EnclosedProcess, type Enclosure, openEnclosure } from './host/enclosure.ts';
import { coverKernelSettings } from './host/kernel-settings.ts';
import { linkNode } from './host/network.ts';
import { type Place, takePlace } from './host/place.ts';
import { type KubeletSetup, NODE_NAME, NODE_USER, startKubelet } from './kubelet.ts';
import { writeNodeImages } from './node-images.ts';
import { ensureNodePrograms, type NodePrograms } from './programs.ts';

/** How long each step took. */
export interface StartTimes {
  readonly apiServerMs: number;
  readonly nodeReadyMs: number;
  readonly dnsReadyMs: number;
}

export interface ClusterNode {
  readonly controlPlane: ControlPlane;
  readonly containerd: Containerd;
  readonly kubectlPath: string;
  readonly times: StartTimes;
  /** Folder with the logs of the node's own programs. */
  readonly folder: string;
  /** Ends the kubelet and starts it again; pods keep running meanwhile. Resolves when it is Ready. */
  restartKubelet(): Promise<void>;
  /** Ends all of it and leaves nothing behind. May be called twice. */
  stop(): Promise<void>;
}

const GRACE_MS = 5_000;
const READY_TIMEOUT_MS = 120_000;
/** In the certificate with which the API server shows itself to the kubelet. */
const KUBELET_CLIENT = 'kube-apiserver-kubelet-client';

/**
 * Empty for the node, and gone with it: sockets, locks and links to logs, whose places nobody can
 * choose. What is there of other programs on this machine is none of the node's business.
 */
const OWN_FOLDERS: readonly string[] = ['/run', '/var/lib', '/var/log'];

/** A whole cluster of one node on this machine. Needs root. */
export async function startNode(onProgress: (line: string) => void): Promise<ClusterNode> {
  await ensureDebianPackages(onProgress);
  const programs = await ensureNodePrograms(onProgress);
  const endings = new Endings();
  try {
    return await start(programs, endings);
  } catch (error) {
    await endings.end();
    throw error;
  }
}

async function start(programs: NodePrograms, endings: Endings): Promise<ClusterNode> {
  const startMs = performance.now();
  const elapsed = () => Math.round(performance.now() - startMs);
  const place = await takePlace();
  endings.push(() => place.release());
  place.cgroup.make();
  const enclosure = await openEnclosure(place, programs.pause);
  endings.push(() => enclosure.end());
  await prepare(place, enclosure);
  const [controlPlane, containerd] = await Promise.all([
    startBrain(place, programs, endings),
    startBody(place, enclosure, programs),
  ]);
  const apiServerMs = elapsed();
  const clientCaPath = join(controlPlane.folder, CLIENT_CERTIFICATE);
  const setup = { place, enclosure, programs, containerd, controlPlane, clientCaPath };
  let kubelet = await startKubelet(setup);
  await startKubeProxy(place, enclosure, programs, controlPlane);
  await untilReady(controlPlane, kubelet);
  const nodeReadyMs = elapsed();
  await startClusterDns(controlPlane);
  const times = { apiServerMs, nodeReadyMs, dnsReadyMs: elapsed() };
  const restartKubelet = async () => {
    kubelet = await restarted(setup, kubelet);
  };
  const kubectlPath = programs.controlPlane.kubectl;
  const { folder } = place;
  const stop = () => endings.end();
  return { controlPlane, containerd, kubectlPath, times, folder, restartKubelet, stop };
}

async function prepare(place: Place, enclosure: Enclosure): Promise<void> {
  // Volumes of pods have to be seen by containers that are made later.
  await enclosure.run('mount', ['--make-rshared', '/']);
  for (const folder of OWN_FOLDERS) {
    await enclosure.run('mount', ['-t', 'tmpfs', 'tmpfs', folder]);
  }
  await linkNode(place, enclosure);
  await coverKernelSettings(place, enclosure);
}

/** The control plane and its controllers, outside of the node. */
async function startBrain(
  place: Place,
  programs: NodePrograms,
  endings: Endings,
): Promise<ControlPlane> {
  const controlPlane = await startControlPlane({
    binaries: programs.controlPlane,
    address: place.hostAddress,
    users: [NODE_USER, ...PART_USERS],
    kubelets: writeKubeletAccess,
  });
  endings.push(() => controlPlane.stop());
  await controlPlane.kubectl([
    ...['create', 'clusterrolebinding', KUBELET_CLIENT],
    ...['--clusterrole=system:kubelet-api-admin', `--user=${KUBELET_CLIENT}`],
  ]);
  for (const controller of await startControllers(place.folder, programs, controlPlane)) {
    endings.push(() => controller.stop(GRACE_MS));
  }
  return controlPlane;
}

const CLIENT_CERTIFICATE = 'kubelet-client.crt';

function writeKubeletAccess(folder: string) {
  const { certificate, key } = makeCertificate(KUBELET_CLIENT);
  const certificatePath = join(folder, CLIENT_CERTIFICATE);
  const keyPath = join(folder, 'kubelet-client.key');
  writeFileSync(certificatePath, certificate);
  writeFileSync(keyPath, key, { mode: 0o600 });
  return { certificatePath, keyPath };
}

/** The container runtime, with the images that the node itself needs. */
async function startBody(
  place: Place,
  enclosure: Enclosure,
  programs: NodePrograms,
): Promise<Containerd> {
  const containerd = await startContainerd(place, enclosure, programs);
  for (const archive of writeNodeImages(place.folder, programs)) {
    await containerd.importImages(archive);
    rmSync(archive);
  }
  return containerd;
}

async function untilReady(controlPlane: ControlPlane, kubelet: EnclosedProcess): Promise<void> {
  const jsonPath = '{.status.conditions[?(@.type=="Ready")].status}';
  const isReady = async () =>
    (await controlPlane.kubectl(['get', 'node', NODE_NAME, '-o', `jsonpath=${jsonPath}`])) ===
    'True';
  try {
    await waitFor(async () => kubelet.end() !== null || (await isReady()), {
      timeoutMs: READY_TIMEOUT_MS,
      intervalMs: 250,
      describe: 'the node to be Ready',
    });
  } catch (error) {
    throw new Error(`the node is not Ready; kubelet's log ends with\n${kubelet.logTail()}`, {
      cause: error,
    });
  }
  if (kubelet.end() === null) return;
  throw new Error(`the kubelet ended with ${kubelet.end()}:\n${kubelet.logTail()}`);
}

async function startClusterDns(controlPlane: ControlPlane): Promise<void> {
  const list = { apiVersion: 'v1', kind: 'List', items: clusterDnsObjects() };
  await controlPlane.kubectl(['apply', '--server-side', '-f', '-'], {
    stdin: JSON.stringify(list),
  });
  await controlPlane.kubectl([
    ...['rollout', 'status', '--namespace=kube-system', '--timeout=90s', 'deployment/coredns'],
  ]);
}

async function restarted(setup: KubeletSetup, kubelet: EnclosedProcess): Promise<EnclosedProcess> {
  await kubelet.stop(GRACE_MS);
  const startMs = Date.now();
  const next = await startKubelet(setup);
  // The Node is still Ready from before; only a heartbeat is of the new kubelet.
  await waitFor(async () => (await lastHeartbeatMs(setup.controlPlane)) > startMs, {
    timeoutMs: READY_TIMEOUT_MS,
    intervalMs: 250,
    describe: 'a heartbeat of the new kubelet',
  });
  await untilReady(setup.controlPlane, next);
  return next;
}

async function lastHeartbeatMs(controlPlane: ControlPlane): Promise<number> {
  const lease = ['get', 'lease', '--namespace=kube-node-lease', NODE_NAME];
  return Date.parse(await controlPlane.kubectl([...lease, '-o', 'jsonpath={.spec.renewTime}']));
}
