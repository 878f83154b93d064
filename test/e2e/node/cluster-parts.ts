import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FILES } from '../../cluster/control-plane/api-server.ts';
import type { ControlPlane } from '../../cluster/control-plane/control-plane.ts';
import type { User } from '../../cluster/control-plane/users.ts';
import { startTethered, type TetheredProcess } from '../../support/process/tethered-process.ts';
import type { EnclosedProcess, Enclosure } from './host/enclosure.ts';
import type { Place } from './host/place.ts';
import { NODE_NAME } from './kubelet.ts';
import type { NodePrograms } from './programs.ts';

/** The API server's own roles are bound to these names. */
const CONTROLLER_MANAGER = 'system:kube-controller-manager';
const SCHEDULER = 'system:kube-scheduler';
const PROXY = 'system:kube-proxy';
export const PART_USERS: readonly User[] = [CONTROLLER_MANAGER, SCHEDULER, PROXY].map((name) => ({
  name,
  groups: [],
}));

/** They run with the API server, outside of the node. */
export async function startControllers(
  folder: string,
  programs: NodePrograms,
  controlPlane: ControlPlane,
): Promise<readonly TetheredProcess[]> {
  const start = (name: string, command: string, user: string, args: readonly string[]) =>
    startTethered({
      command,
      args: [
        `--kubeconfig=${controlPlane.kubeconfig(user)}`,
        '--leader-elect=false',
        // No port: nobody asks them anything.
        '--secure-port=0',
        ...args,
      ],
      logPath: join(folder, `${name}.log`),
    });
  const inControlPlane = (file: string) => join(controlPlane.folder, file);
  return await Promise.all([
    start('kube-controller-manager', programs.kubeControllerManager, CONTROLLER_MANAGER, [
      '--use-service-account-credentials',
      // By default it takes every pod out of its Service 50 s after the node was last heard of, and the
      // API server is away for a minute: then not even a name can be looked up.
      '--node-monitor-grace-period=5m',
      // By default it makes this folder in a place where nobody wants it.
      `--flex-volume-plugin-dir=${join(folder, 'volume-plugins')}`,
      `--service-account-private-key-file=${inControlPlane(FILES.serviceAccountKey)}`,
      `--root-ca-file=${inControlPlane(join(FILES.certificates, 'apiserver.crt'))}`,
    ]),
    start('kube-scheduler', programs.kubeScheduler, SCHEDULER, []),
  ]);
}

export function startKubeProxy(
  place: Place,
  enclosure: Enclosure,
  programs: NodePrograms,
  controlPlane: ControlPlane,
): Promise<EnclosedProcess> {
  const configPath = join(place.folder, 'kube-proxy.json');
  const config = {
    apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
    kind: 'KubeProxyConfiguration',
    mode: 'iptables',
    clientConnection: { kubeconfig: controlPlane.kubeconfig(PROXY) },
    hostnameOverride: NODE_NAME,
    clusterCIDR: place.podRange,
    // These are the whole machine's settings; they stay as they are.
    conntrack: {
      maxPerCore: 0,
      min: 0,
      tcpEstablishedTimeout: '0s',
      tcpCloseWaitTimeout: '0s',
    },
  };
  writeFileSync(configPath, JSON.stringify(config, null, 2));
  return enclosure.start('kube-proxy', programs.kubeProxy, [`--config=${configPath}`]);
}
