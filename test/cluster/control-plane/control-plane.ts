import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TetheredProcess } from '../../support/process/tethered-process.ts';
import { type ApiAnswer, type ApiEndpoint, type ApiRequest, callApi } from './api-client.ts';
import {
  FILES,
  type KubeletAccess,
  PortTakenError,
  readCertificates,
  startApiServer,
} from './api-server.ts';
import { type AuditEvent, type AuditFilter, auditWrites, writeAuditPolicy } from './audit-log.ts';
import type { Binaries } from './binaries.ts';
import { type Etcd, startEtcd } from './etcd.ts';
import { freePort } from './free-port.ts';
import { runKubectl } from './kubectl.ts';
import {
  ADMIN,
  issueTokens,
  type User,
  writeKubeconfig,
  writeServiceAccountKey,
  writeTokenFile,
} from './users.ts';

export interface ControlPlaneOptions {
  readonly binaries: Binaries;
  /** Users in addition to `admin`; RBAC says what they may do. */
  readonly users?: readonly User[];
  /** Where kube-apiserver listens; 127.0.0.1 by default. etcd is always on 127.0.0.1. */
  readonly address?: string;
  /** For a cluster with nodes. Called with the folder that the files may be put into. */
  readonly kubelets?: (folder: string) => KubeletAccess;
  /** Put after the harness's own flags, so that they win. */
  readonly apiServerFlags?: readonly string[];
  /** Keep the folder with its logs when the control plane stops. */
  readonly keep?: boolean;
}

export interface ControlPlane extends ApiEndpoint {
  readonly folder: string;
  readonly auditLogPath: string;
  /** The bearer token of `admin` or of one of the users. Throws when there is no such user. */
  token(user?: string): string;
  /** Path of a kubeconfig for `admin` or one of the users. */
  kubeconfig(user?: string): string;
  /** Runs kubectl, by default as `admin`. Throws a `KubectlError` when it fails. */
  kubectl(args: readonly string[], options?: { user?: string; stdin?: string }): Promise<string>;
  /** One request, by default as `admin`. */
  request(call: Omit<ApiRequest, 'token'> & { readonly user?: string }): Promise<ApiAnswer>;
  /** The finished requests for a change that match, in order. */
  auditWrites(filter?: AuditFilter): AuditEvent[];
  /** The process ids of etcd and of kube-apiserver. */
  pids(): { etcd: number; apiServer: number };
  /** Ends kube-apiserver at once, as a crash does. */
  killApiServer(): Promise<void>;
  /** Starts kube-apiserver again on the same port; resolves when it is ready. */
  startApiServer(): Promise<void>;
  /** Ends both processes and removes the folder. May be called twice. */
  stop(): Promise<void>;
}

const LOOPBACK = '127.0.0.1';
const GRACE_MS = 3_000;
const PORT_TRIES_MAX = 5;

/**
 * Starts etcd and kube-apiserver on loopback, in a temporary folder of their own. None of it
 * outlives this process, however that ends (see `tethered-process.ts`).
 */
export async function startControlPlane(options: ControlPlaneOptions): Promise<ControlPlane> {
  const folder = mkdtempSync(join(tmpdir(), 'signing-key-operator-'));
  const removeOnDeath = options.keep === true ? {} : { removeOnDeath: folder };
  const users = [ADMIN, ...(options.users ?? [])];
  let etcd: Etcd | undefined;
  try {
    const tokens = issueTokens(users);
    writeTokenFile(join(folder, FILES.tokens), users, tokens);
    writeServiceAccountKey(join(folder, FILES.serviceAccountKey));
    writeAuditPolicy(join(folder, FILES.auditPolicy));
    etcd = await startEtcd({ binary: options.binaries.etcd, folder, ...removeOnDeath });
    const startOn = apiServerStarter(options, folder, etcd, tokens);
    const { port, server } = await onFreePort(startOn);
    return new RunningControlPlane({
      options,
      folder,
      etcd,
      tokens,
      url: `https://${options.address ?? LOOPBACK}:${port}`,
      server,
      restart: () => startOn(port),
    });
  } catch (error) {
    await etcd?.process.stop(GRACE_MS);
    if (options.keep !== true) removeFolder(folder);
    throw error;
  }
}

