/**
 * A fast HTTP server for answers that are composed ahead of requests, on a port that is open to
 * everyone: everything that a stranger can make grow is bounded. http-endpoint.ts is the
 * convenient one, for ports that few ask.
 */
import { createServer, type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import { type AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Clock } from '../clock.ts';
import type { Log } from '../log/log.ts';
import { closeServer } from './close-server.ts';
import { type ListenFlags, listen } from './endpoint.ts';
import { logServerErrors } from './server-errors.ts';
import { cutStalledPeers } from './stalled-peers.ts';

export interface Answer {
  readonly status: number;
  /** Name, value, name, value: the flat form, which node:http writes without a copy. */
  readonly headers: string[];
  /**
   * The body's bytes as latin1, one character a byte: node:http writes a string together with
   * the headers, a Buffer in a second chunk (a tenth fewer requests a second, measured).
   */
  readonly body: string;
  readonly count: AnswerCount;
}

/** How often an answer was given. A plain number, since it grows with every request. */
export interface AnswerCount {
  requests: number;
}

export interface AnswerLimits {
  readonly connectionsMax: number;
  /** From a connection's first moment, or a request's first byte, to the end of its headers. */
  readonly headersTimeoutMs: number;
  /** From a request's first byte to its last. */
  readonly requestTimeoutMs: number;
  readonly keepAliveTimeoutMs: number;
  /** How long a peer may leave an answer unread; it is cut after at most twice that. */
  readonly unreadTimeoutMs: number;
}

/** The request line and all headers together. */
const HEADER_BYTES_MAX = 16_384;
/** The timeouts are checked so often, so each is exceeded by at most so much. */
const TIMEOUT_CHECK_INTERVAL_MS = 500;

export interface AnswerServerOptions {
  /** 0 for any free one. */
  readonly port: number;
  readonly flags?: ListenFlags;
  readonly limits: AnswerLimits;
  readonly clock: Clock;
  readonly log: Log;
  /** @param path without the query, not decoded */
  choose(method: string, path: string, rawHeaders: readonly string[]): Answer;
  /** For a request that announces a body. It is not read, so the connection is closed. */
  readonly bodyRefused: Answer;
  /** Counts what was no request: 400, 408 or 431. */
  readonly countMalformed: (status: number) => void;
  /** Called for each connection beyond the most that may be open. */
  readonly onConnectionDropped: () => void;
}

export interface AnswerServer {
  /**
   * Opens the port.
   * @returns its number
   * @throws ListenError
   */
  listen(host: string | null): Promise<number>;
  /** From now on every answer closes its connection, so that clients go elsewhere. */
  drain(): void;
  /** Accepts nothing more, answers what is under way, and cuts what is left after `graceMs`. */
  close(graceMs: number): Promise<void>;
}

export function createAnswerServer(options: AnswerServerOptions): AnswerServer {
  const { bodyRefused, clock, limits } = options;
  let draining = false;
  const handle = (request: IncomingMessage, response: ServerResponse) => {
    const { rawHeaders } = request;
    const refused = announcesBody(rawHeaders);
    const answer = refused
      ? bodyRefused
      : options.choose(request.method ?? '', pathOf(request.url ?? ''), rawHeaders);
    answer.count.requests++;
    // After a body that is not read, a next request could not be told from its rest.
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
    else if (refuse(socket, status)) options.countMalformed(status);
  });
  server.on('drop', options.onConnectionDropped);
  const stopped = new AbortController();
  cutStalledPeers(server, limits.unreadTimeoutMs, clock, stopped.signal);

  return {
    async listen(host) {
      await listen(server, { ...options, host });
      logServerErrors(server, options.log, clock);
      return (server.address() as AddressInfo).port;
    },
    drain() {
      draining = true;
    },
    async close(graceMs) {
      draining = true;
      await closeServer(server, clock, graceMs);
      stopped.abort();
    },
  };
}

/**
 * The value of a header, several lines joined; null where there is none. `request.headers` would
 * build an object of all of them for each request.
 * @param rawHeaders name, value, name, value
 * @param name in lower case
 */
export function headerOf(rawHeaders: readonly string[], name: string): string | null {
  let value: string | null = null;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const found = rawHeaders[index];
    if (found?.length !== name.length || found.toLowerCase() !== name) continue;
    const more = rawHeaders[index + 1] ?? '';
    value = value === null ? more : `${value}, ${more}`;
  }
  return value;
}

/** The path of a request's target (RFC 9112 section 3.2), which may be a whole URL. */
function pathOf(target: string): string {
  const path = target.startsWith('/') ? target : target.replace(/^https?:\/\/[^/?#]*/i, '');
  const end = path.indexOf('?');
  return end === -1 ? path : path.slice(0, end);
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
