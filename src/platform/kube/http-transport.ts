import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { HttpProxyAgent, HttpsProxyAgent } from 'hpagent';
import type { Clock } from '../clock.ts';
import { Slots } from '../slots.ts';
import { type KubeConfigOptions, loadKubeConfig } from './config.ts';
import { CredentialSource, type TlsIdentity } from './credentials.ts';
import { exchange, type Outgoing, type SilenceBounds } from './exchange.ts';
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
const WATCH_CONNECTIONS_MAX = Number.POSITIVE_INFINITY;
/** While a connection is made. */
export const CONNECT_TIMEOUT_MS = 10_000;
/** The API server itself ends a request after 60 s. The client's own bounds are tighter. */
export const HEADERS_TIMEOUT_MS = 65_000;
/** Between two pieces of an answer. */
export const BODY_TIMEOUT_MS = 30_000;
/** Bookmarks come about each minute; the reflector's own bound is tighter. */
export const WATCH_BODY_TIMEOUT_MS = 300_000;
/** Shorter than the 90 s after which a kube-apiserver closes an idle connection. */
export const KEEP_ALIVE_MS = 30_000;
/** Until TCP itself asks whether the peer of a silent connection is still there. */
const TCP_PROBE_DELAY_MS = 30_000;
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

const CONNECTIONS_MAX = {
  requests: REQUEST_CONNECTIONS_MAX,
  leases: LEASE_CONNECTIONS_MAX,
  watches: WATCH_CONNECTIONS_MAX,
} as const;
type PoolName = keyof typeof CONNECTIONS_MAX;

function boundsOf(pool: PoolName): SilenceBounds {
  return {
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
    headersTimeoutMs: HEADERS_TIMEOUT_MS,
    bodyTimeoutMs: pool === 'watches' ? WATCH_BODY_TIMEOUT_MS : BODY_TIMEOUT_MS,
  };
}

/** One for each pool, of one identity. */
interface Agents extends Readonly<Record<PoolName, HttpAgent>> {
  readonly fingerprint: string;
}

/**
 * The way to a real API server: configuration and credentials of @kubernetes/client-node over agents
 * of this module's own. client-node would open a TLS connection for each request, speak HTTP/2
 * (whose shared connection never recovers on a half-open link) and wait for 300 s.
 * @throws KubeConfigError if no cluster is configured
 */
export function createKubeTransport(options: KubeTransportOptions): KubeTransport {
  const { config, source, server, namespace } = loadKubeConfig(options);
  const reload = () => loadKubeConfig(options).config;
  const credentials = new CredentialSource(config, reload, options.clock);
  const prefix = server.pathname.replace(/\/$/, '');
  const agents = new AgentSource(server, config.getCurrentCluster()?.proxyUrl);
  const slots = createSlots();

  /** All that has to be there before a request can go out. */
  const prepare = async (request: KubeRequest, pool: PoolName, signal: AbortSignal) => {
    const { headers, tls } = await credentials.current(signal);
    if (agents.isClosed) {
      const message = `${request.method} ${request.path}: not sent, because this program ends`;
      throw new TransportError('CLOSED', message);
    }
    return {
      pool: { agent: agents.for(tls)[pool], ...boundsOf(pool) },
      outgoing: outgoingOf(request, server, prefix, headers),
    };
  };

  return {
    source,
    namespace,
    server: server.origin + prefix,
    async send(request, signal) {
      const name = poolOf(request);
      const giveBack = await slots[name].take(signal);
      const { pool, outgoing } = await prepare(request, name, signal).catch((error) => {
        giveBack();
        throw error;
      });
      const response = await exchange(pool, outgoing, request, signal, giveBack);
      if (response.status === 401) credentials.renew();
      return response;
    },
    async close() {
      agents.close();
    },
  };
}

const LEASE_PATHS = `/apis/${LEASES.group}/`;

function poolOf({ path, query }: KubeRequest): PoolName {
  if (query?.['watch'] === 'true') return 'watches';
  return path.startsWith(LEASE_PATHS) ? 'leases' : 'requests';
}

/**
 * Requests wait here and not in an agent: there, one that waited long goes out as it was when it
 * came.
 */
function createSlots(): Readonly<Record<PoolName, Slots>> {
  const create = (pool: PoolName) => new Slots(CONNECTIONS_MAX[pool]);
  return { requests: create('requests'), leases: create('leases'), watches: create('watches') };
}

/** Connections of one TLS identity are not used for another: a new one gets new agents. */
class AgentSource {
  readonly #server: URL;
  readonly #proxyUrl: string | undefined;
  #agents: Agents | null = null;
  /** Of earlier identities, as long as a request or a watch is open on them. */
  #retired: readonly HttpAgent[] = [];
  #isClosed = false;

  constructor(server: URL, proxyUrl: string | undefined) {
    this.#server = server;
    this.#proxyUrl = proxyUrl;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  for(tls: TlsIdentity): Agents {
    if (this.#agents?.fingerprint === tls.fingerprint) return this.#agents;
    // What is open ends on the old connections; nothing new goes there, and idle ones time out.
    this.#retired = [...this.#retired, ...allOf(this.#agents)].filter(hasConnections);
    const create = (pool: PoolName) => this.#create(tls, CONNECTIONS_MAX[pool]);
    this.#agents = {
      fingerprint: tls.fingerprint,
      requests: create('requests'),
      leases: create('leases'),
      watches: create('watches'),
    };
    return this.#agents;
  }

  close(): void {
    this.#isClosed = true;
    for (const agent of [...this.#retired, ...allOf(this.#agents)]) agent.destroy();
  }

  #create(tls: TlsIdentity, connectionsMax: number): HttpAgent {
    const proxy = this.#proxyUrl;
    const options = {
      keepAlive: true,
      // A half-open link is found by TCP probes well before any bound of this module.
      keepAliveMsecs: TCP_PROBE_DELAY_MS,
      maxSockets: connectionsMax,
      // Of an idle connection; a request sets its own.
      timeout: KEEP_ALIVE_MS,
    };
    if (this.#server.protocol === 'https:') {
      const secure = { ...options, ...tls.options };
      return proxy ? new HttpsProxyAgent({ ...secure, proxy }) : new HttpsAgent(secure);
    }
    return proxy ? new HttpProxyAgent({ ...options, proxy }) : new HttpAgent(options);
  }
}

function allOf(agents: Agents | null): HttpAgent[] {
  return agents === null ? [] : [agents.requests, agents.leases, agents.watches];
}

function hasConnections({ sockets, freeSockets }: HttpAgent): boolean {
  return Object.keys(sockets).length + Object.keys(freeSockets).length > 0;
}

/** As it goes out: only a new connection's handshake may still come before it. */
function outgoingOf(
  request: KubeRequest,
  server: URL,
  prefix: string,
  credentials: Readonly<Record<string, string>>,
): Outgoing {
  const query = new URLSearchParams({ ...request.query, ...request.lateQuery?.() }).toString();
  return {
    server,
    path: `${prefix}${request.path}${query === '' ? '' : `?${query}`}`,
    headers: { 'user-agent': USER_AGENT, ...request.headers, ...credentials },
  };
}
