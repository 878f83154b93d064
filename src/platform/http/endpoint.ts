/**
 * A small HTTP server for fixed paths, GET and HEAD only. Everything that a client can make grow
 * (headers, time, connections) is bounded.
 */
import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { Clock } from '../clock.ts';
import { errorCode } from '../error-code.ts';
import type { Log } from '../log/log.ts';
import { closeServer } from './close-server.ts';
import { type ConnectionLimits, Connections } from './connections.ts';
import { refuseMalformed } from './malformed.ts';
import { pathOf } from './request-parts.ts';
import { logServerErrors } from './server-errors.ts';

export interface HttpLimits extends ConnectionLimits {
  /** From a connection's first byte until all headers have arrived. Then 408. */
  readonly headersTimeoutMs: number;
  /** Until the whole request has arrived. Then 408. At least `headersTimeoutMs`. */
  readonly requestTimeoutMs: number;
  /** How long an idle connection stays open. */
  readonly keepAliveTimeoutMs: number;
  /** A connection without traffic for this long is closed: its client does not read. */
  readonly idleTimeoutMs: number;
  /** Of all headers together. More get a 431. */
  readonly headerBytesMax: number;
  /** The maximum number of headers. More are dropped unread. */
  readonly headersMax: number;
  /** After this many requests a connection is closed, so that load spreads over replicas. */
  readonly requestsPerConnectionMax: number;
}

/**
 * For a port that only kubelets and Prometheus use. Whoever else reaches it can't keep them out: a new
 * connection always gets a place.
 */
export const OPERATIONAL_LIMITS: HttpLimits = {
  headersTimeoutMs: 5000,
  requestTimeoutMs: 10_000,
  keepAliveTimeoutMs: 5000,
  idleTimeoutMs: 30_000,
  headerBytesMax: 8192,
  headersMax: 64,
  // Nobody can keep a place by asking now and then.
  requestsPerConnectionMax: 1,
  connectionsMax: 64,
  connectionsPerPeerMax: null,
  heldBytesMax: 16 * 1024 * 1024,
  unreadTimeoutMs: 10_000,
};

export interface HttpQuestion {
  readonly method: 'GET' | 'HEAD';
  /** Without the query. */
  readonly path: string;
  /** Lower-case names. */
  readonly headers: IncomingMessage['headers'];
  /**
   * Why the client's certificate is not accepted: `none`, if it showed none, or the code of TLS. Null if
   * it is accepted, and without TLS.
   */
  readonly certificateProblem: string | null;
}

export interface HttpAnswer {
  readonly status: number;
  /** Without `content-length`, which is set here. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
}

/** Answers one path, for HEAD too: its body is then not sent. */
export type HttpRoute = (question: HttpQuestion) => HttpAnswer | Promise<HttpAnswer>;

/** The flags for address and port, such as `--host` and `--port`, for an error's advice. */
export interface ListenFlags {
  readonly host: string;
  readonly port: string;
}

export interface HttpEndpointOptions {
  /**
   * An address to bind, such as `127.0.0.1`, `0.0.0.0` or `::`. Null: every address of the machine.
   * That is `::`, which accepts IPv4 as well, or `0.0.0.0` if the kernel has no IPv6
   * (https://nodejs.org/api/net.html#serverlistenport-host-backlog-callback).
   */
  readonly host: string | null;
  /** 0: any free port. */
  readonly port: number;
  readonly flags?: ListenFlags;
  /** By exact path. */
  readonly routes: Readonly<Record<string, HttpRoute>>;
  readonly limits: HttpLimits;
  readonly clock: Clock;
  readonly log: Log;
  /** Called for each answer, 404 and 405 included, to count it. Must not throw. */
  readonly onAnswer?: (path: string | null, status: number) => void;
}

export interface HttpEndpoint {
  readonly port: number;
  /**
   * Accepts no more connections, closes idle ones, lets running answers end, and closes all others
   * after `graceMs`. Resolves when no connection is left. May be called again.
   */
  close(graceMs: number): Promise<void>;
}

/** The port can't be opened: a flag or the machine needs a change. */
export class ListenError extends Error {
  override readonly name = 'ListenError';
  /** Of the system: `EADDRINUSE`, `EACCES`, `EADDRNOTAVAIL`, `ENOTFOUND`. */
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** What to do, and with which flag. */
const LISTEN_ADVICE: Readonly<Record<string, readonly [string, keyof ListenFlags]>> = {
  EADDRINUSE: ['another process listens there; stop it or choose another port', 'port'],
  EACCES: ['this user may not open it; choose a port from 1024 on', 'port'],
  EADDRNOTAVAIL: [
    'this machine does not have that address; choose 0.0.0.0, :: or one that it has',
    'host',
  ],
  ENOTFOUND: ['that is not an address; choose 0.0.0.0, :: or one that this machine has', 'host'],
};

/** How often Node checks connections for their timeouts. */
const CONNECTIONS_CHECK_MS = 1000;
const TEXT = { 'content-type': 'text/plain; charset=utf-8' };

/**
 * Opens the port and answers requests.
 * @throws ListenError
 */
export function startHttpEndpoint(options: HttpEndpointOptions): Promise<HttpEndpoint> {
  return openEndpoint(createServer(serverOptionsOf(options)), options, 'connection');
}

/** What node:http has to be created with. */
export function serverOptionsOf({ limits }: Pick<HttpEndpointOptions, 'limits'>): ServerOptions {
  return {
    headersTimeout: limits.headersTimeoutMs,
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: limits.keepAliveTimeoutMs,
    maxHeaderSize: limits.headerBytesMax,
    connectionsCheckingInterval: Math.min(CONNECTIONS_CHECK_MS, limits.headersTimeoutMs),
  };
}

/**
 * Opens the port of a server that was made with these options.
 * @param event the server's event for a connection on which requests arrive
 * @throws ListenError
 */
export async function openEndpoint(
  server: Server,
  options: HttpEndpointOptions,
  event: 'connection' | 'secureConnection',
): Promise<HttpEndpoint> {
  const { clock, limits } = options;
  let closing: Promise<void> | null = null;
  const stopped = new AbortController();
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const { socket } = request;
    const exchange = connections.isAnswered(socket) ? connections.hold(socket, response) : null;
    if (exchange === null) return;
    // A body is never read, so the connection can't be reused.
    if (closing !== null || hasBody(request)) {
      response.setHeader('connection', 'close');
      connections.endAfterThis(socket);
    }
    response.once('close', () => {
      if (closing !== null) server.closeIdleConnections();
    });
    respond(options, request, response)
      .then(() => connections.holdBytes(exchange, response.writableLength))
      .catch((err: unknown) => {
        options.log.error({ err }, 'an answer could not be written');
        response.destroy();
      });
  });
  server.maxHeadersCount = limits.headersMax;
  server.maxRequestsPerSocket = limits.requestsPerConnectionMax;
  server.timeout = limits.idleTimeoutMs;
  const { signal } = stopped;
  const onClosed = () => {};
  const connections = new Connections(server, { limits, clock, event, signal, onClosed });
  refuseMalformed(server, connections, () => {});
  await listen(server, options);
  logServerErrors(server, options.log, clock);
  return {
    port: (server.address() as AddressInfo).port,
    close(graceMs) {
      closing ??= closeServer(server, clock, graceMs).finally(() => stopped.abort());
      return closing;
    },
  };
}

