import { Agent, type ServerResponse } from 'node:http';
import { Agent as TlsAgent } from 'node:https';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { exchange, type Pool } from '../../../src/platform/kube/exchange.ts';
import type { KubeRequest } from '../../../src/platform/kube/transport.ts';
import { type ApiSocket, startApiSocket } from '../../support/kube/api-socket.ts';
import { never, rejection } from '../../support/kube/kube-fixture.ts';
import { eventually } from '../../support/wait/eventually.ts';

const READ: KubeRequest = { method: 'GET', path: '/api' };
const LONG_MS = 60_000;
const SHORT_MS = 50;

const poolOf = (agent: Agent, bounds: Partial<Pool> = {}): Pool => ({
  agent,
  connectTimeoutMs: LONG_MS,
  headersTimeoutMs: LONG_MS,
  bodyTimeoutMs: LONG_MS,
  ...bounds,
});

/** Sends one request. @returns its answer, and how often its slot was given back */
function send(pool: Pool, url: string, request: KubeRequest = READ, signal = never()) {
  const given = { back: 0 };
  const outgoing = { server: new URL(url), path: request.path, headers: request.headers ?? {} };
  const answer = exchange(pool, outgoing, request, signal, () => {
    given.back += 1;
  });
  return { answer, given };
}

async function textOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

