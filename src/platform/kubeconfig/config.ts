import { accessSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { KubeConfig, type User } from '@kubernetes/client-node';
import { type ClusterConfig, readCluster, readProxy } from './cluster.ts';
import { CORRECT_FILE, KubeConfigError } from './config-error.ts';
import { type Entries, type Entry, readEntries } from './entries.ts';
import type { ExecPlugin } from './exec-plugin.ts';
import { CONTEXT_FIELDS, readFields } from './fields.ts';
import type { Headers } from './impersonation.ts';
import { readUser } from './user.ts';

export { KubeConfigError } from './config-error.ts';

export interface KubeConfigOptions {
  /** A kubeconfig file. Takes precedence over everything else. */
  readonly kubeconfig?: string;
  /** A context of the kubeconfig. With it, the pod's service account is not used. */
  readonly context?: string;
  /** The parent folder of `/var/run/secrets/…`. Empty by default. */
  readonly serviceAccountRoot?: string;
}

export interface LoadedConfig {
  /** For credentials: exactly the one cluster and user that are used. */
  readonly config: KubeConfig;
  /** Its source, for a log line: `the pod's service account` or the files. */
  readonly source: string;
  readonly server: URL;
  /** May have a name and a password. */
  readonly proxy: URL | null;
  /** Headers that ask to act as somebody else. */
  readonly impersonation: Headers;
  readonly plugin: ExecPlugin | null;
  /** The context's default namespace. */
  readonly namespace: string | null;
}

const CORRECT_CONTEXT = 'Correct it, or pass --context with another one';
const SERVICE_ACCOUNT_TOKEN = '/var/run/secrets/kubernetes.io/serviceaccount/token';
const NAMESPACE = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/;

/**
 * Finds the cluster: the given kubeconfig, else the pod's service account, else `KUBECONFIG`, else
 * `~/.kube/config`. The pod's account comes before the environment, so that a stray kubeconfig in an
 * image can't choose the cluster that an operator works on.
 *
 * A kubeconfig means what it means for kubectl, or is refused.
 * @throws KubeConfigError with what is missing and what to do
 */
export function loadKubeConfig(options: KubeConfigOptions): LoadedConfig {
  if (options.kubeconfig !== undefined) return loadFiles([options.kubeconfig], options.context);
  const root = options.serviceAccountRoot ?? '';
  const inCluster = (process.env['KUBERNETES_SERVICE_HOST'] ?? '') !== '';
  if (inCluster && options.context === undefined) return loadServiceAccount(root);
  const fromEnvironment = (process.env['KUBECONFIG'] ?? '').split(delimiter).filter(Boolean);
  if (fromEnvironment.length > 0) {
    // Like kubectl: missing files are skipped if there are others.
    const files = fromEnvironment.filter(isReadable);
    return loadFiles(files.length > 0 ? files : fromEnvironment, options.context);
  }
  const fallback = join(homedir(), '.kube', 'config');
  if (isReadable(fallback)) return loadFiles([fallback], options.context);
  throw new KubeConfigError(
    `no cluster is configured: there is no ${fallback}, KUBECONFIG is not set and this is not a ` +
      'pod (KUBERNETES_SERVICE_HOST is not set). Pass --kubeconfig FILE or set KUBECONFIG' +
      ((process.env['KUBERNETES_MASTER'] ?? '') === ''
        ? ''
        : '. KUBERNETES_MASTER is set, but this program reads it from nowhere: write it into a kubeconfig'),
  );
}

function loadServiceAccount(root: string): LoadedConfig {
  const tokenFile = root + SERVICE_ACCOUNT_TOKEN;
  if (!isReadable(tokenFile)) {
    throw new KubeConfigError(
      `this is a pod (KUBERNETES_SERVICE_HOST is set), but ${tokenFile} can't be read. Set ` +
        'automountServiceAccountToken: true, or pass --kubeconfig FILE',
    );
  }
  const config = new KubeConfig();
  config.loadFromCluster(root);
  const server = new URL(config.getCurrentCluster()?.server ?? '');
  // Like kubectl, which takes it for a namespace that somebody chose.
  const chosen = process.env['POD_NAMESPACE'] ?? '';
  const mounted = config.getContextObject(config.currentContext)?.namespace?.trim();
  return {
    config,
    source: "the pod's service account",
    server,
    proxy: readProxy(server, process.env),
    impersonation: {},
    plugin: null,
    namespace: chosen || mounted || null,
  };
}

function loadFiles(files: readonly string[], context: string | undefined): LoadedConfig {
  const source = files.join(delimiter);
  const chosen = choose(readEntries(files), context, source);
  const cluster = readCluster(chosen.cluster);
  const { user, impersonation, plugin } = readUser(chosen.user, cluster);
  return {
    config: clientConfig(cluster, user),
    source,
    server: cluster.server,
    proxy: readProxy(cluster.server, process.env, cluster),
    impersonation,
    plugin,
    namespace: chosen.namespace,
  };
}

interface Chosen {
  readonly cluster: Entry;
  readonly user: Entry;
  readonly namespace: string | null;
}

function choose(entries: Entries, wanted: string | undefined, source: string): Chosen {
  const context = chooseContext(entries, wanted ?? entries.currentContext, source);
  const where = `the context ${JSON.stringify(context.name)} of ${source}`;
  const { cluster, user, namespace } = readFields(where, context.fields, CONTEXT_FIELDS);
  if (cluster === undefined) {
    throw new KubeConfigError(`${where}: cluster is missing. ${CORRECT_CONTEXT}`);
  }
  if (namespace !== undefined && !NAMESPACE.test(namespace)) {
    throw new KubeConfigError(`${where}: namespace is not a namespace's name. ${CORRECT_CONTEXT}`);
  }
  const find = (list: readonly Entry[], kind: string, name: string) => {
    const found = list.find((entry) => entry.name === name);
    if (found !== undefined) return found;
    const shown = JSON.stringify(name);
    throw new KubeConfigError(
      `${where} names the ${kind} ${shown}, which does not exist. ${CORRECT_CONTEXT}`,
    );
  };
  return {
    cluster: find(entries.clusters, 'cluster', cluster),
    // Without a user, requests have no credentials.
    user:
      user === undefined
        ? { name: '', file: context.file, fields: {} }
        : find(entries.users, 'user', user),
    namespace: namespace ?? null,
  };
}

function chooseContext({ contexts }: Entries, wanted: string, source: string): Entry {
  const context = contexts.find(({ name }) => name === wanted);
  if (context !== undefined) return context;
  const names = contexts.map(({ name }) => name).join(', ');
  const missing = wanted === '' ? 'current-context' : `context ${JSON.stringify(wanted)}`;
  const advice = names === '' ? CORRECT_FILE : `Pass --context with one of these: ${names}`;
  throw new KubeConfigError(`${source} has no ${missing}. ${advice}`);
}

/** What client-node needs to make credentials. It makes no connection, so it knows no proxy. */
function clientConfig(cluster: ClusterConfig, user: User): KubeConfig {
  const { fields, server, caFile } = cluster;
  const config = new KubeConfig();
  config.loadFromOptions({
    clusters: [
      {
        name: cluster.entry.name,
        server: server.href,
        ...(caFile === undefined ? {} : { caFile }),
        ...(fields['certificate-authority-data'] === undefined
          ? {}
          : { caData: fields['certificate-authority-data'] }),
        ...(fields['tls-server-name'] === undefined
          ? {}
          : { tlsServerName: fields['tls-server-name'] }),
        // client-node refuses http without it, where it means nothing.
        skipTLSVerify: fields['insecure-skip-tls-verify'] === true || server.protocol === 'http:',
      },
    ],
    users: [user],
    contexts: [{ name: 'used', cluster: cluster.entry.name, user: user.name }],
    currentContext: 'used',
  });
  return config;
}

function isReadable(file: string): boolean {
  try {
    accessSync(file);
    return true;
  } catch {
    return false;
  }
}
