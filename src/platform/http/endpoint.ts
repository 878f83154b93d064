/**
 * A small HTTP server for fixed paths: GET and HEAD only, with a limit on everything that a
 * stranger can make grow (headers, time, connections). It has no opinion about what it serves.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '../clock.ts';
import { errorCode } from '../error-code.ts';
import type { Log } from '../log/log.ts';
import { closeServer } from './close-server.ts';
import { logServerErrors } from './server-errors.ts';

export interface HttpLimits {
  /** From the connection's first byte until all headers are in; then 408. */
  readonly headersTimeoutMs: number;
  /** Until the whole request is in; then 408. At least `headersTimeoutMs`. */
  readonly requestTimeoutMs: number;
  /** How long an idle connection is kept for a next request. */
  readonly keepAliveTimeoutMs: number;
  /** A connection on which nothing moves for so long is cut: a client that does not read. */
  readonly idleTimeoutMs: number;
  /** Headers in bytes; then 431. */
  readonly headerBytesMax: number;
  /** Number of headers; further ones are dropped unread. */
  readonly headersMax: number;
  /** Connections at a time; further ones are closed at once. */
  readonly connectionsMax: number;
  /** Requests on one connection; then it is closed, so that load spreads over replicas. */
  readonly requestsPerConnectionMax: number;
}

/** For a port that only kubelets and Prometheus ask. */
export const OPERATIONAL_LIMITS: HttpLimits = {
  headersTimeoutMs: 5000,
  requestTimeoutMs: 10_000,
  keepAliveTimeoutMs: 5000,
  idleTimeoutMs: 30_000,
  headerBytesMax: 8192,
  headersMax: 64,
  connectionsMax: 64,
  requestsPerConnectionMax: 1000,
};

export interface HttpQuestion {
  readonly method: 'GET' | 'HEAD';
  /** Without the query. */
  readonly path: string;
  /** Lower-case names. */
  readonly headers: IncomingMessage['headers'];
}

export interface HttpAnswer {
  readonly status: number;
  /** Beside `content-length`, which is set here. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
}

/** Answers one path. Asked for HEAD too, whose body is then not sent. */
export type HttpRoute = (question: HttpQuestion) => HttpAnswer | Promise<HttpAnswer>;

/** What a user calls address and port, such as `--host` and `--port`, for the advice of an error. */
export interface ListenFlags {
  readonly host: string;
  readonly port: string;
}

export interface HttpEndpointOptions {
  /**
   * An address to bind, such as `127.0.0.1`, `0.0.0.0` or `::`. Null: every address of the machine.
   * That is `::`, which IPv4 reaches too, and where the kernel has no IPv6, `0.0.0.0`
   * (https://nodejs.org/api/net.html#serverlistenport-host-backlog-callback).
   */
  readonly host: string | null;
  /** 0 for any free one. */
  readonly port: number;
  readonly flags?: ListenFlags;
  /** By exact path. */
  readonly routes: Readonly<Record<string, HttpRoute>>;
  readonly limits: HttpLimits;
  readonly clock: Clock;
  readonly log: Log;
  /** Told of each answer, 404 and 405 included, for counting. Must not throw. */
  readonly onAnswer?: (path: string | null, status: number) => void;
}

export interface HttpEndpoint {
  readonly port: number;
  /**
   * Takes no new connection, closes idle ones, lets answers under way end, and cuts what is left
   * after `graceMs`. Resolves when no connection is left; may be called again.
   */
  close(graceMs: number): Promise<void>;
}

/** The port could not be opened: a mistake of whoever starts the program. */
export class ListenError extends Error {
  override readonly name = 'ListenError';
  /** The system's: `EADDRINUSE`, `EACCES`, `EADDRNOTAVAIL`, `ENOTFOUND`. */
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** What to do, and by which flag. */
const LISTEN_ADVICE: Readonly<Record<string, readonly [string, keyof ListenFlags]>> = {
  EADDRINUSE: ['another process listens there; stop it or choose another port', 'port'],
  EACCES: ['this user may not open it; choose a port from 1024 on', 'port'],
  EADDRNOTAVAIL: [
    'this machine does not have that address; choose 0.0.0.0, :: or one that it has',
    'host',
  ],
  ENOTFOUND: ['that is not an address; choose 0.0.0.0, :: or one that this machine has', 'host'],
};

/** How often Node looks for connections beyond their time. */
const CONNECTIONS_CHECK_MS = 1000;
const TEXT = { 'content-type': 'text/plain; charset=utf-8' };

/**
 * Opens the port and answers from then on.
 * @throws ListenError
 */
export async function startHttpEndpoint(options: HttpEndpointOptions): Promise<HttpEndpoint> {
  const { limits } = options;
  let closing: Promise<void> | null = null;
  const server = createServer(
    {
      headersTimeout: limits.headersTimeoutMs,
      requestTimeout: limits.requestTimeoutMs,
      keepAliveTimeout: limits.keepAliveTimeoutMs,
      maxHeaderSize: limits.headerBytesMax,
      connectionsCheckingInterval: Math.min(CONNECTIONS_CHECK_MS, limits.headersTimeoutMs),
    },
    (request, response) => {
      // A body is not wanted: it is not read either, so the connection can't be used again.
      if (closing !== null || hasBody(request)) response.setHeader('connection', 'close');
      response.once('close', () => {
        if (closing !== null) server.closeIdleConnections();
      });
      respond(options, request, response).catch((err: unknown) => {
        options.log.error({ err }, 'an answer could not be written');
        response.destroy();
      });
    },
  );
  server.maxHeadersCount = limits.headersMax;
  server.maxConnections = limits.connectionsMax;
  server.maxRequestsPerSocket = limits.requestsPerConnectionMax;
  server.timeout = limits.idleTimeoutMs;
  await listen(server, options);
  logServerErrors(server, options.log, options.clock);
  return {
    port: (server.address() as AddressInfo).port,
    close(graceMs) {
      closing ??= closeServer(server, options.clock, graceMs);
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
  const path = (request.url ?? '').split('?', 1)[0] ?? '';
  const route = Object.hasOwn(options.routes, path) ? options.routes[path] : undefined;
  const answer = await answerOf(route, path, request, options.log);
  options.onAnswer?.(route === undefined ? null : path, answer.status);
  if (response.destroyed) return;
  response.writeHead(answer.status, {
    'x-content-type-options': 'nosniff',
    ...answer.headers,
    // A 304 says nothing of the length of what it leaves out.
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
  const { method, headers } = request;
  if (method !== 'GET' && method !== 'HEAD') {
    return { status: 405, headers: { ...TEXT, allow: 'GET, HEAD' }, body: 'only GET and HEAD\n' };
  }
  try {
    return await route({ method, path, headers });
  } catch (err) {
    log.error({ err, path }, 'a request could not be answered');
    return { status: 500, headers: TEXT, body: 'internal error\n' };
  }
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) !== 0;
}
