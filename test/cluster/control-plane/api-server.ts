import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startTethered, type TetheredProcess } from '../../support/process/tethered-process.ts';
import { waitFor } from '../../support/wait/wait-for.ts';
import { callApi } from './api-client.ts';

export interface ApiServerOptions {
  readonly binary: string;
  /** Folder of the control plane, with the files of `ApiServerFiles` in it. */
  readonly folder: string;
  /** Where it listens. */
  readonly address: string;
  readonly port: number;
  /** If there are kubelets and controllers; else there is only the API server. */
  readonly kubelets?: KubeletAccess;
  readonly etcdUrl: string;
  /** Token of a user who may read everything. */
  readonly adminToken: string;
  readonly extraFlags: readonly string[];
  readonly removeOnDeath?: string;
}

/** How the API server shows itself to kubelets, for logs and exec. Paths of PEM files. */
export interface KubeletAccess {
  readonly certificatePath: string;
  readonly keyPath: string;
}

/** Files in the folder that the API server reads and writes. */
export const FILES = {
  tokens: 'tokens.csv',
  serviceAccountKey: 'service-account.key',
  auditPolicy: 'audit-policy.json',
  auditLog: 'audit.log',
  certificates: 'certificates',
  log: 'kube-apiserver.log',
} as const;

/** On two busy cores; alone it takes 6 to 8 seconds. */
const READY_TIMEOUT_MS = 60_000;

/** The port was taken by someone else between choosing and binding it. */
export class PortTakenError extends Error {}

/**
 * Starts kube-apiserver and waits until `/readyz` and the namespace `default` are there. Throws
 * a `PortTakenError` when the port is taken, else an error with the end of its log.
 */
export async function startApiServer(options: ApiServerOptions): Promise<TetheredProcess> {
  const server = await startTethered({
    command: options.binary,
    args: [...flags(options), ...options.extraFlags],
    logPath: join(options.folder, FILES.log),
    ...(options.removeOnDeath === undefined ? {} : { removeOnDeath: options.removeOnDeath }),
  });
  try {
    await waitFor(async () => server.end() !== null || (await isReady(options)), {
      timeoutMs: READY_TIMEOUT_MS,
      intervalMs: 100,
      describe: 'kube-apiserver to be ready',
    });
  } catch (error) {
    await server.stop(0);
    throw new Error(`kube-apiserver is not ready; its log ends with\n${server.logTail()}`, {
      cause: error,
    });
  }
  if (server.end() === null) return server;
  const log = server.logTail();
  const message = `kube-apiserver ended at startup with ${server.end()}:\n${log}`;
  throw log.includes('address already in use') ? new PortTakenError(message) : new Error(message);
}

/** The certificates with which a client checks the server: it signed its own at its first start. */
export function readCertificates(folder: string): string {
  return readFileSync(join(folder, FILES.certificates, 'apiserver.crt'), 'utf8');
}

function flags(options: ApiServerOptions): string[] {
  const path = (file: string) => join(options.folder, file);
  return [
    `--etcd-servers=${options.etcdUrl}`,
    `--bind-address=${options.address}`,
    `--advertise-address=${options.address}`,
    `--secure-port=${options.port}`,
    // It makes its serving certificate there when there is none, and finds it again at a restart.
    `--cert-dir=${path(FILES.certificates)}`,
    `--token-auth-file=${path(FILES.tokens)}`,
    '--service-cluster-ip-range=10.96.0.0/16',
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-signing-key-file=${path(FILES.serviceAccountKey)}`,
    `--service-account-key-file=${path(FILES.serviceAccountKey)}`,
    ...(options.kubelets === undefined ? ALONE : clusterFlags(options.kubelets)),
    `--audit-policy-file=${path(FILES.auditPolicy)}`,
    `--audit-log-path=${path(FILES.auditLog)}`,
    '--audit-log-mode=blocking',
    // In megabytes. A rotated log would be missing from what the tests count.
    '--audit-log-maxsize=100000',
    '--profiling=false',
  ];
}

const ALONE: readonly string[] = [
  '--authorization-mode=RBAC',
  // The Endpoints of the Service `kubernetes` refuse a loopback address.
  '--endpoint-reconciler-type=none',
  // There is no controller manager that makes the ServiceAccount `default` in each namespace,
  // and this plugin refuses every pod without one.
  '--disable-admission-plugins=ServiceAccount',
];

function clusterFlags({ certificatePath, keyPath }: KubeletAccess): readonly string[] {
  return [
    '--authorization-mode=Node,RBAC',
    '--enable-admission-plugins=NodeRestriction',
    `--kubelet-client-certificate=${certificatePath}`,
    `--kubelet-client-key=${keyPath}`,
    // A node's name is known to no resolver.
    '--kubelet-preferred-address-types=InternalIP',
  ];
}

async function isReady(options: ApiServerOptions): Promise<boolean> {
  const endpoint = {
    url: `https://${options.address}:${options.port}`,
    ca: readCertificates(options.folder),
  };
  for (const path of ['/readyz', '/api/v1/namespaces/default']) {
    const call = { method: 'GET', path, token: options.adminToken } as const;
    const answer = await callApi(endpoint, call);
    if (answer.status !== 200) throw new Error(`${path} answered ${answer.status}`);
  }
  return true;
}
