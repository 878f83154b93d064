import { Agent, get, type IncomingMessage, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/platform/clock.ts';
import {
  type HttpEndpoint,
  type HttpLimits,
  type HttpRoute,
  ListenError,
  OPERATIONAL_LIMITS,
  startHttpEndpoint,
} from '../../../src/platform/http/endpoint.ts';

const endpoints: HttpEndpoint[] = [];
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const endpoint of endpoints.splice(0)) await endpoint.close(0);
});

const hello: HttpRoute = () => ({ status: 200, headers: { 'x-mine': 'yes' }, body: 'hellö' });

async function start(routes: Record<string, HttpRoute>, limits: Partial<HttpLimits> = {}) {
  const logged: unknown[] = [];
  const answers: [string | null, number][] = [];
  const note = (fields: unknown, message: string) => logged.push([fields, message]);
  const endpoint = await startHttpEndpoint({
    host: '127.0.0.1',
    port: 0,
    routes,
    limits: { ...OPERATIONAL_LIMITS, ...limits },
    clock: systemClock,
    log: { debug: note, info: note, warn: note, error: note },
    onAnswer: (path, status) => answers.push([path, status]),
  });
  endpoints.push(endpoint);
  return { endpoint, port: endpoint.port, logged, answers };
}

async function ask(port: number, path: string, method = 'GET', agent?: Agent) {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const options = { host: '127.0.0.1', port, path, method, ...(agent ? { agent } : {}) };
    request(options, resolve).on('error', reject).end();
  });
  const body = await response.setEncoding('utf8').reduce((sum, part) => sum + part, '');
  return { status: response.statusCode, headers: response.headers, body };
}

/** Everything that a raw connection receives until it is closed. */
function open(port: number) {
  const socket = connect(port, '127.0.0.1');
  sockets.push(socket);
  let text = '';
  socket.setEncoding('utf8').on('data', (part) => {
    text += part;
  });
  const closed = new Promise<string>((resolve) => {
    socket.on('error', () => {});
    socket.on('close', () => resolve(text));
  });
  return { socket, closed };
}

describe('answers', () => {
  it.each([
    ['GET', '/hello', 200, 'hellö'],
    ['GET', '/hello?x=/y', 200, 'hellö'],
    ['HEAD', '/hello', 200, ''],
    ['GET', '/unchanged', 304, ''],
    ['GET', '/nothing', 404, 'not found\n'],
    ['GET', '/hello/', 404, 'not found\n'],
    ['GET', '/__proto__', 404, 'not found\n'],
    ['POST', '/hello', 405, 'only GET and HEAD\n'],
    ['DELETE', '/nothing', 404, 'not found\n'],
    ['GET', '/broken', 500, 'internal error\n'],
  ])('%s %s → %i', async (method, path, status, body) => {
    const broken = () => Promise.reject(new Error('planted'));
    const unchanged = () => ({ status: 304, headers: {}, body: '' });
    const routes = { '/hello': hello, '/broken': broken, '/unchanged': unchanged };
    const { port, answers, logged } = await start(routes);
    const answer = await ask(port, path, method);
    expect(answer).toMatchObject({ status, body });
    expect(answers).toEqual([[status === 404 ? null : path.split('?')[0], status]]);
    if (status === 200)
      expect(answer.headers).toMatchObject({ 'content-length': '6', 'x-mine': 'yes' });
    if (status === 405) expect(answer.headers.allow).toBe('GET, HEAD');
    expect(logged).toHaveLength(status === 500 ? 1 : 0);
  });

  it('closes the connection if a route returns invalid headers', async () => {
    const headers = { 'x-bad': 'a\r\nb' };
    const { port, logged } = await start({ '/bad': () => ({ status: 200, headers, body: '' }) });
    await expect(ask(port, '/bad')).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(logged).toHaveLength(1);
  });

  it('closes the connection of a request with a body without reading it', async () => {
    const { port } = await start({ '/hello': hello });
    const { socket, closed } = open(port);
    socket.write('GET /hello HTTP/1.1\r\nhost: x\r\ncontent-length: 999999999\r\n\r\nxxx');
    const text = await closed;
    expect(text).toMatch(/^HTTP\/1\.1 200 /);
    expect(text.toLowerCase()).toContain('connection: close');
  });
});

