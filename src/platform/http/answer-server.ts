/**
 * A fast HTTP server for answers that are composed before the requests, on a port that is open to
 * everyone: everything that a client can make grow is bounded. For a port with few clients, endpoint.ts
 * is easier to use.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '../clock.ts';
import type { Log } from '../log/log.ts';
import { closeServer } from './close-server.ts';
import { type CloseReason, type ConnectionLimits, Connections } from './connections.ts';
import { type ListenFlags, listen } from './endpoint.ts';
import { refuseMalformed } from './malformed.ts';
import { announcesBody, discardBody, headerOf, isHost, pathOf } from './request-parts.ts';
import { logServerErrors } from './server-errors.ts';

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

export interface AnswerLimits extends ConnectionLimits {
  /** From the start of a connection, or a request's first byte, to the end of its headers. */
  readonly headersTimeoutMs: number;
  /** From a request's first byte to its last. */
  readonly requestTimeoutMs: number;
  readonly keepAliveTimeoutMs: number;
}

/** The maximum size of the request line and all headers together. */
const HEADER_BYTES_MAX = 16_384;
/** As many as Envoy and Apache take. Thousands of tiny ones would cost far more than their bytes. */
const HEADERS_MAX = 100;
/** Between two checks of the timeouts. Each may be exceeded by this much. */
const TIMEOUT_CHECK_INTERVAL_MS = 500;

/** The answers to requests that get no other, by status. */
export interface Refusals {
  /** The Host header is missing, not one, or none (RFC 9112 section 3.2). */
  readonly 400: Answer;
  /** The body is too large. */
  readonly 413: Answer;
  /** There are too many headers. */
  readonly 431: Answer;
}

export interface AnswerServerOptions {
  /** 0: any free port. */
  readonly port: number;
  readonly flags?: ListenFlags;
  readonly limits: AnswerLimits;
  readonly clock: Clock;
  readonly log: Log;
  /** Chooses the answer. @param path without the query, not decoded; `*` for the whole server */
  choose(method: string, path: string, rawHeaders: readonly string[]): Answer;
  readonly refusals: Refusals;
  /** Counts what was not a valid request: 400, 405, 408 or 431. */
  readonly countMalformed: (status: number) => void;
  /** Called for each connection that is closed because of a bound. */
  readonly onConnectionClosed: (reason: CloseReason) => void;
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
  const { clock, limits, refusals } = options;
  const refused = new Set(Object.values(refusals));
  let draining = false;
  const answer = ({ socket }: IncomingMessage, response: ServerResponse, chosen: Answer) => {
    if (!connections.isAnswered(socket)) return;
    chosen.count.requests++;
    // What follows a request that was refused may be the rest of it.
    if (draining || refused.has(chosen)) response.shouldKeepAlive = false;
    if (!response.shouldKeepAlive) connections.endAfterThis(socket);
    response.writeHead(chosen.status, chosen.headers);
    response.end(chosen.body, 'latin1');
    const unsentBytes = response.writableLength;
    if (unsentBytes === 0) return;
    const exchange = connections.hold(socket, response);
    if (exchange !== null) connections.holdBytes(exchange, unsentBytes);
  };
  const handle = (request: IncomingMessage, response: ServerResponse) => {
    const { method = '', rawHeaders, url = '' } = request;
    const refusal = refusalOf(request, refusals);
    if (refusal !== null) return answer(request, response, refusal);
    const choose = () => options.choose(method, pathOf(method, url), rawHeaders);
    if (!announcesBody(rawHeaders)) return answer(request, response, choose());
    discardBody(request, response, (fits) => {
      answer(request, response, fits ? choose() : refusals[413]);
    });
  };
  const server = createServer(
    {
      maxHeaderSize: HEADER_BYTES_MAX,
      headersTimeout: limits.headersTimeoutMs,
      requestTimeout: limits.requestTimeoutMs,
      keepAliveTimeout: limits.keepAliveTimeoutMs,
      connectionsCheckingInterval: TIMEOUT_CHECK_INTERVAL_MS,
      // Node's own answer to a request without one can't be counted.
      requireHostHeader: false,
      noDelay: true,
      optimizeEmptyRequests: true,
    },
    handle,
  );
  // Node drops what is above it, so that one more shows that there were too many.
  server.maxHeadersCount = HEADERS_MAX + 1;
  // Without these listeners node:http would ask for the body itself, and refuse other expectations.
  server.on('checkContinue', handle);
  server.on('checkExpectation', handle);
  const stopped = new AbortController();
  const { onConnectionClosed: onClosed } = options;
  const { signal } = stopped;
  const event = 'connection';
  const connections = new Connections(server, { limits, clock, event, signal, onClosed });
  refuseMalformed(server, connections, options.countMalformed);

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

function refusalOf(
  { rawHeaders, httpVersion }: IncomingMessage,
  refusals: Refusals,
): Answer | null {
  if (rawHeaders.length > 2 * HEADERS_MAX) return refusals[431];
  const host = headerOf(rawHeaders, 'host');
  const isFine = host === null ? httpVersion !== '1.1' : isHost(host);
  return isFine ? null : refusals[400];
}
