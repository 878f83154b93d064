import { describe, expect, onTestFinished, test } from 'vitest';
import {
  type AnswerLimits,
  type AnswerServer,
  createAnswerServer,
} from '../../src/platform/answer-server.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { sha256Base64url } from '../../src/platform/digest.ts';
import { composeResources } from '../../src/server/answers.ts';
import { createServerMetrics, type ServerMetrics } from '../../src/server/metrics.ts';
import { createRouter } from '../../src/server/router.ts';
import type { Served } from '../../src/server/source.ts';
import { recordLog } from '../support/log-recorder.ts';
import { openRaw, parseResponse, sendRaw } from '../support/raw-http.ts';
import { makeJwks, OPENID_JSON, until } from './fixtures.ts';

const JWKS = '/.well-known/jwks.json';
const OPENID = '/.well-known/openid-configuration';
const jwksText = makeJwks('payments-1', 'payments-2');
const bytesOf = (text: string) => new TextEncoder().encode(text);
const etag = `"${sha256Base64url(bytesOf(jwksText))}"`;
const served: Served = {
  jwks: { bytes: bytesOf(jwksText), kids: ['payments-1', 'payments-2'] },
  policy: { maxAgeSeconds: 300, sharedMaxAgeSeconds: 0 },
  openidConfiguration: { bytes: bytesOf(OPENID_JSON) },
};

const LIMITS: AnswerLimits = {
  connectionsMax: 100,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 10_000,
  keepAliveTimeoutMs: 10_000,
  unreadTimeoutMs: 10_000,
};

interface Fixture {
  readonly port: number;
  readonly server: AnswerServer;
  readonly metrics: ServerMetrics;
  serve(served: Served | null): void;
}

async function start(content: Served | null, limits: Partial<AnswerLimits> = {}): Promise<Fixture> {
  const metrics = createServerMetrics();
  const compose = (next: Served | null) =>
    composeResources(next, {
      jwksContentType: 'application/json',
      retryAfterSeconds: 5,
      counts: metrics.counts,
    });
  const router = createRouter(compose(content), metrics.counts);
  const server = createAnswerServer({
    port: 0,
    limits: { ...LIMITS, ...limits },
    clock: systemClock,
    log: recordLog(),
    choose: router.choose,
    bodyRefused: router.bodyRefused,
    countMalformed: router.countMalformed,
    onConnectionDropped: metrics.countDroppedConnection,
  });
  const port = await server.listen('127.0.0.1');
  onTestFinished(() => server.close(0));
  return { port, server, metrics, serve: (next) => router.serve(compose(next)) };
}

describe('documents', () => {
  test('the set is answered as the bytes it has', async () => {
    const { port } = await start(served);
    const { status, headers, body } = await sendRaw(port, `GET ${JWKS}`);
    expect({ status, body }).toEqual({ status: 200, body: jwksText });
    expect(headers).toMatchObject({
      'content-type': 'application/json',
      'content-length': String(jwksText.length),
      'cache-control': 'private, max-age=300',
      etag,
      'x-content-type-options': 'nosniff',
      'access-control-allow-origin': '*',
      date: expect.stringMatching(/GMT$/),
    });
  });

  test('bytes beyond ASCII arrive as they are', async () => {
    const text = '{"issuer":"https://é.example","jwks_uri":"https://\u{1f511}"}';
    const { port } = await start({ ...served, openidConfiguration: { bytes: bytesOf(text) } });
    const { headers, body } = await sendRaw(port, `GET ${OPENID}`);
    expect(Buffer.from(body, 'latin1').toString()).toBe(text);
    expect(headers['content-length']).toBe(String(bytesOf(text).length));
  });

  test('HEAD has the headers of GET and no body', async () => {
    const { port } = await start(served);
    for (const path of [JWKS, OPENID, '/nothing']) {
      const { date: _get, ...get } = (await sendRaw(port, `GET ${path}`)).headers;
      const head = await sendRaw(port, `HEAD ${path}`);
      const { date: _head, ...headers } = head.headers;
      expect(headers).toEqual(get);
      expect(head.body).toBe('');
    }
  });

  test.each([
    [0, 300, 'private, max-age=300'],
    [60, 300, 'public, max-age=300, s-maxage=60'],
    [0, 0, 'private, max-age=0'],
  ])(
    'shared %i and own %i seconds are %s',
    async (sharedMaxAgeSeconds, maxAgeSeconds, expected) => {
      const { port } = await start({ ...served, policy: { maxAgeSeconds, sharedMaxAgeSeconds } });
      for (const path of [JWKS, OPENID]) {
        expect((await sendRaw(port, `GET ${path}`)).headers['cache-control']).toBe(expected);
      }
    },
  );

  test.each([
    [etag, 304],
    [`W/${etag}`, 304],
    [`"x", ${etag}`, 304],
    ['*', 304],
    ['"x"', 200],
    [etag.replaceAll('"', ''), 200],
  ])('If-None-Match %s: %i', async (condition, status) => {
    const { port } = await start(served);
    const answer = await sendRaw(port, `GET ${JWKS}`, [`if-none-MATCH: ${condition}`]);
    expect(answer.status).toBe(status);
    expect(answer.body).toBe(status === 304 ? '' : jwksText);
    expect(answer.headers).toMatchObject({ etag, 'cache-control': 'private, max-age=300' });
    const head = await sendRaw(port, `HEAD ${JWKS}`, [`If-None-Match: ${condition}`]);
    expect(head.status).toBe(status);
  });

  test('two If-None-Match lines are one list', async () => {
    const { port } = await start(served);
    const lines = ['If-None-Match: "x"', `If-None-Match: ${etag}`];
    expect((await sendRaw(port, `GET ${JWKS}`, lines)).status).toBe(304);
  });

  test('new content has a new tag, on a connection that is open already', async () => {
    const { port, serve } = await start(served);
    const connection = await openRaw(port);
    connection.socket.write(`GET ${JWKS} HTTP/1.1\r\nHost: test\r\n\r\n`);
    await until('the first answer', () => connection.received().endsWith(jwksText));
    const next = makeJwks('payments-3');
    serve({ ...served, jwks: { bytes: bytesOf(next), kids: ['payments-3'] } });
    const condition = `If-None-Match: ${etag}\r\n\r\n`;
    connection.socket.write(`GET ${JWKS} HTTP/1.1\r\nHost: test\r\n${condition}`);
    await until('the second answer', () => connection.received().endsWith(next));
  });
});