type Starter = (port: number) => Promise<TetheredProcess>;

function apiServerStarter(
  options: ControlPlaneOptions,
  folder: string,
  etcd: Etcd,
  tokens: ReadonlyMap<string, string>,
): Starter {
  const kubelets = options.kubelets?.(folder);
  return (port) =>
    startApiServer({
      binary: options.binaries.kubeApiserver,
      folder,
      address: options.address ?? LOOPBACK,
      port,
      ...(kubelets === undefined ? {} : { kubelets }),
      etcdUrl: etcd.url,
      adminToken: tokens.get(ADMIN.name) ?? '',
      extraFlags: options.apiServerFlags ?? [],
      ...(options.keep === true ? {} : { removeOnDeath: folder }),
    });
}

async function onFreePort(startOn: Starter): Promise<{ port: number; server: TetheredProcess }> {
  for (let tries = 1; ; tries++) {
    const port = await freePort();
    try {
      return { port, server: await startOn(port) };
    } catch (error) {
      if (!(error instanceof PortTakenError) || tries >= PORT_TRIES_MAX) throw error;
    }
  }
}

interface Running {
  readonly options: ControlPlaneOptions;
  readonly folder: string;
  readonly etcd: Etcd;
  readonly tokens: ReadonlyMap<string, string>;
  readonly url: string;
  readonly server: TetheredProcess;
  readonly restart: () => Promise<TetheredProcess>;
}

class RunningControlPlane implements ControlPlane {
  readonly #running: Running;
  #server: TetheredProcess;
  readonly url: string;
  readonly ca: string;
  readonly folder: string;
  readonly auditLogPath: string;

  constructor(running: Running) {
    this.#running = running;
    this.#server = running.server;
    this.url = running.url;
    this.ca = readCertificates(running.folder);
    this.folder = running.folder;
    this.auditLogPath = join(running.folder, FILES.auditLog);
  }

  token(user: string = ADMIN.name): string {
    const token = this.#running.tokens.get(user);
    if (token === undefined) {
      const known = [...this.#running.tokens.keys()].join(', ');
      throw new Error(`the control plane has no user "${user}"; it has ${known}`);
    }
    return token;
  }

  kubeconfig(user: string = ADMIN.name): string {
    const path = join(this.folder, `kubeconfig-${user}.json`);
    if (!existsSync(path)) writeKubeconfig(path, this, user, this.token(user));
    return path;
  }

  kubectl(
    args: readonly string[],
    options: { user?: string; stdin?: string } = {},
  ): Promise<string> {
    const setup = {
      binary: this.#running.options.binaries.kubectl,
      kubeconfigPath: this.kubeconfig(options.user),
      cacheFolder: join(this.folder, 'kubectl-cache'),
    };
    return runKubectl(setup, args, options.stdin);
  }

  request(call: Omit<ApiRequest, 'token'> & { readonly user?: string }): Promise<ApiAnswer> {
    const { user, ...rest } = call;
    return callApi(this, { ...rest, token: this.token(user) });
  }

  auditWrites(filter?: AuditFilter): AuditEvent[] {
    return auditWrites(this.auditLogPath, filter);
  }

  pids(): { etcd: number; apiServer: number } {
    return { etcd: this.#running.etcd.process.pid, apiServer: this.#server.pid };
  }

  async killApiServer(): Promise<void> {
    await this.#server.stop(0);
  }

  async startApiServer(): Promise<void> {
    if (this.#server.end() === null) throw new Error('kube-apiserver is running already');
    this.#server = await this.#running.restart();
  }

  async stop(): Promise<void> {
    await this.#server.stop(GRACE_MS);
    await this.#running.etcd.process.stop(GRACE_MS);
    if (this.#running.options.keep !== true) removeFolder(this.folder);
  }
}

function removeFolder(folder: string): void {
  // kubectl or a log may still be writing its last line.
  rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
}
