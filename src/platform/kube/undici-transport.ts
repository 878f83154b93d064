import { Agent, type Dispatcher, ProxyAgent } from 'undici';
import type { Clock } from '../clock.ts';
import { Slots } from '../slots.ts';
import { type KubeConfigOptions, loadKubeConfig } from './config.ts';
import { CredentialSource, type TlsIdentity } from './credentials.ts';
import { exchange } from './exchange.ts';
import { LEASES } from './resources.ts';
import { type KubeRequest, type Transport, TransportError } from './transport.ts';

/** At once, of everything but leases and watches; further requests queue. */
export const REQUEST_CONNECTIONS_MAX = 8;
/**
 * Leases have a pool of their own: whoever can't renew one in time ends its process, so requests
 * that hang must not hold that up. One for a renewal that hangs itself, one for the next.
 */
export const LEASE_CONNECTIONS_MAX = 2;
/**
 * Each watch occupies one, so they have a pool of their own and never starve the requests. It has
 * no bound: a watch that queued would see nothing, and say nothing of it. How many there are, the
 * reflectors bound: one a type and namespace.
 */
const WATCH_CONNECTIONS_MAX = null;
export const CONNECT_TIMEOUT_MS = 10_000;
/** The API server itself ends a request after 60 s. The client's own bounds are tighter. */
export const HEADERS_TIMEOUT_MS = 65_000;
/** Between two pieces of an answer. */
export const BODY_TIMEOUT_MS = 30_000;
/** Bookmarks come about each minute; the reflector's own bound is tighter. */
export const WATCH_BODY_TIMEOUT_MS = 300_000;
/** Shorter than the 90 s after which a kube-apiserver closes an idle connection. */
export const KEEP_ALIVE_MS = 30_000;
const USER_AGENT = 'signing-key-operator';

export interface KubeTransportOptions extends KubeConfigOptions {
  readonly clock: Clock;
}

export interface KubeTransport extends Transport {
  /** Where the configuration came from, for a log line. */
  readonly source: string;
  /** Origin and path prefix of the API server. */
  readonly server: string;
  /** The default namespace of the context or of the pod, where there is one. */
  readonly namespace: string | null;
  /** Ends at once what is still open. */
  close(): Promise<void>;
}

const POOLS = {
  requests: { connectionsMax: REQUEST_CONNECTIONS_MAX, bodyTimeoutMs: BODY_TIMEOUT_MS },
  leases: { connectionsMax: LEASE_CONNECTIONS_MAX, bodyTimeoutMs: BODY_TIMEOUT_MS },
  watches: { connectionsMax: WATCH_CONNECTIONS_MAX, bodyTimeoutMs: WATCH_BODY_TIMEOUT_MS },
} as const;
type PoolName = keyof typeof POOLS;

/** One for each pool, of one identity. */
interface Agents extends Readonly<Record<PoolName, Dispatcher>> {
  readonly fingerprint: string;
}

/**
 * The way to a real API server: configuration and auth of @kubernetes/client-node over agents
 * of this module's own. client-node would open a TLS connection for each request, speak HTTP/2
 * (whose shared connection never recovers on a half-open link) and wait for 300 s.
 * @throws KubeConfigError where no cluster is configured
 */
