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

/** How long a connection may be silent before it is closed. */
export interface SilenceBounds {
  /** While it is opened: the proxy's answer, the handshake. */
  readonly connectTimeoutMs: number;
  /** Until the answer's headers. */
  readonly headersTimeoutMs: number;
  /** Between two pieces of the answer. */
  readonly bodyTimeoutMs: number;
}

export interface Pool extends SilenceBounds {
  /** For https if the server's protocol is. */
  readonly agent: Agent;
}

/** A request as it is sent. */
export interface Outgoing {
  /** Of the API server: protocol, host and port. */
  readonly server: URL;
  /** With the query, percent-encoded. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Sends one request. Rejects as soon as the signal aborts, and then closes the connection.
 * @param request its method and body are sent, and errors name it
 * @param onFree called once the connection is free for another request, or closed
 * @throws TransportError if no answer comes. The answer's body throws one if it is cut off
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
  // Node does not send the length of a DELETE's body by itself.
  const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
  const asking = send({
    agent: pool.agent,
    // An IPv6 address has brackets in a URL only.
    host: server.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: server.port,
    path,
    method,
    // The only bound that a proxy's agent has for its tunnel.
    timeout: pool.connectTimeoutMs,
    headers: { ...headers, ...length },
  });
  asking.end(body);
  return asking;
}

function answerTo(asking: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    asking.once('response', (answer) => {
      // A body that fails while nothing reads it must not end the process.
      answer.on('error', () => {});
      resolve(answer);
    });
    asking.on('error', reject);
    // An unexpected answer, such as a switch of protocols, ends without an error.
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

/** Null for a connection that is reused. */
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
