/** One request over node:http or node:https, and its answer. */
import {
  type Agent,
  type ClientRequest,
  request as httpRequest,
  type IncomingMessage,
} from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Socket } from 'node:net';
import { abortable } from '../deadline.ts';
import { errorCode } from '../error-code.ts';
import { type KubeRequest, type KubeResponse, TransportError } from './transport.ts';

/** How long nothing may move on a connection before it is closed. */
export interface SilenceBounds {
  /** While it is made: the proxy's answer, the handshake. */
  readonly connectTimeoutMs: number;
  /** Until the headers of the answer. */
  readonly headersTimeoutMs: number;
  /** Between two pieces of the answer. */
  readonly bodyTimeoutMs: number;
}

export interface Pool extends SilenceBounds {
  /** For https if the server's protocol is. */
  readonly agent: Agent;
}

/** A request as it goes out. */
export interface Outgoing {
  /** Of the API server: protocol, host and port. */
  readonly server: URL;
  /** With the query, percent-encoded. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Sends one request. Rejects as soon as the signal aborts, and then closes the connection.
 * @param request its method and body go out, and its name into errors
 * @param onFree called once the connection is free for another request, or closed
 * @throws TransportError when no answer comes; the answer's body throws one when it is cut off
 */
export async function exchange(
  pool: Pool,
  outgoing: Outgoing,
  request: KubeRequest,
  signal: AbortSignal,
  onFree: () => void,
): Promise<KubeResponse> {
  if (signal.aborted) {
    onFree();
    throw signal.reason;
  }
  const asking = start(pool, outgoing, request);
  const onAbort = () => asking.destroy();
  signal.addEventListener('abort', onAbort, { once: true });
  asking.once('close', () => {
    signal.removeEventListener('abort', onAbort);
    onFree();
  });
  const silence = boundSilence(asking, pool);
  try {
    const answer = await abortable(answerTo(asking), signal);
    return {
      status: answer.statusCode ?? 0,
      headers: joinHeaders(answer.headers),
      body: guardBody(answer, request, signal, silence),
    };
  } catch (error) {
    signal.throwIfAborted();
    const code = silence.exceeded ?? errorCode(error);
    throw new TransportError(code, `${request.method} ${request.path}: no answer (${code})`);
  }
}

function start(pool: Pool, { server, path, headers }: Outgoing, request: KubeRequest) {
  const { method, body } = request;
  const send = server.protocol === 'https:' ? httpsRequest : httpRequest;
  // Of a DELETE with a body Node would not say how long it is.
  const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
  const asking = send({
    agent: pool.agent,
    // An IPv6 address has brackets in a URL only.
    host: server.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: server.port,
    path,
    method,
    // A proxy's agent knows no other bound for its tunnel.
    timeout: pool.connectTimeoutMs,
    headers: { ...headers, ...length },
  });
  asking.end(body);
  return asking;
}

function answerTo(asking: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    asking.once('response', (answer) => {
      // A body that is destroyed while nobody reads it must not end the process.
      answer.on('error', () => {});
      resolve(answer);
    });
    asking.on('error', reject);
    // An answer that nobody asked for, such as a switch of protocols, ends without an error.
    asking.once('close', () => reject(new Error('closed without an answer')));
  });
}

interface Silence {
  exceeded: ExceededBound | null;
}

type ExceededBound = 'CONNECT_TIMEOUT' | 'HEADERS_TIMEOUT' | 'BODY_TIMEOUT';

/** Closes the connection when it is silent for too long. @returns which bound it exceeded, if any */
function boundSilence(
  asking: ClientRequest,
  { connectTimeoutMs, headersTimeoutMs, bodyTimeoutMs }: SilenceBounds,
): Silence {
  const silence: Silence = { exceeded: null };
  asking.once('socket', (socket) => {
    let phase: ExceededBound = 'CONNECT_TIMEOUT';
    const enter = (next: ExceededBound, timeoutMs: number) => {
      phase = next;
      socket.setTimeout(timeoutMs);
    };
    const onTimeout = () => {
      silence.exceeded = phase;
      asking.destroy();
    };
    const onReady = () => enter('HEADERS_TIMEOUT', headersTimeoutMs);
    const readiness = eventOfReadiness(socket);
    if (readiness === null) onReady();
    else {
      enter('CONNECT_TIMEOUT', connectTimeoutMs);
      socket.once(readiness, onReady);
    }
    asking.once('response', () => enter('BODY_TIMEOUT', bodyTimeoutMs));
    socket.on('timeout', onTimeout);
    asking.once('close', () => {
      socket.off('timeout', onTimeout);
      if (readiness !== null) socket.off(readiness, onReady);
    });
  });
  return silence;
}

/** Null for a connection that was used before. */
function eventOfReadiness(socket: Socket): 'connect' | 'secureConnect' | null {
  if ('encrypted' in socket) {
    return Reflect.get(socket, 'secureConnecting') === true ? 'secureConnect' : null;
  }
  return socket.connecting ? 'connect' : null;
}

async function* guardBody(
  body: AsyncIterable<Uint8Array>,
  request: KubeRequest,
  signal: AbortSignal,
  silence: Silence,
): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (error) {
    signal.throwIfAborted();
    const found = silence.exceeded ?? errorCode(error);
    throw new TransportError(
      silence.exceeded ?? 'TRUNCATED',
      `${request.method} ${request.path}: the answer was cut off (${found})`,
    );
  }
}

function joinHeaders(headers: IncomingMessage['headers']): Record<string, string> {
  const joined: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) joined[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return joined;
}
