import { type AddressInfo, createServer, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { expect, test } from 'vitest';
import { TunnelAgent, type TunnelOptions } from '../../../src/platform/http/tunnel-agent.ts';
import { exchange } from '../../../src/platform/kube/exchange.ts';
import type { KubeRequest } from '../../../src/platform/kube/transport.ts';
import { never, rejection } from '../../support/kube/kube-fixture.ts';
import { eventually } from '../../support/wait/eventually.ts';

const READ: KubeRequest = { method: 'GET', path: '/api' };
/** Reserved for documentation: nothing is there. */
const SERVER = 'https://192.0.2.1';
const LONG_MS = 60_000;
const SHORT_MS = 50;
const OPENED = 'HTTP/1.1 200 OK\r\n\r\n';

/** A proxy that answers each request for a tunnel as the test says. */
async function startProxy(answer: (client: Socket) => void, host = '127.0.0.1') {
  const asked: string[] = [];
  const clients = new Set<Socket>();
  const server = createServer((client) => {
    clients.add(client);
    client.on('error', () => {}).on('close', () => clients.delete(client));
    client.once('data', (text) => {
      asked.push(String(text));
      answer(client);
      client.resume();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const { port } = server.address() as AddressInfo;
  return {
    asked,
    clients,
    url: new URL(`http://user:hunter2@${host.includes(':') ? `[${host}]` : host}:${port}`),
    async [Symbol.asyncDispose]() {
      for (const client of clients) client.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Sends one request through a proxy. @returns its answer, and how often its slot was given back */
function send(
  proxy: URL,
  server = SERVER,
  options: Partial<TunnelOptions> = {},
  signal: AbortSignal = never(),
) {
  const given = { back: 0 };
  const url = new URL(server);
  const { protocol } = url;
  const connectTimeoutMs = options.connectTimeoutMs ?? LONG_MS;
  const agent = new TunnelAgent({ proxy, protocol, connectTimeoutMs, keepAlive: true, ...options });
  const pool = { agent, connectTimeoutMs, headersTimeoutMs: LONG_MS, bodyTimeoutMs: LONG_MS };
  const outgoing = { server: url, path: READ.path, headers: {} };
  const answer = exchange(pool, outgoing, READ, signal, () => {
    given.back += 1;
  });
  return { agent, answer, given };
}

const CERTIFICATE = { cert: 'hunter2', key: 'hunter2' };

test.each<[string, (client: Socket) => void, Partial<TunnelOptions>, string]>([
  ['asks for credentials', (c) => c.end('HTTP/1.1 407 No\r\n\r\n'), {}, 'PROXY_STATUS_407'],
  ['refuses to connect', (c) => c.end('HTTP/1.1 502 No\r\n\r\n'), {}, 'PROXY_STATUS_502'],
  ['answers something else', (c) => c.end('hunter2\r\n\r\n'), {}, 'HPE_INVALID_CONSTANT'],
  ['hangs up', (c) => c.end(), {}, 'ECONNRESET'],
  ['is silent', () => {}, { connectTimeoutMs: SHORT_MS }, 'CONNECT_TIMEOUT'],
  [
    'opens a tunnel to silence',
    (c) => c.write(OPENED),
    { connectTimeoutMs: SHORT_MS },
    'CONNECT_TIMEOUT',
  ],
  ['opens a tunnel to nothing', (c) => c.end(OPENED), {}, 'ECONNRESET'],
  [
    'opens a tunnel for a client certificate that is none',
    (c) => c.write(OPENED),
    CERTIFICATE,
    'ERR_OSSL_PEM_NO_START_LINE',
  ],
])('a proxy that %s gives no answer, and the slot back', async (_, answering, options, code) => {
  await using proxy = await startProxy(answering);
  const { answer, given } = send(proxy.url, SERVER, options);
  const error = await rejection(answer);
  expect(error).toMatchObject({ name: 'TransportError', code });
  expect(String((error as Error).stack)).not.toContain('hunter2');
  await eventually('it is closed', () => proxy.clients.size === 0 && given.back === 1);
});

test.each([
  ['https://192.0.2.1', '192.0.2.1:443'],
  ['https://[2001:db8::1]:6443', '[2001:db8::1]:6443'],
  ['http://192.0.2.1', '192.0.2.1:80'],
])('the tunnel to %s is to %s', async (server, authority) => {
  await using proxy = await startProxy((client) => client.end());
  await rejection(send(proxy.url, server).answer);
  const [request = ''] = proxy.asked;
  expect(request).toMatch(`CONNECT ${authority} HTTP/1.1\r\nhost: ${authority}\r\n`);
  expect(request).toMatch(`proxy-authorization: Basic ${btoa('user:hunter2')}\r\n`);
});

const addresses = Object.values(networkInterfaces()).flat();
const isWithIpv6 = addresses.some((found) => found?.address === '::1');

test.skipIf(!isWithIpv6)('a proxy may have an IPv6 address', async () => {
  await using proxy = await startProxy((client) => client.end(), '::1');
  await rejection(send(proxy.url).answer);
  expect(proxy.asked.length).toBe(1);
});

test('nothing is sent through a tunnel that opens after the agent was destroyed', async () => {
  await using proxy = await startProxy(() => {});
  const { agent, answer, given } = send(proxy.url, 'http://192.0.2.1');
  await eventually('it asks', () => proxy.asked.length === 1);
  expect(agent.isOpening).toBe(true);
  agent.destroy();
  for (const client of proxy.clients) client.write(OPENED);
  expect(await rejection(answer)).toMatchObject({ code: 'CLOSED' });
  await eventually('it is closed', () => proxy.clients.size === 0 && given.back === 1);
  expect(agent.isOpening).toBe(false);
});

test('a request that is aborted while its tunnel opens gives its slot back at once', async () => {
  await using proxy = await startProxy(() => {});
  const aborted = new AbortController();
  const { agent, answer, given } = send(proxy.url, SERVER, {}, aborted.signal);
  await eventually('it asks', () => proxy.asked.length === 1);
  aborted.abort(new Error('no longer wanted'));
  expect(await rejection(answer)).toBe(aborted.signal.reason);
  await eventually('it is closed', () => proxy.clients.size === 0 && given.back === 1);
  expect(agent.isOpening).toBe(false);
});

test('a tunnel that has opened outlives the request that it was opened for', async () => {
  await using proxy = await startProxy((client) => {
    client.on('data', () => client.write('HTTP/1.1 204 No\r\n\r\n'));
    client.write(OPENED);
  });
  const done = new AbortController();
  const { answer, given } = send(proxy.url, 'http://192.0.2.1', {}, done.signal);
  const { status, body } = await answer;
  expect(status).toBe(204);
  for await (const _ of body);
  await eventually('it is free', () => given.back === 1);
  done.abort();
  // A whole turn later a connection that the signal closes would be gone.
  await new Promise((resolve) => setImmediate(resolve));
  expect(proxy.clients.size).toBe(1);
});
