/**
 * Connections through a proxy: by CONNECT (RFC 9110, section 9.3.6), or by SOCKS 5 (RFC 1928).
 */
import { Agent, type AgentOptions, request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect as connectTcp, isIP, isIPv6, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import { SocksClient } from 'socks';

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
  readonly #opening = new Set<Opening>();

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
    for (const opening of this.#opening) opening.end(withCode('CLOSED'));
    super.destroy();
  }

  #open(target: Target, onSocket: OnSocket): void {
    const { proxy, connectTimeoutMs } = this.#options;
    const opening = (isSocks(proxy) ? openBySocks : openByConnect)(proxy, target);
    const expiry = setTimeout(() => opening.end(withCode('CONNECT_TIMEOUT')), connectTimeoutMs);
    this.#opening.add(opening);
    const { whileOpening } = target;
    const onAbort = () => opening.end(withCode('ABORTED'));
    whileOpening?.addEventListener('abort', onAbort, { once: true });
    opening.tunnel
      .finally(() => {
        clearTimeout(expiry);
        whileOpening?.removeEventListener('abort', onAbort);
        this.#opening.delete(opening);
      })
      .then((tunnel) => this.#hand(tunnel, target, onSocket), onSocket);
  }

  #hand(tunnel: Socket, target: Target, onSocket: OnSocket): void {
    let socket: Socket;
    try {
      socket = this.#prepare(tunnel, target);
    } catch (error) {
      // A client certificate that TLS can't use.
      tunnel.destroy();
      onSocket(error as Error);
      return;
    }
    onSocket(null, socket);
  }

  #prepare(tunnel: Socket, target: Target): Socket {
    tunnel.setKeepAlive(true, this.#options.keepAliveMsecs);
    if (this.#options.protocol !== 'https:') return tunnel;
    return connectTls({ ...target, socket: tunnel });
  }
}

/** A tunnel that is being opened. */
interface Opening {
  /** Rejects with an error that has a code. */
  readonly tunnel: Promise<Socket>;
  end(error: Error): void;
}

function isSocks(proxy: URL): boolean {
  return proxy.protocol.startsWith('socks');
}

function openByConnect(proxy: URL, { host, port }: Target): Opening {
  const send = proxy.protocol === 'https:' ? httpsRequest : httpRequest;
  const authority = `${isIPv6(host) ? `[${host}]` : host}:${port}`;
  const proxyHost = withoutBrackets(proxy.hostname);
  const asking = send({
    agent: false,
    method: 'CONNECT',
    host: proxyHost,
    port: proxy.port,
    // TLS has no name for an address. Node would take the name from the header `host`.
    servername: isIP(proxyHost) ? '' : proxyHost,
    path: authority,
    headers: { host: authority, connection: 'keep-alive', ...authorizationOf(proxy) },
  });
  const tunnel = new Promise<Socket>((resolve, reject) => {
    asking.on('error', reject);
    asking.once('connect', ({ statusCode = 0 }, socket) => {
      if (statusCode >= 200 && statusCode <= 299) return resolve(socket);
      socket.destroy();
      reject(withCode(`PROXY_STATUS_${statusCode}`));
    });
  });
  asking.end();
  return { tunnel, end: (error) => void asking.destroy(error) };
}

const SOCKS_PORT = 1080;

/** The proxy looks the server's name up, as Go's client lets it, with `socks5` and `socks5h`. */
function openBySocks(proxy: URL, { host, port }: Target): Opening {
  const at = { host: withoutBrackets(proxy.hostname), port: Number(proxy.port) || SOCKS_PORT };
  const socket = connectTcp(at);
  const ended = new Promise<never>((_, reject) => {
    socket.on('error', reject);
    socket.once('close', () => reject(withCode('PROXY_CLOSED')));
  });
  const asked = new Promise<void>((resolve) => socket.once('connect', resolve)).then(() =>
    SocksClient.createConnection({
      proxy: { ...at, type: 5, ...passwordOf(proxy) },
      command: 'connect',
      // Node may pass the port as a text, which SOCKS' library refuses.
      destination: { host, port: Number(port) },
      existing_socket: socket,
    }).catch(() => {
      // Its own errors hold the password.
      throw withCode('PROXY_REFUSED');
    }),
  );
  // Whichever comes second is nobody's any more.
  asked.catch(() => undefined);
  const tunnel = Promise.race([asked, ended]).then(
    () => socket,
    (error: Error) => {
      socket.destroy();
      throw error;
    },
  );
  ended.catch(() => undefined);
  return { tunnel, end: (error) => void socket.destroy(error) };
}

function passwordOf({ username, password }: URL): { userId?: string; password?: string } {
  if (username === '' && password === '') return {};
  return { userId: decodeURIComponent(username), password: decodeURIComponent(password) };
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
