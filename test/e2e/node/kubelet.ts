import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ControlPlane } from '../../cluster/control-plane/control-plane.ts';
import type { Containerd } from './containerd.ts';
import type { EnclosedProcess, Enclosure } from './host/enclosure.ts';
import type { Place } from './host/place.ts';
import type { NodePrograms } from './programs.ts';

export const NODE_NAME = 'node-1';
/** With this name and group the API server's node authorizer knows a kubelet. */
export const NODE_USER = { name: `system:node:${NODE_NAME}`, groups: ['system:nodes'] };
export const CLUSTER_DOMAIN = 'cluster.local';
export const DNS_ADDRESS = '10.96.0.10';

export interface KubeletSetup {
  readonly place: Place;
  readonly enclosure: Enclosure;
  readonly programs: NodePrograms;
  readonly containerd: Containerd;
  readonly controlPlane: ControlPlane;
  /** PEM of those who may ask the kubelet for logs and exec. */
  readonly clientCaPath: string;
}

/** Starts the kubelet; it makes itself known to the API server in its own time. */
export function startKubelet(setup: KubeletSetup): Promise<EnclosedProcess> {
  const { place, enclosure, programs, controlPlane } = setup;
  const configPath = join(place.folder, 'kubelet.json');
  writeFileSync(configPath, JSON.stringify(config(setup), null, 2));
  return enclosure.start('kubelet', programs.kubelet, [
    `--config=${configPath}`,
    `--kubeconfig=${controlPlane.kubeconfig(NODE_USER.name)}`,
    `--root-dir=${join(place.folder, 'kubelet')}`,
    `--cert-dir=${join(place.folder, 'kubelet-certificates')}`,
    `--hostname-override=${NODE_NAME}`,
    `--node-ip=${place.nodeAddress}`,
  ]);
}

/**
 * What says how soon a mount shows a change (syncFrequency, the watch of Secrets and ConfigMaps)
 * is left as it is by default: the tests measure it.
 */
function config({ place, containerd, clientCaPath }: KubeletSetup) {
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    containerRuntimeEndpoint: `unix://${containerd.socket}`,
    cgroupDriver: 'cgroupfs',
    cgroupRoot: place.cgroup.path,
    failCgroupV1: false,
    failSwapOn: false,
    enforceNodeAllocatable: [],
    // The host's resolver is of no use inside, where nothing leaves the machine.
    resolvConf: '',
    clusterDNS: [DNS_ADDRESS],
    clusterDomain: CLUSTER_DOMAIN,
    volumePluginDir: join(place.folder, 'volume-plugins'),
    podLogsDir: join(place.folder, 'pod-logs'),
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: clientCaPath },
    },
    authorization: { mode: 'Webhook' },
    // The disk is the machine's own, and how full it is does not concern the tests.
    evictionHard: { 'memory.available': '100Mi' },
    imageGCHighThresholdPercent: 100,
  };
}