describe('limits', () => {
  it('refuses headers that are too large: 431', async () => {
    const { port } = await start({ '/hello': hello }, { headerBytesMax: 1024 });
    const { socket, closed } = open(port);
    socket.write(`GET /hello HTTP/1.1\r\nhost: x\r\nx-large: ${'x'.repeat(2000)}\r\n\r\n`);
    expect(await closed).toMatch(/^HTTP\/1\.1 431 /);
  });

  it('closes a connection whose headers never end: 408', async () => {
    const { port } = await start({ '/hello': hello }, { headersTimeoutMs: 100 });
    const { socket, closed } = open(port);
    socket.write('GET /hello HTTP/1.1\r\nhost: x\r\n');
    expect(await closed).toMatch(/^HTTP\/1\.1 408 /);
  });

  it('closes a connection without traffic', async () => {
    const limits = { idleTimeoutMs: 100 };
    const { port } = await start({ '/slow': () => new Promise(() => {}) }, limits);
    const { socket, closed } = open(port);
    socket.write('GET /slow HTTP/1.1\r\nhost: x\r\n\r\n');
    expect(await closed).toBe('');
  });

  it('answers what is not HTTP with 400', async () => {
    const { port } = await start({ '/hello': hello });
    const { socket, closed } = open(port);
    socket.write('what is this\r\n\r\n');
    expect(await closed).toMatch(/^HTTP\/1\.1 400 /);
  });

  it('always has room for one more, however many keep theirs', async () => {
    const limits = { connectionsMax: 2, requestsPerConnectionMax: 1000 };
    const { port } = await start({ '/hello': hello }, limits);
    const kept = [];
    for (let opened = 0; opened < 2; opened++) {
      const { socket, closed } = open(port);
      const answered = new Promise((resolve) => socket.once('data', resolve));
      socket.write('GET /hello HTTP/1.1\r\nhost: x\r\n\r\n');
      await answered;
      kept.push(closed);
    }
    expect(await ask(port, '/hello')).toMatchObject({ status: 200 });
    expect(await kept[0]).toMatch(/^HTTP\/1\.1 200 /);
  });

  it('lets nobody keep a place on the port of the probes', async () => {
    const { port } = await start({ '/hello': hello });
    const { socket, closed } = open(port);
    socket.write('GET /hello HTTP/1.1\r\nhost: x\r\n\r\n');
    expect(await closed).toMatch(/connection: close/i);
  });

  it('begins to answer the next request once the last was answered', async () => {
    const begun: string[] = [];
    const finish: (() => void)[] = [];
    const slow: HttpRoute = ({ headers }) => {
      begun.push(String(headers['x-name']));
      return new Promise((resolve) => {
        finish.push(() => resolve({ status: 200, headers: {}, body: '' }));
      });
    };
    const { port } = await start({ '/slow': slow }, { requestsPerConnectionMax: 1000 });
    const { socket } = open(port);
    const request = (name: string) => `GET /slow HTTP/1.1\r\nhost: x\r\nx-name: ${name}\r\n\r\n`;
    socket.write(request('first') + request('second') + request('third'));
    await expect.poll(() => begun).toEqual(['first']);
    // A whole exchange later, the rest of what was sent has long arrived.
    await ask(port, '/nothing');
    expect(begun).toEqual(['first']);
    finish[0]?.();
    await expect.poll(() => begun).toEqual(['first', 'second']);
  });

  it('closes a connection after the maximum number of requests', async () => {
    const { port } = await start({ '/hello': hello }, { requestsPerConnectionMax: 2 });
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const kept: (string | undefined)[] = [];
    for (let count = 0; count < 4; count++) {
      kept.push((await ask(port, '/hello', 'GET', agent)).headers.connection);
    }
    agent.destroy();
    expect(kept).toEqual(['keep-alive', 'close', 'keep-alive', 'close']);
  });
});

