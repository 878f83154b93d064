/** The cluster of a kubeconfig: where it is, and by which way. */
import { proxyVariable } from '../http/proxy-environment.ts';
import { CORRECT_FILE, KubeConfigError } from './config-error.ts';
import { type Entry, pathIn } from './entries.ts';
import { CLUSTER_FIELDS, type Fields, readFields } from './fields.ts';

export interface ClusterConfig {
  readonly entry: Entry;
  readonly fields: Fields<typeof CLUSTER_FIELDS>;
  readonly server: URL;
  /** Absolute. */
  readonly caFile?: string;
}

const PROXY_PROTOCOLS = /^(?:https?|socks5h?):$/;

/** @throws KubeConfigError that names the field */
export function readCluster(entry: Entry): ClusterConfig {
  const where = `${entry.file}: the cluster ${JSON.stringify(entry.name)}`;
  const fields = readFields(where, entry.fields, CLUSTER_FIELDS);
  if (fields.server === undefined) {
    throw new KubeConfigError(`${where}: server is missing. ${CORRECT_FILE}`);
  }
  const server = URL.parse(fields.server);
  if (server === null || !/^https?:$/.test(server.protocol)) {
    throw new KubeConfigError(`${where}: server is not an http or https URL. ${CORRECT_FILE}`);
  }
  const caFile = fields['certificate-authority'];
  const hasCa = caFile !== undefined || fields['certificate-authority-data'] !== undefined;
  if (caFile !== undefined && fields['certificate-authority-data'] !== undefined) {
    throw bothSet(where, 'certificate-authority', 'certificate-authority-data');
  }
  if (hasCa && fields['insecure-skip-tls-verify'] === true) {
    throw bothSet(where, 'certificate-authority', 'insecure-skip-tls-verify');
  }
  return {
    entry,
    fields,
    server,
    ...(caFile === undefined ? {} : { caFile: pathIn(entry, caFile) }),
  };
}

/** Kubectl refuses these too: one of them would be ignored. */
export function bothSet(where: string, one: string, other: string): KubeConfigError {
  return new KubeConfigError(
    `${where}: only one of ${one} and ${other} can count. ${CORRECT_FILE}`,
  );
}

/**
 * The proxy for requests to the API server, or null. `proxy-url` takes precedence over the environment,
 * and NO_PROXY has no say in it.
 * @throws KubeConfigError that names the field or the variable, and never the URL: it may have a password
 */
export function readProxy(
  server: URL,
  env: Readonly<Record<string, string | undefined>>,
  cluster?: ClusterConfig,
): URL | null {
  const given = cluster?.fields['proxy-url'];
  if (cluster !== undefined && given !== undefined) {
    const name = JSON.stringify(cluster.entry.name);
    const proxy = parseProxy(given);
    if (proxy !== null) return proxy;
    throw badProxy(`${cluster.entry.file}: the cluster ${name}: proxy-url`, CORRECT_FILE);
  }
  const variable = proxyVariable(server, env);
  if (variable === null) return null;
  // Like Go: a host and a port alone are an http proxy.
  const hasProtocol = variable.text.includes('://');
  const proxy = parseProxy(hasProtocol ? variable.text : `http://${variable.text}`);
  if (proxy !== null) return proxy;
  const advice = `Correct it, or name ${server.hostname} in NO_PROXY`;
  throw badProxy(`the environment variable ${variable.name}`, advice);
}

function badProxy(what: string, advice: string): KubeConfigError {
  return new KubeConfigError(`${what} must be an http, https or socks5 URL. ${advice}`);
}

/** Name and password must be percent-encoded. */
function parseProxy(text: string): URL | null {
  const url = URL.parse(text);
  if (url === null || !PROXY_PROTOCOLS.test(url.protocol) || url.hostname === '') return null;
  try {
    decodeURIComponent(url.username + url.password);
    return url;
  } catch {
    return null;
  }
}