/** Opens the port. @throws ListenError with advice in its message. */
export function listen(
  server: Server,
  { host, port, flags }: Pick<HttpEndpointOptions, 'host' | 'port' | 'flags'>,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const onError = (error: Error) => {
      const code = errorCode(error);
      const [advice, which] = LISTEN_ADVICE[code] ?? ['choose another port or address', 'port'];
      const by = flags === undefined ? '' : ` (${flags[which]})`;
      const where = host === null ? `port ${port}` : `${host} port ${port}`;
      const message = `can't listen on ${where} (${code}): ${advice}${by}`;
      reject(new ListenError(code, message));
    };
    server.once('error', onError);
    server.listen({ port, ...(host === null ? {} : { host }) }, () => {
      server.off('error', onError);
      resolve();
    });
  });
}

async function respond(
  options: HttpEndpointOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const path = pathOf(request.method ?? '', request.url ?? '');
  const route = Object.hasOwn(options.routes, path) ? options.routes[path] : undefined;
  const answer = await answerOf(route, path, request, options.log);
  options.onAnswer?.(route === undefined ? null : path, answer.status);
  if (response.destroyed) return;
  response.writeHead(answer.status, {
    'x-content-type-options': 'nosniff',
    ...answer.headers,
    // A 304 has no body, and does not state the length of the one it leaves out.
    ...(answer.status === 304 ? {} : { 'content-length': Buffer.byteLength(answer.body) }),
  });
  response.end(request.method === 'HEAD' || answer.status === 304 ? undefined : answer.body);
}

async function answerOf(
  route: HttpRoute | undefined,
  path: string,
  request: IncomingMessage,
  log: Log,
): Promise<HttpAnswer> {
  if (route === undefined) return { status: 404, headers: TEXT, body: 'not found\n' };
  const { method, headers, socket } = request;
  if (method !== 'GET' && method !== 'HEAD') {
    return { status: 405, headers: { ...TEXT, allow: 'GET, HEAD' }, body: 'only GET and HEAD\n' };
  }
  try {
    return await route({ method, path, headers, certificateProblem: certificateProblemOf(socket) });
  } catch (err) {
    log.error({ err, path }, 'a request could not be answered');
    return { status: 500, headers: TEXT, body: 'internal error\n' };
  }
}

function certificateProblemOf(socket: Socket): string | null {
  if (!(socket instanceof TLSSocket) || socket.authorized) return null;
  // Node's own code would be that of an unknown issuer.
  if (socket.getPeerX509Certificate() === undefined) return 'none';
  // Node's types have an Error here; it is the code of one.
  return String(socket.authorizationError);
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) !== 0;
}
