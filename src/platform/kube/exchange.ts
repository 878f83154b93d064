/** One request over node:http or node:https, and its answer. */
import {
  type Agent,
  type ClientRequest,
  request as httpRequest,
  type IncomingMessage,
  type RequestOptions,
} from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Socket } from 'node:net';
import { abortable } from '../deadline.ts';
import { errorCode } from '../error-code.ts';
import { type TunnelRequestOptions, withoutBrackets } from '../http/tunnel-agent.ts';
import type { Headers } from '../kubeconfig/impersonation.ts';
import { type KubeRequest, type KubeResponse, TransportError } from './transport.ts';

/** How long to wait before the connection is closed. */
export interface SilenceBounds {
  /** Until it is open: the proxy's tunnel, the handshake. */
  readonly connectTimeoutMs: number;
  /** From then until the answer's headers. */
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
  readonly headers: Headers;
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
  const unanswered = (code: string) =>
    new TransportError(code, `${request.method} ${request.path}: no answer (${code})`);
  let asking: ClientRequest;
  try {
    asking = start(pool, outgoing, request, signal);
  } catch (error) {
    // A header or a client certificate that can't be used.
    onFree();
    throw unanswered(errorCode(error));
  }
  const end = enderOf(asking);
  signal.addEventListener('abort', end, { once: true });
  asking.once('close', () => {
    signal.removeEventListener('abort', end);
    onFree();
  });
  const silence = boundSilence(asking, pool, end);
  try {
    const answer = await abortable(answerTo(asking), signal);
    return {
      status: answer.statusCode ?? 0,
      headers: joinHeaders(answer.headersDistinct),
      body: guardBody(answer, request, signal, silence),
    };
  } catch (error) {
    signal.throwIfAborted();
    throw unanswered(silence.exceeded ?? errorCode(error));
  }
}

function start(
  pool: Pool,
  { server, path, headers }: Outgoing,
  request: KubeRequest,
  signal: AbortSignal,
) {
  const { method, body } = request;
  const send = server.protocol === 'https:' ? httpsRequest : httpRequest;
  // Node does not send the length of a DELETE's body by itself.
  const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
  const options: RequestOptions & TunnelRequestOptions = {
    agent: pool.agent,
    host: withoutBrackets(server.hostname),
    port: server.port,
    path,
    method,
    headers: { ...headers, ...length },
    whileOpening: signal,
  };
  const asking = send(options);
  asking.end(body);
  return asking;
}

/**
 * How to end a request at any time. Destroying the request alone would turn an answer that has arrived
 * whole, but was not read, into an empty one, or leave its connection in use.
 */
function enderOf(asking: ClientRequest): () => void {
  let received: IncomingMessage | null = null;
  asking.once('response', (answer) => {
    received = answer;
  });
  return () => {
    received?.destroy();
    asking.destroy();
  };
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

/**
 * Ends the request when it takes too long. Until the answer begins, a timer of its own decides, because
 * a socket's timeout starts again with each byte, and a tunnel has no socket while it is opened.
 * @returns which bound it exceeded, if any
 */
function boundSilence(
  asking: ClientRequest,
  { connectTimeoutMs, headersTimeoutMs, bodyTimeoutMs }: SilenceBounds,
  end: () => void,
): Silence {
  const silence: Silence = { exceeded: null };
  const exceed = (bound: ExceededBound) => {
    silence.exceeded = bound;
    end();
  };
  let timer = setTimeout(exceed, connectTimeoutMs, 'CONNECT_TIMEOUT');
  const onReady = () => {
    clearTimeout(timer);
    timer = setTimeout(exceed, headersTimeoutMs, 'HEADERS_TIMEOUT');
  };
  const onTimeout = () => exceed('BODY_TIMEOUT');
  asking.once('close', () => clearTimeout(timer));
  asking.once('socket', (socket) => {
    const readiness = eventOfReadiness(socket);
    if (readiness === null) onReady();
    else socket.once(readiness, onReady);
    asking.once('response', () => {
      clearTimeout(timer);
      socket.setTimeout(bodyTimeoutMs).on('timeout', onTimeout);
    });
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
  let found: string | null = null;
  try {
    yield* body;
  } catch (error) {
    found = errorCode(error);
  }
  // Node 24 ends an answer that was dropped as if it were whole.
  signal.throwIfAborted();
  found = silence.exceeded ?? found;
  if (found === null) return;
  throw new TransportError(
    silence.exceeded ?? 'TRUNCATED',
    `${request.method} ${request.path}: the answer was cut off (${found})`,
  );
}

function joinHeaders(headers: IncomingMessage['headersDistinct']): Record<string, string> {
  const joined: Record<string, string> = {};
  for (const [name, values] of Object.entries(headers)) {
    if (values !== undefined) joined[name] = values.join(', ');
  }
  return joined;
}
