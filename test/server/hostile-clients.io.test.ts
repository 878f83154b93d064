/** Clients that keep connections, or read nothing, cost others nothing. */
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openRaw, parseResponse, type RawConnection, sendRaw } from '../support/http/raw-http.ts';
import { makeFolder, makeJwks, SERVE_JSON, until } from './fixtures.ts';
import { JWKS, jwksText, served, startPublicPort as start } from './public-port.ts';
import { startServe, startServeWithin } from './serve-process.ts';

const GET = `GET ${JWKS} HTTP/1.1\r\nHost: test\r\n\r\n`;

async function openKept(port: number, from = '127.0.0.1'): Promise<RawConnection> {
  const connection = await openRaw(port, from);
  await askOn(connection);
  return connection;
}

/** A whole exchange on a connection that is open. */
async function askOn(connection: RawConnection): Promise<void> {
  const before = connection.received().length;
  connection.socket.write(GET);
  await until('the answer', () => connection.received().slice(before).endsWith(jwksText));
}

async function dropped(metrics: { registry: { metrics(): Promise<string> } }, reason: string) {
  const name = `signingkeys_http_connections_dropped_total{reason="${reason}"}`;
  const text = await metrics.registry.metrics();
  return Number(
    text
      .split('\n')
      .find((line) => line.startsWith(name))
      ?.slice(name.length),
  );
}

describe('one connection more than there may be', () => {
  test('gets in where the system allows fewer files than connections', async () => {
    const folder = await makeFolder();
    await writeFile(join(folder, 'jwks.json'), jwksText);
    await writeFile(join(folder, 'serve.json'), SERVE_JSON);
    const serve = startServeWithin(256, folder);
    const { port } = await serve.ports();
    expect(serve.output()).toContain('TOO_FEW_OPEN_FILES');
    const honest = await openKept(port, '127.0.0.2');
    for (let opened = 0; opened < 300; opened++) await openKept(port);
    await askOn(honest);
  });

  test('takes the place of the one whose last request is the longest ago', async () => {
    const { port, metrics } = await start(served, { connectionsMax: 3 });
    const first = await openKept(port);
    const second = await openKept(port);
    const third = await openKept(port);
    await askOn(first);
    const fourth = await openKept(port);
    expect(parseResponse(await second.closed).status).toBe(200);
    for (const other of [first, third, fourth]) await askOn(other);
    expect(await dropped(metrics, 'room')).toBe(1);
  });

  test('takes the place of one that sent no whole request, before one that did', async () => {
    const { port } = await start(served, { connectionsMax: 2 });
    const slow = await openRaw(port);
    slow.socket.write(`GET ${JWKS} HTTP/1.1\r\nHo`);
    const kept = await openKept(port);
    slow.socket.write('st: te');
    expect((await sendRaw(port, `GET ${JWKS}`)).status).toBe(200);
    expect(await slow.closed).toBe('');
    await askOn(kept);
  });

  test('takes none of a peer that has fewer', async () => {
    const { port } = await start(served, { connectionsMax: 4 });
    const honest = await openKept(port, '127.0.0.2');
    const hostile = [];
    for (let opened = 0; opened < 3; opened++) hostile.push(await openKept(port));
    for (let opened = 0; opened < 20; opened++) await openKept(port);
    for (const each of hostile) await each.closed;
    await askOn(honest);
  });

  test('takes one of its own peer if that has its share', async () => {
    const { port, metrics } = await start(served, { connectionsPerPeerMax: 2 });
    const other = await openKept(port, '127.0.0.2');
    const first = await openKept(port);
    const second = await openKept(port);
    await askOn(first);
    await openKept(port);
    await second.closed;
    for (const each of [other, first]) await askOn(each);
    expect(await dropped(metrics, 'room')).toBe(1);
  });
});

