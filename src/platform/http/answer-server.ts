/**
 * A fast HTTP server for answers that are composed before the requests, on a port that is open to
 * everyone: everything that a client can make grow is bounded. For a port with few clients, endpoint.ts
 * is easier to use.
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
  /** Name, value, name, value: node:http writes this form without a copy. */
  readonly headers: string[];
  /**
   * The body's bytes as latin1, one character a byte. node:http writes a string together with the
   * headers, but a Buffer separately, which cost a tenth of the requests a second when measured.
   */
  readonly body: string;
  readonly count: AnswerCount;
}

/** How often an answer was given. A plain number, because every request increments it. */
export interface AnswerCount {
  requests: number;
}

export interface AnswerLimits {
  readonly connectionsMax: number;
  /** From the start of a connection, or a request's first byte, to the end of its headers. */
  readonly headersTimeoutMs: number;
  /** From a request's first byte to its last. */
  readonly requestTimeoutMs: number;
  readonly keepAliveTimeoutMs: number;
  /** How long a peer may leave an answer unread. After at most twice that its connection is closed. */
  readonly unreadTimeoutMs: number;
}

/** The maximum size of the request line and all headers together. */
const HEADER_BYTES_MAX = 16_384;
/** Between two checks of the timeouts. Each may be exceeded by this much. */
const TIMEOUT_CHECK_INTERVAL_MS = 500;

export interface AnswerServerOptions {
  /** 0: any free port. */
  readonly port: number;
  readonly flags?: ListenFlags;
  readonly limits: AnswerLimits;
  readonly clock: Clock;
  readonly log: Log;
  /** Chooses the answer. @param path without the query, not decoded */
  choose(method: string, path: string, rawHeaders: readonly string[]): Answer;
  /** The answer to a request with a body. The body is not read, so the connection is closed. */
  readonly bodyRefused: Answer;
  /** Counts what was not a valid request: 400, 408 or 431. */
  readonly countMalformed: (status: number) => void;
  /** Called for each connection that is closed because too many are open. */
  readonly onConnectionDropped: () => void;
}

export interface AnswerServer {
  /**
   * Opens the port.
   * @returns its number
   * @throws ListenError
   */
  listen(host: string | null): Promise<number>;
  /** From now on every answer closes its connection, so that clients connect to other replicas. */
  drain(): void;
  /** Drains, and closes all connections that are left after `graceMs`. Then none is open. */
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
    // The body is not read, so what follows on the connection may be the rest of it.
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
 * The value of a header, with several lines joined, or null. `request.headers` would build an object
 * of all headers for each request.
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

/** Answers what is not a valid request. @returns false if the connection is closed already */
function refuse(socket: Duplex, status: number): boolean {
  if (!socket.writable || !(socket instanceof Socket)) {
    socket.destroy();
    return false;
  }
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\n` +
      'Cache-Control: no-store\r\nContent-Length: 0\r\n\r\n',
  );
  // Without waiting for the peer, which may never close its side.
  socket.destroySoon();
  return true;
}