export function createKubeTransport(options: KubeTransportOptions): KubeTransport {
  const { config, source, server, namespace } = loadKubeConfig(options);
  const reload = () => loadKubeConfig(options).config;
  const credentials = new CredentialSource(config, reload, options.clock);
  const target = { origin: server.origin, prefix: server.pathname.replace(/\/$/, '') };
  const proxy = config.getCurrentCluster()?.proxyUrl;
  const slots = createSlots();
  let isClosed = false;
  let agents: Agents | null = null;
  const retired = new Set<Dispatcher>();

  const agentsFor = (tls: TlsIdentity): Agents => {
    if (agents?.fingerprint === tls.fingerprint) return agents;
    // Open requests and watches end on the old connections; nothing new goes there.
    for (const agent of allOf(agents)) {
      retired.add(agent);
      agent.close().then(
        () => retired.delete(agent),
        () => retired.delete(agent),
      );
    }
    agents = createAgents(tls, proxy);
    return agents;
  };

  /** All that has to be there before a request can go out. */
  const prepare = async (request: KubeRequest, pool: PoolName, signal: AbortSignal) => {
    const { headers, tls } = await credentials.current(signal);
    if (isClosed) {
      const message = `${request.method} ${request.path}: not sent, for this program ends`;
      throw new TransportError('CLOSED', message);
    }
    return { dispatcher: agentsFor(tls)[pool], options: optionsOf(request, target, headers) };
  };

  return {
    source,
    namespace,
    server: target.origin + target.prefix,
    async send(request, signal) {
      const pool = poolOf(request);
      const giveBack = await slots[pool].take(signal);
      const { dispatcher, options } = await prepare(request, pool, signal).catch((error) => {
        giveBack();
        throw error;
      });
      const response = await exchange(dispatcher, options, request, signal, giveBack);
      if (response.status === 401) credentials.renew();
      return response;
    },
    async close() {
      isClosed = true;
      const all = [...retired, ...allOf(agents)];
      agents = null;
      await Promise.all(all.map((agent) => agent.destroy()));
    },
  };
}

interface Target {
  readonly origin: string;
  /** Of the path; may be empty. */
  readonly prefix: string;
}

const LEASE_PATHS = `/apis/${LEASES.group}/`;

function poolOf({ path, query }: KubeRequest): PoolName {
  if (query?.['watch'] === 'true') return 'watches';
  return path.startsWith(LEASE_PATHS) ? 'leases' : 'requests';
}

/**
 * Requests wait here and not in undici: there one that was aborted keeps its place, and one that
 * waited long goes out as it was when it came.
 */
function createSlots(): Readonly<Record<PoolName, Slots>> {
  const create = (pool: PoolName) =>
    new Slots(POOLS[pool].connectionsMax ?? Number.POSITIVE_INFINITY);
  return { requests: create('requests'), leases: create('leases'), watches: create('watches') };
}

function allOf(agents: Agents | null): Dispatcher[] {
  return agents === null ? [] : [agents.requests, agents.leases, agents.watches];
}

function createAgents(tls: TlsIdentity, proxy: string | undefined): Agents {
  const connect = {
    ...tls.options,
    allowH2: false,
    timeout: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    // A half-open link is found by TCP probes well before any bound of this module.
    keepAliveInitialDelay: 30_000,
  };
  const create = (pool: PoolName): Dispatcher => {
    const options = {
      allowH2: false,
      connections: POOLS[pool].connectionsMax,
      pipelining: 1,
      connectTimeout: CONNECT_TIMEOUT_MS,
      headersTimeout: HEADERS_TIMEOUT_MS,
      bodyTimeout: POOLS[pool].bodyTimeoutMs,
      keepAliveTimeout: KEEP_ALIVE_MS,
      keepAliveMaxTimeout: KEEP_ALIVE_MS,
    };
    return proxy
      ? new ProxyAgent({ ...options, uri: proxy, requestTls: connect })
      : new Agent({ ...options, connect });
  };
  return {
    fingerprint: tls.fingerprint,
    requests: create('requests'),
    leases: create('leases'),
    watches: create('watches'),
  };
}

/** As it goes out: only a new connection's handshake may still come before it. */
function optionsOf(
  request: KubeRequest,
  { origin, prefix }: Target,
  credentials: Readonly<Record<string, string>>,
): Omit<Dispatcher.RequestOptions, 'signal'> {
  const query = new URLSearchParams({ ...request.query, ...request.lateQuery?.() }).toString();
  return {
    origin,
    path: `${prefix}${request.path}${query === '' ? '' : `?${query}`}`,
    method: request.method,
    headers: { 'user-agent': USER_AGENT, ...request.headers, ...credentials },
    body: request.body ?? null,
  };
}