describe('a client that pipelines', () => {
  test('gets all its answers, in their order', async () => {
    const { port } = await start(served);
    const connection = await openRaw(port);
    const paths = Array.from({ length: 3000 }, (_, index) => (index % 3 === 0 ? JWKS : '/nothing'));
    connection.socket.end(paths.map((path) => GET.replace(JWKS, path)).join(''));
    const statuses = [...(await connection.closed).matchAll(/HTTP\/1\.1 (\d+)/g)];
    expect(statuses.map(([, status]) => status)).toEqual(
      paths.map((path) => (path === JWKS ? '200' : '404')),
    );
  });

  test('gets them however its bytes are cut, with bodies between', async () => {
    const { port } = await start(served);
    const body = 'Content-Length: 30\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\nabc';
    const chunked = 'Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n';
    const one = [
      GET,
      GET.replace('\r\n\r\n', `\r\n${body}`),
      GET.replace('\r\n\r\n', `\r\n${chunked}`),
    ];
    const text = one.join('').repeat(5);
    for (const size of [1, 3, 7, 40, 100, text.length]) {
      const connection = await openRaw(port);
      connection.socket.setNoDelay(true);
      for (let at = 0; at < text.length; at += size) {
        connection.socket.write(text.slice(at, at + size));
        if (at % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
      }
      await until(`15 answers for pieces of ${size}`, () => {
        return connection.received().split('HTTP/1.1 200').length === 16;
      });
      connection.socket.destroy();
    }
  });

  test('and reads nothing keeps nobody else waiting, and is cut before others', async () => {
    // So large that the kernel holds only some of them.
    const jwks = { ...served.jwks, bytes: new Uint8Array(50_000).fill(0x20) };
    const { port, metrics, serve } = await start(served, { heldBytesMax: 500_000 });
    const kept = await openKept(port);
    serve({ ...served, jwks });
    const hostile = Array.from({ length: 6 }, () => {
      const socket = connect(port, '127.0.0.1').pause();
      onTestFinished(() => void socket.destroy());
      socket.on('error', () => {});
      const requests = GET.repeat(1000);
      const ask = () => {
        while (!socket.destroyed && socket.writableLength < 1_000_000) socket.write(requests);
      };
      socket.on('drain', ask);
      ask();
      return socket;
    });
    await until('some are cut', async () => (await dropped(metrics, 'unread')) >= 3, 15_000);
    serve(served);
    await askOn(kept);
    expect((await sendRaw(port, `GET ${JWKS}`)).status).toBe(200);
    for (const socket of hostile) socket.destroy();
  });
});

describe('the whole server', () => {
  const MEMORY_BYTES_MAX = 192 * 2 ** 20;

  async function startInFolder(...args: readonly string[]) {
    const folder = await makeFolder();
    await writeFile(join(folder, 'jwks.json'), makeJwks('payments-1', 'payments-2'));
    await writeFile(join(folder, 'serve.json'), SERVE_JSON);
    const server = startServe(folder, ...args);
    return { server, ...(await server.ports()) };
  }

  test('keeps to the memory of its chart while 300 connections pipeline and read nothing', async () => {
    const { server, port, metricsPort } = await startInFolder();
    const requests = GET.repeat(1000);
    let writtenBytes = 0;
    for (let opened = 0; opened < 300; opened++) {
      const socket = connect(port, '127.0.0.1').pause();
      onTestFinished(() => void socket.destroy());
      socket.on('error', () => {});
      const ask = () => {
        while (!socket.destroyed && socket.writableLength < 100_000) {
          writtenBytes += requests.length;
          socket.write(requests);
        }
      };
      socket.on('connect', ask).on('drain', ask);
    }
    // By then, Node.js alone would have made objects of 300,000 requests.
    await until('much was sent', () => writtenBytes > 300 * 2 * requests.length, 60_000);
    for (let asked = 0; asked < 5; asked++) {
      expect((await sendRaw(metricsPort, 'GET /healthz')).status).toBe(200);
      expect((await sendRaw(port, `GET ${JWKS}`)).status).toBe(200);
    }
    const peak = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${server.pid}/status`, 'utf8'));
    expect(Number(peak?.[1]) * 1024).toBeLessThan(MEMORY_BYTES_MAX);
  });

  test('answers its probes while others keep 64 connections to their port', async () => {
    const { metricsPort } = await startInFolder();
    const silent = await Promise.all(Array.from({ length: 64 }, () => openRaw(metricsPort)));
    for (const { socket } of silent) socket.write('GET /healthz HTTP/1.1\r\nHost: test\r\n');
    for (const path of ['/healthz', '/readyz', '/metrics']) {
      expect((await sendRaw(metricsPort, `GET ${path}`)).status).toBe(200);
    }
    const finished = await Promise.all(
      silent.map(async ({ socket, closed }) => {
        socket.write('\r\n');
        return await closed;
      }),
    );
    // One made room, and each probe left its place to the next.
    expect(finished.filter((text) => text.startsWith('HTTP/1.1 200')).length).toBe(63);
  });

  test('answers others while more connections are kept than there may be', async () => {
    const { port } = await startInFolder('--max-connections', '64');
    for (let opened = 0; opened < 80; opened++) (await openRaw(port)).socket.write(GET);
    for (let asked = 0; asked < 20; asked++) {
      expect((await sendRaw(port, `GET ${JWKS}`)).status).toBe(200);
    }
  });

  test('is taken out by load balancers once it is told to stop, and still serves keys', async () => {
    const { server, port } = await startInFolder('--shutdown-delay', '30s');
    expect((await sendRaw(port, 'GET /')).status).toBe(200);
    server.kill('SIGTERM');
    await until('it is stopping', async () => (await sendRaw(port, 'GET /')).status === 503);
    expect(await sendRaw(port, 'GET /healthz')).toMatchObject({ status: 503, body: 'stopping\n' });
    expect((await sendRaw(port, `GET ${JWKS}`)).status).toBe(200);
  });
});
