import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { Clock } from '../clock.ts';
import { TunnelAgent } from '../http/tunnel-agent.ts';
import { type KubeConfigOptions, loadKubeConfig } from '../kubeconfig/config.ts';
import type { Headers } from '../kubeconfig/impersonation.ts';
import { Slots } from '../slots.ts';
import { CredentialSource, type TlsIdentity } from './credentials.ts';
import { exchange, type Outgoing, type SilenceBounds } from './exchange.ts';
import { LEASES } from './resources.ts';
import { type KubeRequest, type Transport, TransportError } from './transport.ts';

/** For all requests except leases and watches. More of them wait. */
export const REQUEST_CONNECTIONS_MAX = 8;
/**
 * Leases have a separate pool: a process that can't renew its lease in time ends, so hanging requests
 * must not delay that. One connection for a renewal that hangs, one for the next.
 */
export const LEASE_CONNECTIONS_MAX = 2;
/**
 * Each watch keeps one open, so a separate pool leaves enough for the requests. It has no maximum: a
 * watch that waited would silently see nothing. There is one per type and namespace.
 */
const WATCH_CONNECTIONS_MAX = Number.POSITIVE_INFINITY;
/** While a connection is made. */
export const CONNECT_TIMEOUT_MS = 10_000;
/** The API server itself ends a request after 60 s. The client's own bounds are tighter. */
export const HEADERS_TIMEOUT_MS = 65_000;
/** Between two pieces of an answer. */
export const BODY_TIMEOUT_MS = 30_000;
/** Bookmarks arrive about every minute. The reflector's own bound is tighter. */
export const WATCH_BODY_TIMEOUT_MS = 300_000;
/** Shorter than the 90 s after which a kube-apiserver closes an idle connection. */
export const KEEP_ALIVE_MS = 30_000;
/** After this much silence TCP checks whether the peer still exists. */
const TCP_PROBE_DELAY_MS = 30_000;
const USER_AGENT = 'signing-key-operator';

export interface KubeTransportOptions extends KubeConfigOptions {
  readonly clock: Clock;
}

export interface KubeTransport extends Transport {
  /** The source of the configuration, for a log line. */
  readonly source: string;
  /** Origin and path prefix of the API server. */
  readonly server: string;
  /** The default namespace of the context or the pod, if there is one. */
  readonly namespace: string | null;
  /** Closes all connections immediately. */
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
 * Connects to a real API server, with the configuration and credentials of @kubernetes/client-node but
 * with agents of this module. client-node would open a TLS connection for each request, use HTTP/2
 * (whose shared connection never recovers from a half-open link) and wait for 300 s.
 * @throws KubeConfigError if no cluster is configured
 */
export function createKubeTransport(options: KubeTransportOptions): KubeTransport {
  const loaded = loadKubeConfig(options);
  const { source, server, proxy, namespace } = loaded;
  const credentials = new CredentialSource(loaded, () => loadKubeConfig(options), options.clock);
  const prefix = server.pathname.replace(/\/$/, '');
  const agents = new AgentSource(server, proxy);
  const slots = createSlots();

  /** Gets everything that a request needs before it can be sent. */
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
 * Requests queue here, before their credentials are fetched. An agent's own queue would send them later,
 * with credentials that may have expired.
 */
function createSlots(): Readonly<Record<PoolName, Slots>> {
  const create = (pool: PoolName) => new Slots(CONNECTIONS_MAX[pool]);
  return { requests: create('requests'), leases: create('leases'), watches: create('watches') };
}

/** Creates new agents for each TLS identity, because identities must not share connections. */
class AgentSource {
  readonly #server: URL;
  readonly #proxy: URL | null;
  #agents: Agents | null = null;
  /** Of earlier identities, while they have open connections. */
  #retired: readonly HttpAgent[] = [];
  #isClosed = false;

  constructor(server: URL, proxy: URL | null) {
    this.#server = server;
    this.#proxy = proxy;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  for(tls: TlsIdentity): Agents {
    if (this.#agents?.fingerprint === tls.fingerprint) return this.#agents;
    // Running requests and watches end on the old connections. Idle ones time out.
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
    const options = {
      keepAlive: true,
      // TCP probes find a half-open link well before any bound of this module.
      keepAliveMsecs: TCP_PROBE_DELAY_MS,
      maxSockets: connectionsMax,
      // For idle connections. Requests set their own.
      timeout: KEEP_ALIVE_MS,
    };
    const { protocol } = this.#server;
    const secure = { ...options, ...tls.options };
    const proxy = this.#proxy;
    if (proxy !== null) {
      return new TunnelAgent({ ...secure, proxy, protocol, connectTimeoutMs: CONNECT_TIMEOUT_MS });
    }
    return protocol === 'https:' ? new HttpsAgent(secure) : new HttpAgent(options);
  }
}

function allOf(agents: Agents | null): HttpAgent[] {
  return agents === null ? [] : [agents.requests, agents.leases, agents.watches];
}

function hasConnections(agent: HttpAgent): boolean {
  const lists = [...Object.values(agent.sockets), ...Object.values(agent.freeSockets)];
  if (agent instanceof TunnelAgent && agent.isOpening) return true;
  return lists.some((sockets) => sockets !== undefined && sockets.length > 0);
}

/** The request as it is sent. Only a new connection's handshake may delay it now. */
function outgoingOf(
  request: KubeRequest,
  server: URL,
  prefix: string,
  credentials: Headers,
): Outgoing {
  const query = new URLSearchParams({ ...request.query, ...request.lateQuery?.() }).toString();
  return {
    server,
    path: `${prefix}${request.path}${query === '' ? '' : `?${query}`}`,
    headers: { 'user-agent': USER_AGENT, ...request.headers, ...credentials },
  };
}