describe('what is not answered with a document', () => {
  test.each([
    [JWKS, 503],
    [OPENID, 503],
    ['/', 404],
  ])('before a set was read, %s is %i', async (path, status) => {
    const { port } = await start(null);
    const answer = await sendRaw(port, `GET ${path}`, ['If-None-Match: *']);
    expect(answer.status).toBe(status);
    expect(answer.headers['cache-control']).toBe('no-store');
    if (status === 503) expect(answer.headers['retry-after']).toBe('5');
  });

  test.each([
    ['unreadable' as const, 503],
    [null, 404],
  ])('a configuration that is %s is %i, beside a good set', async (openidConfiguration, status) => {
    const { port } = await start({ ...served, openidConfiguration });
    expect((await sendRaw(port, `GET ${OPENID}`)).status).toBe(status);
    expect((await sendRaw(port, `GET ${JWKS}`)).status).toBe(200);
  });

  test.each([
    [`GET ${JWKS}?a=b&c`, 200],
    [`GET http://elsewhere.example:99${JWKS}?a`, 200],
    [`GET ${JWKS}/`, 404],
    [`GET //${JWKS}`, 404],
    ['GET /.well-known/%6awks.json', 404],
    ['GET /.well-known/../.well-known/jwks.json', 404],
    ['GET /.WELL-KNOWN/jwks.json', 404],
    ['GET /metrics', 404],
    ['OPTIONS *', 404],
    ['POST /', 404],
    [`POST ${JWKS}`, 405],
    [`OPTIONS ${JWKS}`, 405],
    [`DELETE ${OPENID}`, 405],
  ])('%s: %i', async (requestLine, status) => {
    const { port } = await start(served);
    const answer = await sendRaw(port, requestLine);
    expect(answer.status).toBe(status);
    expect(answer.headers['location']).toBeUndefined();
    if (status === 405) expect(answer.headers['allow']).toBe('GET, HEAD');
    if (status !== 200) expect(answer.headers['cache-control']).toBe('no-store');
  });

  test.each([
    ['a body', ['Content-Length: 5'], 413],
    ['a chunked body', ['Transfer-Encoding: chunked'], 413],
    ['a body that waits to be asked for', ['Content-Length: 5', 'Expect: 100-continue'], 413],
    ['an empty body', ['Content-Length: 0'], 200],
    ['an upgrade', ['Upgrade: websocket', 'Connection: Upgrade'], 200],
    ['two lengths', ['Content-Length: 1', 'Content-Length: 2'], 400],
    ['a header that is none', ['no colon here'], 400],
    ['headers without end', [`X-Long: ${'x'.repeat(17_000)}`], 431],
  ])('%s', async (_, headers, status) => {
    const { port } = await start(served);
    expect((await sendRaw(port, `GET ${JWKS}`, headers)).status).toBe(status);
  });

  test('what follows a refused body is not taken for a request', async () => {
    const { port } = await start(served);
    const connection = await openRaw(port);
    const smuggled = `GET ${JWKS} HTTP/1.1\r\nHost: test\r\n\r\n`;
    const head = `POST ${JWKS} HTTP/1.1\r\nHost: test\r\nContent-Length: ${smuggled.length}\r\n\r\n`;
    connection.socket.write(head + smuggled + smuggled);
    const received = await connection.closed;
    expect(parseResponse(received).status).toBe(413);
    expect(received).not.toContain('HTTP/1.1 200');
  });
});