describe('close', () => {
  it('closes idle keep-alive connections immediately', async () => {
    const { endpoint, port } = await start({ '/hello': hello }, { requestsPerConnectionMax: 1000 });
    const agent = new Agent({ keepAlive: true });
    await ask(port, '/hello', 'GET', agent);
    await endpoint.close(60_000);
    agent.destroy();
    await expect(ask(port, '/hello')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('lets a running answer end, then closes its connection', async () => {
    let finish = () => {};
    let asked = () => {};
    const begun = new Promise<void>((resolve) => {
      asked = resolve;
    });
    const slow: HttpRoute = async () => {
      asked();
      await new Promise<void>((resolve) => {
        finish = resolve;
      });
      return { status: 200, headers: {}, body: 'late' };
    };
    const { endpoint, port } = await start({ '/slow': slow });
    const agent = new Agent({ keepAlive: true });
    const answer = ask(port, '/slow', 'GET', agent);
    await begun;
    const closed = Promise.all([endpoint.close(60_000), endpoint.close(60_000)]);
    finish();
    expect(await answer).toMatchObject({ status: 200, body: 'late' });
    await closed;
    agent.destroy();
  });

  it('closes what is left after the grace', async () => {
    let asked = () => {};
    const begun = new Promise<void>((resolve) => {
      asked = resolve;
    });
    const never: HttpRoute = () => {
      asked();
      return new Promise(() => {});
    };
    const { endpoint, port } = await start({ '/never': never });
    const answer = expect(ask(port, '/never')).rejects.toMatchObject({ code: 'ECONNRESET' });
    await begun;
    await endpoint.close(50);
    await answer;
  });
});

it('listens on every address if no host is given', async () => {
  const routes = { '/hello': hello };
  const log = { debug() {}, info() {}, warn() {}, error() {} };
  const fixed = { routes, limits: OPERATIONAL_LIMITS, clock: systemClock, log };
  const endpoint = await startHttpEndpoint({ ...fixed, host: null, port: 0 });
  endpoints.push(endpoint);
  const addresses = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  // Other addresses, of other tests' nodes, appear and disappear.
  const reachable = addresses.filter(({ internal }) => internal);
  expect(reachable).not.toEqual([]);
  for (const { address, family } of reachable) {
    const host = family === 'IPv6' ? `[${address}]` : address;
    expect((await fetch(`http://${host}:${endpoint.port}/hello`)).status).toBe(200);
  }
});

describe('a port that can not be opened', () => {
  const routes = { '/hello': hello };
  const log = { debug() {}, info() {}, warn() {}, error() {} };
  const fixed = { routes, limits: OPERATIONAL_LIMITS, clock: systemClock, log };

  it('says that another process listens there', async () => {
    const { port } = await start(routes);
    const second = startHttpEndpoint({ ...fixed, host: '127.0.0.1', port });
    await expect(second).rejects.toBeInstanceOf(ListenError);
    await expect(second).rejects.toMatchObject({
      code: 'EADDRINUSE',
      message: expect.stringContaining(`127.0.0.1 port ${port} (EADDRINUSE): another process`),
    });
  });

  it('says that the machine does not have the address', async () => {
    // TEST-NET-1 (RFC 5737) belongs to nobody.
    const wrong = startHttpEndpoint({ ...fixed, host: '192.0.2.1', port: 0 });
    await expect(wrong).rejects.toMatchObject({ code: 'EADDRNOTAVAIL' });
  });

  it('names the flag to change', async () => {
    const flags = { host: '--address', port: '--number' };
    const { port } = await start(routes);
    const taken = startHttpEndpoint({ ...fixed, flags, host: '127.0.0.1', port });
    await expect(taken).rejects.toThrow(/choose another port \(--number\)$/);
    const wrong = startHttpEndpoint({ ...fixed, flags, host: '192.0.2.1', port: 0 });
    await expect(wrong).rejects.toThrow(/or one that it has \(--address\)$/);
  });
});

it('does not make a client wait for the body of HEAD', async () => {
  const { port } = await start({ '/hello': hello }, { requestsPerConnectionMax: 1000 });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  await ask(port, '/hello', 'HEAD', agent);
  const status = await new Promise((resolve) => {
    get({ host: '127.0.0.1', port, path: '/hello', agent }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
  });
  expect(status).toBe(200);
  agent.destroy();
});