/** Accepts connections and sends nothing. */
async function startSilent() {
  const peers = new Set<Socket>();
  const server: Server = createServer((peer) => {
    peers.add(peer);
    peer.resume().on('error', () => {});
    peer.on('close', () => peers.delete(peer));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    peers,
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      for (const peer of peers) peer.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

test('a connection is reused, and its slot is given back each time', async () => {
  await using api = await startApiSocket((_, response) => response.end('{}'));
  const pool = poolOf(new Agent({ keepAlive: true }));
  for (let round = 0; round < 3; round++) {
    const { answer, given } = send(pool, api.url);
    expect(await textOf((await answer).body)).toBe('{}');
    await eventually('its place is free', () => given.back === 1);
  }
  expect(api.opened).toBe(1);
  pool.agent.destroy();
});

test('the length of a body is sent, of a DELETE too', async () => {
  const seen: unknown[] = [];
  await using api = await startApiSocket((request, response) => {
    let text = '';
    request.on('data', (chunk) => {
      text += chunk;
    });
    request.on('end', () => {
      const { 'content-length': length, 'transfer-encoding': coding } = request.headers;
      seen.push([request.method, length, coding, text]);
      response.end();
    });
  });
  const pool = poolOf(new Agent());
  for (const method of ['DELETE', 'POST'] as const) {
    const { answer } = send(pool, api.url, { ...READ, method, body: '{"é":1}' });
    await textOf((await answer).body);
  }
  expect(seen).toEqual([
    ['DELETE', '8', undefined, '{"é":1}'],
    ['POST', '8', undefined, '{"é":1}'],
  ]);
});

describe('a connection that is silent for too long is closed', () => {
  test('while it is opened', async () => {
    await using silent = await startSilent();
    const pool = poolOf(new TlsAgent(), { connectTimeoutMs: SHORT_MS });
    const { answer, given } = send(pool, `https://127.0.0.1:${silent.port}`);
    expect(await rejection(answer)).toMatchObject({
      name: 'TransportError',
      code: 'CONNECT_TIMEOUT',
      message: 'GET /api: no answer (CONNECT_TIMEOUT)',
    });
    await eventually('it is closed', () => silent.peers.size === 0 && given.back === 1);
  });

  test('before its answer, though bytes trickle in', async () => {
    await using silent = await startSilent();
    const dripping = setInterval(() => {
      for (const peer of silent.peers) peer.write('HTTP/1.1 100 Continue\r\n\r\n');
    }, 5);
    onTestFinished(() => clearInterval(dripping));
    const pool = poolOf(new Agent(), { headersTimeoutMs: 500 });
    const { answer, given } = send(pool, `http://127.0.0.1:${silent.port}`);
    expect(await rejection(answer)).toMatchObject({ code: 'HEADERS_TIMEOUT' });
    await eventually('it is closed', () => silent.peers.size === 0 && given.back === 1);
  });

  test('while nobody reads the answer, which then does not pass for an empty one', async () => {
    await using api = await startApiSocket((_, response) => response.end('{}'));
    const pool = poolOf(new Agent({ keepAlive: true }), { bodyTimeoutMs: SHORT_MS });
    const { answer, given } = send(pool, api.url);
    const { body } = await answer;
    await eventually('its slot is free', () => given.back === 1);
    expect(await rejection(textOf(body))).toMatchObject({ code: 'BODY_TIMEOUT' });
    pool.agent.destroy();
  });

  const START = (response: Parameters<ApiSocket['answer']>[1]) => {
    response.writeHead(200, { 'content-length': '10' });
    response.write('1234');
  };
  test.each<[string, Partial<Pool>, ApiSocket['answer'], string]>([
    ['before its answer', { headersTimeoutMs: SHORT_MS }, () => {}, 'HEADERS_TIMEOUT'],
    ['in mid-answer', { bodyTimeoutMs: SHORT_MS }, (_, r) => START(r), 'BODY_TIMEOUT'],
  ])('%s', async (_, bounds, answering, code) => {
    await using api = await startApiSocket(answering);
    const pool = poolOf(new Agent({ keepAlive: true }), bounds);
    const { answer, given } = send(pool, api.url);
    const error = rejection(answer.then(({ body }) => textOf(body)));
    expect(await error).toMatchObject({ name: 'TransportError', code });
    await eventually('it is closed', () => api.open === 0 && given.back === 1);
  });

  test('each bound is for its own phase, on a reused connection too', async () => {
    await using api = await startApiSocket((request, response) => {
      setTimeout(() => response.end(request.url), 600);
    });
    const bounds = { connectTimeoutMs: 250, bodyTimeoutMs: 250 };
    const pool = poolOf(new Agent({ keepAlive: true, timeout: 5000 }), bounds);
    for (const path of ['/first', '/second']) {
      const { answer } = send(pool, api.url, { ...READ, path });
      expect(await textOf((await answer).body)).toBe(path);
    }
    expect(api.opened).toBe(1);
    pool.agent.destroy();
  });
});

test.each<[string, ApiSocket['answer'], string]>([
  ['a reset', (request) => request.socket.resetAndDestroy(), 'ECONNRESET'],
  ['a hang-up', (request) => void request.socket.end(), 'ECONNRESET'],
  [
    'an unexpected switch of protocols',
    (request) =>
      void request.socket.end('HTTP/1.1 101 X\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n'),
    'UNKNOWN',
  ],
  [
    'text that is not HTTP',
    (request) => void request.socket.end('hunter2\r\n\r\n'),
    'HPE_INVALID_CONSTANT',
  ],
])('%s is not an answer', async (_, answering, code) => {
  await using api = await startApiSocket(answering);
  const { answer, given } = send(poolOf(new Agent()), api.url);
  expect(await rejection(answer)).toMatchObject({
    code,
    message: `GET /api: no answer (${code})`,
  });
  await eventually('its place is free', () => given.back === 1);
});

test('an answer that is not read to its end closes its connection', async () => {
  await using api = await startApiSocket((_, response) => {
    response.writeHead(200);
    response.write('the beginning');
  });
  const { answer, given } = send(poolOf(new Agent({ keepAlive: true })), api.url);
  for await (const _ of (await answer).body) break;
  await eventually('it is closed', () => api.open === 0 && given.back === 1);
});

test('nothing is sent after the signal has aborted', async () => {
  await using api = await startApiSocket(() => {});
  const reason = new Error('enough');
  const { answer, given } = send(poolOf(new Agent()), api.url, READ, AbortSignal.abort(reason));
  expect(await rejection(answer)).toBe(reason);
  expect([given.back, api.requests.length]).toEqual([1, 0]);
});

test.each<[string, Agent, Partial<KubeRequest>, string]>([
  ['of a path that is not encoded', new Agent(), { path: '/a b' }, 'ERR_UNESCAPED_CHARACTERS'],
  [
    'of a header that HTTP does not allow',
    new Agent(),
    { headers: { authorization: 'Bearer hunter2\n' } },
    'ERR_INVALID_CHAR',
  ],
  [
    'of a client certificate that is none',
    new TlsAgent({ cert: 'hunter2', key: 'hunter2' }),
    {},
    'ERR_OSSL_PEM_NO_START_LINE',
  ],
])('a request that can not be sent because %s gives its slot back', async (_, agent, bad, code) => {
  const url = agent instanceof TlsAgent ? 'https://127.0.0.1:1' : 'http://127.0.0.1:1';
  const { answer, given } = send(poolOf(agent), url, { ...READ, ...bad });
  const error = await rejection(answer);
  expect(error).toMatchObject({ name: 'TransportError', code });
  expect(String((error as Error).stack)).not.toContain('hunter2');
  expect(given.back).toBe(1);
});

describe('an answer that has arrived whole when its signal aborts', () => {
  test.each([0, 1])('is dropped with its connection, with %i pieces read', async (pieces) => {
    const { promise: answered, resolve: onAnswer } = Promise.withResolvers<ServerResponse>();
    await using api = await startApiSocket((_, response) => {
      response.writeHead(200, { 'content-length': '4' });
      response.write('{}');
      onAnswer(response);
    });
    const pool = poolOf(new Agent({ keepAlive: true }));
    const stop = new AbortController();
    const { answer, given } = send(pool, api.url, READ, stop.signal);
    const body = (await answer).body[Symbol.asyncIterator]();
    for (let read = 0; read < pieces; read += 1) await body.next();
    const response = await answered;
    const { socket: sender } = response;
    response.end('{}');
    const receiver = Object.values(pool.agent.sockets)[0]?.[0];
    await eventually('all of it is there', () => {
      return response.writableFinished && receiver?.bytesRead === sender?.bytesWritten;
    });
    const reason = new Error('enough');
    stop.abort(reason);
    await eventually('the connection is closed', () => api.open === 0 && given.back === 1);
    expect(await rejection(body.next())).toBe(reason);
  });
});

test('values of a header that comes twice are joined', async () => {
  await using api = await startApiSocket((_, response) => {
    response.writeHead(200, ['retry-after', '1', 'retry-after', '2', 'date', 'a', 'date', 'b']);
    response.end();
  });
  const { headers } = await send(poolOf(new Agent()), api.url).answer;
  expect(headers).toMatchObject({ 'retry-after': '1, 2', date: 'a, b' });
});
