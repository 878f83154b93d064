import { accessSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { KubeConfig, type User } from '@kubernetes/client-node';
// The parser that client-node uses. Its own loadYaml would load all of its models.
import { load } from 'js-yaml';
import { isRecord } from '../../core/formats/is-record.ts';
import { errorCode } from '../error-code.ts';

/** No usable cluster is configured. A program ends with exit code 2 and this message. */
export class KubeConfigError extends Error {
  override readonly name = 'KubeConfigError';
  readonly code = 'KUBECONFIG_INVALID';
}

export interface KubeConfigOptions {
  /** A kubeconfig file. Takes precedence over everything else. */
  readonly kubeconfig?: string;
  /** A context of the kubeconfig. With it, the pod's service account is not used. */
  readonly context?: string;
  /** The parent folder of `/var/run/secrets/…`. Empty by default. */
  readonly serviceAccountRoot?: string;
}

export interface LoadedConfig {
  readonly config: KubeConfig;
  /** Its source, for a log line: `the pod's service account` or the files. */
  readonly source: string;
  readonly server: URL;
  /** The context's default namespace. */
  readonly namespace: string | null;
}

const CORRECT_FILE = 'Correct it, or pass another with --kubeconfig FILE';
const CORRECT_CONTEXT = 'Correct it, or pass --context with another one';
const SERVICE_ACCOUNT_TOKEN = '/var/run/secrets/kubernetes.io/serviceaccount/token';

/**
 * Finds the cluster: the given kubeconfig, else the pod's service account, else `KUBECONFIG`, else
 * `~/.kube/config`. The pod's account comes before the environment, so that a stray kubeconfig in an
 * image can't choose the cluster that an operator works on.
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
      'pod (KUBERNETES_SERVICE_HOST is not set). Pass --kubeconfig FILE or set KUBECONFIG',
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
  return check(config, "the pod's service account");
}

function loadFiles(files: readonly string[], context: string | undefined): LoadedConfig {
  const merged = new KubeConfig();
  merged.currentContext = '';
  for (const file of files) {
    const config = readConfigFile(resolve(file));
    // Like kubectl: the first file that defines a name takes precedence.
    addMissing(merged.clusters, config.clusters);
    addMissing(merged.users, config.users);
    addMissing(merged.contexts, config.contexts);
    merged.currentContext ||= config.currentContext ?? '';
  }
  if (context !== undefined) merged.currentContext = context;
  return check(merged, files.join(delimiter));
}

function addMissing<T extends { name: string }>(to: T[], from: readonly T[]): void {
  for (const entry of from) if (!to.some(({ name }) => name === entry.name)) to.push(entry);
}

function readConfigFile(file: string): KubeConfig {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new KubeConfigError(
      `cannot read the kubeconfig ${file} (${errorCode(error)}). Pass --kubeconfig FILE or set KUBECONFIG`,
    );
  }
  try {
    const config = new KubeConfig();
    config.loadFromString(text);
    config.makePathsAbsolute(dirname(file));
    useTokenFiles(config.users, load(text), dirname(file));
    return config;
  } catch (error) {
    throw new KubeConfigError(`${file} is not a kubeconfig: ${parseFault(error)}. ${CORRECT_FILE}`);
  }
}

/**
 * client-node ignores the field `tokenFile` of a kubeconfig. Its token-file provider, which it uses
 * inside a cluster, does the same and also notices a rotated file.
 */
function useTokenFiles(users: readonly User[], parsed: unknown, directory: string): void {
  const entries = isRecord(parsed) && Array.isArray(parsed['users']) ? parsed['users'] : [];
  for (const entry of entries.filter(isRecord)) {
    const fields = isRecord(entry['user']) ? entry['user'] : {};
    const tokenFile = fields['tokenFile'];
    const user = users.find(({ name }) => name === entry['name']);
    if (typeof tokenFile !== 'string' || tokenFile === '' || user === undefined) continue;
    // Only the types make the fields read-only. The object belongs to this module.
    Object.assign(user, {
      token: undefined,
      authProvider: { name: 'tokenFile', config: { tokenFile: resolve(directory, tokenFile) } },
    });
  }
}

/** Never the parser's own message, which quotes the lines around the fault, tokens included. */
function parseFault(error: unknown): string {
  if (isRecord(error) && isRecord(error['mark']) && typeof error['mark']['line'] === 'number') {
    return `line ${error['mark']['line'] + 1} is not valid YAML`;
  }
  const message = error instanceof Error ? error.message : '';
  return /^(?:clusters|users|contexts)\[\d+\][A-Za-z.]* is missing$/.test(message)
    ? message
    : 'it has no clusters, contexts and users';
}

function check(config: KubeConfig, source: string): LoadedConfig {
  const context = config.contexts.find(({ name }) => name === config.currentContext);
  if (context === undefined) {
    const names = config.contexts.map(({ name }) => name).join(', ');
    const missing =
      config.currentContext === ''
        ? 'current-context'
        : `context ${JSON.stringify(config.currentContext)}`;
    const advice = names === '' ? CORRECT_FILE : `Pass --context with one of these: ${names}`;
    throw new KubeConfigError(`${source} has no ${missing}. ${advice}`);
  }
  const cluster = config.clusters.find(({ name }) => name === context.cluster);
  if (cluster === undefined) {
    throw new KubeConfigError(
      `the context ${JSON.stringify(context.name)} of ${source} names the cluster ` +
        `${JSON.stringify(context.cluster)}, which does not exist. ${CORRECT_CONTEXT}`,
    );
  }
  checkUser(config, context, source);
  return {
    config,
    source,
    server: checkServer(cluster, source),
    namespace: context.namespace ?? null,
  };
}

function checkUser(config: KubeConfig, context: { name: string; user: string }, source: string) {
  if (config.users.some(({ name }) => name === context.user)) return;
  if (context.user !== undefined) {
    throw new KubeConfigError(
      `the context ${JSON.stringify(context.name)} of ${source} names the user ` +
        `${JSON.stringify(context.user)}, which does not exist. ${CORRECT_CONTEXT}`,
    );
  }
  // Without a user, client-node ignores the cluster's CA as well.
  Object.assign(context, { user: '' });
  config.users.push({ name: '' });
}

function checkServer(
  cluster: { server: string; skipTLSVerify?: boolean; proxyUrl?: string },
  source: string,
): URL {
  const server = URL.parse(cluster.server);
  if (server === null || !/^https?:$/.test(server.protocol)) {
    throw new KubeConfigError(
      `${source}: the cluster's server is not an http or https URL. ${CORRECT_FILE}`,
    );
  }
  if (server.protocol === 'http:' && cluster.skipTLSVerify !== true) {
    throw new KubeConfigError(
      `${source}: http to ${server.origin} would expose the token. Use https, or set ` +
        'insecure-skip-tls-verify: true for a proxy on this machine',
    );
  }
  if (cluster.proxyUrl && !isProxyUrl(cluster.proxyUrl)) {
    throw new KubeConfigError(`${source}: proxy-url must be an http or https URL. ${CORRECT_FILE}`);
  }
  return server;
}

/** Name and password must be percent-encoded. */
function isProxyUrl(text: string): boolean {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) return false;
  try {
    decodeURIComponent(url.username + url.password);
    return true;
  } catch {
    return false;
  }
}

function isReadable(file: string): boolean {
  try {
    accessSync(file);
    return true;
  } catch {
    return false;
  }
}
