/** The public port: two documents, for everyone, within bounds. */
import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
  STATUS_CODES,
} from 'node:http';
import { type AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Clock } from '../platform/clock.ts';
import {
  type Answer,
  composeError,
  JWKS_PATH,
  OPENID_CONFIGURATION_PATH,
  type Resource,
  type Resources,
} from './answers.ts';
import { matchesEtag } from './conditional.ts';
import type { RequestCounts } from './metrics.ts';
import { cutStalledPeers } from './stalled-peers.ts';

export interface HttpLimits {
  readonly connectionsMax: number;
  /** From a connection's first moment, or a request's first byte, to the end of its headers. */
  readonly headersTimeoutMs: number;
  /** From a request's first byte to its last. */
  readonly requestTimeoutMs: number;
  /** Longer than the 60 s after which load balancers commonly drop idle connections themselves. */
  readonly keepAliveTimeoutMs: number;
  /** How long a peer may leave an answer unread; it is cut after at most twice that. */
  readonly unreadTimeoutMs: number;
}

export const HTTP_LIMITS: HttpLimits = {
  connectionsMax: 4096,
  headersTimeoutMs: 5000,
  requestTimeoutMs: 10_000,
  keepAliveTimeoutMs: 65_000,
  unreadTimeoutMs: 30_000,
};

/** The request line and all headers together. */
const HEADER_BYTES_MAX = 16_384;
/** The timeouts are checked so often, so each is exceeded by at most so much. */
const TIMEOUT_CHECK_INTERVAL_MS = 500;
/** What `path` is in metrics where it is none of ours. */
const OTHER_PATH = 'other';

export interface PublicServerOptions {
  /** Undefined for every address, IPv6 too where there is any. */
  readonly host: string | undefined;
  /** 0 for any free one. */
  readonly port: number;
  readonly limits: HttpLimits;
  readonly resources: Resources;
  readonly counts: RequestCounts;
  readonly onConnectionDropped: () => void;
  readonly clock: Clock;
}

export interface PublicServer {
  /** Replaces what is served, from the next request on. */
  serve(resources: Resources): void;
  /** @returns the port; rejects with the system's error, such as `EADDRINUSE`. */
  listen(): Promise<number>;
  /** From now on every answer closes its connection, so that clients go elsewhere. */
  drain(): void;
  /** Accepts nothing more, answers what is under way, and cuts what is left after `graceMs`. */
  close(graceMs: number): Promise<void>;
}

export function createPublicServer(options: PublicServerOptions): PublicServer {
  const { counts, limits } = options;
  const notFound = composeError(404, 'not found', counts.of(404, OTHER_PATH));
  const notAllowed = new Map(
    [JWKS_PATH, OPENID_CONFIGURATION_PATH].map((path) => {
      const text = 'only GET and HEAD are answered';
      return [path, composeError(405, text, counts.of(405, path), ['Allow', 'GET, HEAD'])];
    }),
  );
  const hasBody = composeError(413, 'a body is not read', counts.of(413, OTHER_PATH));
  let resources = options.resources;
  let draining = false;

  const choose = (request: IncomingMessage): Answer => {
    const path = pathOf(request.url ?? '');
    let resource: Resource;
    if (path === JWKS_PATH) resource = resources.jwks;
    else if (path === OPENID_CONFIGURATION_PATH) resource = resources.openidConfiguration;
    else return notFound;
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return notAllowed.get(path) ?? notFound;
    }
    if (resource.etag === null) return resource.whole;
    const condition = headerOf(request.rawHeaders, 'if-none-match');
    if (condition === null) return resource.whole;
    return matchesEtag(condition, resource.etag) ? resource.unchanged : resource.whole;
  };

  const handle = (request: IncomingMessage, response: ServerResponse) => {
    const refused = announcesBody(request.rawHeaders);
    const answer = refused ? hasBody : choose(request);
    answer.count.requests++;
    // A body is not read, so the next request could not be told from its rest.
    if (draining || refused) response.shouldKeepAlive = false;
    response.writeHead(answer.status, answer.headers);
    response.end(answer.body, 'latin1');
  };

  const server = createServer(
    {
      maxHeaderSize: HEADER_BYTES_MAX,
      headersTimeout: limits.headersTimeoutMs,
      requestTimeout: limits.requestTimeoutMs,
      keepAliveTimeout: limits.keepAliveTimeoutMs,
      connectionsCheckingInterval: TIMEOUT_CHECK_INTERVAL_MS,
      noDelay: true,
      optimizeEmptyRequests: true,
    },
    handle,
  );
  server.maxConnections = limits.connectionsMax;
  // Without a listener node:http would ask for the body before it calls `handle`.
  server.on('checkContinue', handle);
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    const status = statusOf(error.code);
    if (error.code === 'ECONNRESET') socket.destroy();
    else if (refuse(socket, status)) counts.of(status, OTHER_PATH).requests++;
  });
  server.on('drop', options.onConnectionDropped);
  const stopped = new AbortController();
  cutStalledPeers(server, limits.unreadTimeoutMs, options.clock, stopped.signal);

  return {
    serve(next) {
      resources = next;
    },
    listen: () => listen(server, options.host, options.port),
    drain() {
      draining = true;
    },
    async close(graceMs) {
      draining = true;
      await closeWithin(server, graceMs, options.clock);
      stopped.abort();
    },
  };
}

/** The path of a request's target (RFC 9112 section 3.2), which may be a whole URL. */
function pathOf(target: string): string {
  const path = target.startsWith('/') ? target : target.replace(/^https?:\/\/[^/?#]*/i, '');
  const end = path.indexOf('?');
  return end === -1 ? path : path.slice(0, end);
}

/**
 * The value of a header, several lines joined; null where there is none. `request.headers` would
 * build an object of all of them for each request (a sixth fewer requests a second, measured).
 * @param name in lower case
 */
function headerOf(rawHeaders: readonly string[], name: string): string | null {
  let value: string | null = null;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const found = rawHeaders[index];
    if (found?.length !== name.length || found.toLowerCase() !== name) continue;
    const more = rawHeaders[index + 1] ?? '';
    value = value === null ? more : `${value}, ${more}`;
  }
  return value;
}

function announcesBody(rawHeaders: readonly string[]): boolean {
  if (headerOf(rawHeaders, 'transfer-encoding') !== null) return true;
  const length = headerOf(rawHeaders, 'content-length');
  return length !== null && length !== '0';
}

function statusOf(code: string | undefined): number {
  if (code === 'HPE_HEADER_OVERFLOW') return 431;
  return code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : 400;
}

/** Answers what is no request. @returns false where nobody is left to be told. */
function refuse(socket: Duplex, status: number): boolean {
  if (!socket.writable || !(socket instanceof Socket)) {
    socket.destroy();
    return false;
  }
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\n` +
      'Cache-Control: no-store\r\nContent-Length: 0\r\n\r\n',
  );
  // Not waited for: the peer may never close its side.
  socket.destroySoon();
  return true;
}

function listen(server: Server, host: string | undefined, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, ...(host === undefined ? {} : { host }) }, () => {
      server.removeListener('error', reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

async function closeWithin(server: Server, graceMs: number, clock: Clock): Promise<void> {
  const closed = new AbortController();
  server.close(() => closed.abort());
  await clock.sleepUntil(clock.monotonicMs() + graceMs, closed.signal).catch(() => undefined);
  server.closeAllConnections();
}
