/** Connections through the proxy of a kubeconfig (RFC 9110, section 9.3.6). */
import { Agent, type AgentOptions, type ClientRequest, request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP, isIPv6, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';

export interface TunnelOptions extends AgentOptions, ConnectionOptions {
  /** May have a name and a password. No error contains it. */
  readonly proxy: URL;
  /** Of the API server. */
  readonly protocol: string;
  /** Until the proxy has opened a tunnel. */
  readonly connectTimeoutMs: number;
}

/** What Node's agent passes to `createConnection`, of its own and of this agent's options. */
interface Target extends ConnectionOptions, TunnelRequestOptions {
  readonly host: string;
  readonly port: number;
}

/** What a request may say to this agent, beside the options of node:http. */
export interface TunnelRequestOptions {
  /**
   * Ends the tunnel that is being opened for the request. Node does not tell an agent that a request
   * without a connection was destroyed. Its own option `signal` would close the connection even later,
   * while another request uses it.
   */
  readonly whileOpening?: AbortSignal;
}

/** @param socket the tunnel, with TLS if the server has it */
type OnSocket = (error: Error | null, socket?: Socket) => void;

/** Opens its connections through a proxy. Its errors have codes. */
export class TunnelAgent extends Agent {
  readonly #options: TunnelOptions;
  readonly #opening = new Set<ClientRequest>();

  constructor({ proxy, connectTimeoutMs, ...options }: TunnelOptions) {
    super({ ...options, defaultPort: options.protocol === 'https:' ? 443 : 80 });
    this.#options = { proxy, connectTimeoutMs, ...options };
  }

  /** Whether a tunnel is being opened. */
  get isOpening(): boolean {
    return this.#opening.size > 0;
  }

  // Node's types name options of sockets only, and want a socket for an error as well.
  override createConnection(target: never, onSocket?: unknown): undefined {
    this.#open(target, onSocket as OnSocket);
  }

  /** Ends tunnels that are being opened as well, which Node's agent does not know. */
  override destroy(): void {
    for (const asking of this.#opening) asking.destroy(withCode('CLOSED'));
    super.destroy();
  }

  #open(target: Target, onSocket: OnSocket): void {
    const { proxy, connectTimeoutMs } = this.#options;
    const asking = askForTunnel(proxy, target);
    const expiry = setTimeout(() => {
      asking.destroy(withCode('CONNECT_TIMEOUT'));
    }, connectTimeoutMs);
    this.#opening.add(asking);
    const { whileOpening } = target;
    const onAbort = () => void asking.destroy(withCode('ABORTED'));
    whileOpening?.addEventListener('abort', onAbort, { once: true });
    asking.once('close', () => {
      clearTimeout(expiry);
      whileOpening?.removeEventListener('abort', onAbort);
      this.#opening.delete(asking);
    });
    asking.on('error', onSocket);
    asking.once('connect', ({ statusCode = 0 }, tunnel) => {
      try {
        if (statusCode < 200 || statusCode > 299) throw withCode(`PROXY_STATUS_${statusCode}`);
        onSocket(null, this.#prepare(tunnel, target));
      } catch (error) {
        // Also a client certificate that TLS can't use.
        tunnel.destroy();
        onSocket(error as Error);
      }
    });
    asking.end();
  }

  #prepare(tunnel: Socket, target: Target): Socket {
    tunnel.setKeepAlive(true, this.#options.keepAliveMsecs);
    if (this.#options.protocol !== 'https:') return tunnel;
    return connectTls({ ...target, socket: tunnel });
  }
}

function askForTunnel(proxy: URL, { host, port }: Target): ClientRequest {
  const send = proxy.protocol === 'https:' ? httpsRequest : httpRequest;
  const authority = `${isIPv6(host) ? `[${host}]` : host}:${port}`;
  const proxyHost = withoutBrackets(proxy.hostname);
  return send({
    agent: false,
    method: 'CONNECT',
    host: proxyHost,
    port: proxy.port,
    // TLS has no name for an address. Node would take the name from the header `host`.
    servername: isIP(proxyHost) ? '' : proxyHost,
    path: authority,
    headers: { host: authority, connection: 'keep-alive', ...authorizationOf(proxy) },
  });
}

function authorizationOf({ username, password }: URL): Record<string, string> {
  if (username === '' && password === '') return {};
  const both = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { 'proxy-authorization': `Basic ${Buffer.from(both).toString('base64')}` };
}

/** An IPv6 address has brackets in a URL only. */
export function withoutBrackets(host: string): string {
  return host.replace(/^\[(.*)\]$/, '$1');
}

function withCode(code: string): Error {
  return Object.assign(new Error(code), { code });
}