describe('bounds', () => {
  test.each([
    ['says nothing', ''],
    ['never ends its headers', `GET ${JWKS} HTTP/1.1\r\nHost: te`],
  ])('a peer that %s is cut', async (_, sent) => {
    const { port } = await start(served, { headersTimeoutMs: 200, requestTimeoutMs: 400 });
    const connection = await openRaw(port);
    if (sent !== '') connection.socket.write(sent);
    const received = await connection.closed;
    expect(parseResponse(received).status).toBe(408);
  });

  test('a peer that sends a byte now and then is cut, too', async () => {
    const { port } = await start(served, { headersTimeoutMs: 300, requestTimeoutMs: 400 });
    const connection = await openRaw(port);
    connection.socket.write(`GET ${JWKS} HTTP/1.1\r\nX-Slow: `);
    const drip = setInterval(() => connection.socket.write('x'), 20);
    onTestFinished(() => clearInterval(drip));
    expect(parseResponse(await connection.closed).status).toBe(408);
  });

  test('an idle connection is closed', async () => {
    const { port } = await start(served, { keepAliveTimeoutMs: 100 });
    const connection = await openRaw(port);
    connection.socket.write(`GET ${JWKS} HTTP/1.1\r\nHost: test\r\n\r\n`);
    expect(parseResponse(await connection.closed).status).toBe(200);
  });

  test('a peer that asks on and on and reads nothing is cut', async () => {
    const { port } = await start(served, { unreadTimeoutMs: 300, keepAliveTimeoutMs: 60_000 });
    const connection = await openRaw(port);
    connection.socket.pause();
    const requests = `GET ${JWKS} HTTP/1.1\r\nHost: test\r\n\r\n`.repeat(500);
    // Writes fail once the server has cut the connection.
    const ask = setInterval(() => {
      if (connection.socket.writableLength < 1_000_000) connection.socket.write(requests);
    }, 5);
    onTestFinished(() => clearInterval(ask));
    await until('the connection is cut', () => connection.socket.destroyed, 15_000);
  });

  test('more connections than allowed are closed at once, and counted', async () => {
    const { port, metrics } = await start(served, { connectionsMax: 2 });
    const first = await openRaw(port);
    await openRaw(port);
    const third = await openRaw(port);
    expect(await third.closed).toBe('');
    expect(await metrics.registry.metrics()).toContain(
      'signingkeys_http_connections_dropped_total 1',
    );
    first.socket.write(`GET ${JWKS} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n`);
    expect(parseResponse(await first.closed).status).toBe(200);
    await until('there is room again', async () => {
      const text = await sendRaw(port, `GET ${JWKS}`).catch(() => undefined);
      return text?.status === 200;
    });
  });
});

describe('stopping', () => {
  test('while draining, every answer closes its connection', async () => {
    const { port, server } = await start(served);
    server.drain();
    const connection = await openRaw(port);
    connection.socket.write(`GET ${JWKS} HTTP/1.1\r\nHost: test\r\n\r\n`);
    const answer = parseResponse(await connection.closed);
    expect(answer).toMatchObject({ status: 200, headers: { connection: 'close' } });
  });

  test('a request under way is answered, an idle connection closed, a new one refused', async () => {
    const { port, server } = await start(served);
    const idle = await openRaw(port);
    idle.socket.write(`GET ${JWKS} HTTP/1.1\r\nHost: test\r\n\r\n`);
    const underWay = await openRaw(port);
    underWay.socket.write(`GET ${JWKS} HTTP/1.1\r\nHo`);
    await until('idle is idle', () => idle.received().endsWith(jwksText));
    const closed = server.close(10_000);
    await idle.closed;
    await expect(openRaw(port)).rejects.toThrow('ECONNREFUSED');
    underWay.socket.write('st: test\r\n\r\n');
    expect(parseResponse(await underWay.closed)).toMatchObject({ status: 200, body: jwksText });
    await closed;
  });

  test('what does not end is cut after the grace time', async () => {
    const { port, server } = await start(served);
    const underWay = await openRaw(port);
    underWay.socket.write(`GET ${JWKS} HTTP/1.1\r\nHo`);
    await server.close(100);
    expect(await underWay.closed).toBe('');
  });
});

test('requests are counted by status and path, whatever paths are asked for', async () => {
  const { port, metrics } = await start(served);
  for (const path of [JWKS, JWKS, OPENID, '/a', '/b']) await sendRaw(port, `GET ${path}`);
  await sendRaw(port, `GET ${JWKS}`, ['If-None-Match: *']);
  await sendRaw(port, 'nonsense');
  const text = await metrics.registry.metrics();
  const lines = text.match(/^signingkeys_http_requests_total.* [1-9][0-9]*$/gm);
  expect(lines?.sort()).toEqual([
    `signingkeys_http_requests_total{code="200",path="${JWKS}"} 2`,
    `signingkeys_http_requests_total{code="200",path="${OPENID}"} 1`,
    `signingkeys_http_requests_total{code="304",path="${JWKS}"} 1`,
    'signingkeys_http_requests_total{code="400",path="other"} 1',
    'signingkeys_http_requests_total{code="404",path="other"} 2',
  ]);
});
