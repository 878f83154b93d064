import { describe, expect, onTestFinished, test } from 'vitest';
import { openRaw, parseResponse, sendRaw } from '../support/http/raw-http.ts';
import { makeJwks, until } from './fixtures.ts';
import {
  bytesOf,
  etag,
  JWKS,
  jwksText,
  OPENID,
  requestsCounted,
  served,
  startPublicPort as start,
} from './public-port.ts';

const statusesOf = (text: string) =>
  [...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => Number(status));

describe('documents', () => {
  test('the set is served byte for byte', async () => {
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
    const openidConfiguration = { bytes: bytesOf(text), issuer: 'https://é.example' };
    const { port } = await start({ ...served, openidConfiguration });
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

describe('requests that get no document', () => {
  test.each([
    [JWKS, 503],
    [OPENID, 503],
    ['/', 503],
    ['/healthz', 503],
    ['/nothing', 404],
  ])('before a set was read, %s is answered with %i', async (path, status) => {
    const { port } = await start(null);
    const answer = await sendRaw(port, `GET ${path}`, ['If-None-Match: *']);
    expect(answer.status).toBe(status);
    expect(answer.headers['cache-control']).toBe('no-store');
    if (status === 503) expect(answer.headers['retry-after']).toBe('5');
  });

  test.each([
    ['unreadable' as const, 503],
    [null, 404],
  ])(
    'a configuration that is %s is answered with %i, next to a good set',
    async (openidConfiguration, status) => {
      const { port } = await start({ ...served, openidConfiguration });
      expect((await sendRaw(port, `GET ${OPENID}`)).status).toBe(status);
      expect((await sendRaw(port, `GET ${JWKS}`)).status).toBe(200);
    },
  );

  test.each([
    ['GET /.WELL-KNOWN/jwks.json', 404],
    ['GET /.well-known%2Fjwks.json', 404],
    [`GET /x${JWKS}`, 404],
    ['GET /metrics', 404],
    ['GET *', 404],
    ['OPTIONS /nothing', 404],
    ['POST /', 405],
    [`POST ${JWKS}`, 405],
    [`TRACE ${JWKS}`, 405],
    [`DELETE ${OPENID}`, 405],
  ])('%s: %i', async (requestLine, status) => {
    const { port } = await start(served);
    const answer = await sendRaw(port, requestLine);
    expect(answer.status).toBe(status);
    expect(answer.headers['location']).toBeUndefined();
    if (status === 405) expect(answer.headers['allow']).toBe('GET, HEAD, OPTIONS');
    expect(answer.headers['cache-control']).toBe('no-store');
  });

  test.each([
    ['a large body', ['Content-Length: 16385'], 413],
    [
      'a large body that waits to be asked for',
      ['Content-Length: 16385', 'Expect: 100-continue'],
      413,
    ],
    ['another Host line', ['Host: other'], 400],
    ['two lengths', ['Content-Length: 1', 'Content-Length: 2'], 400],
    ['a header that is none', ['no colon here'], 400],
    ['headers without end', [`X-Long: ${'x'.repeat(17_000)}`], 431],
    ['too many headers', Array.from({ length: 99 }, () => 'a: b'), 431],
    ['another ETag that it demands', ['If-Match: "x"'], 412],
  ])('%s', async (_, headers, status) => {
    const { port } = await start(served);
    expect((await sendRaw(port, `GET ${JWKS}`, headers)).status).toBe(status);
  });

  test.each([
    ['of a known length', 'Content-Length: 17000', 'x'.repeat(17_000)],
    [
      'of an unknown length',
      'Transfer-Encoding: chunked',
      `4268\r\n${'x'.repeat(17_000)}\r\n0\r\n\r\n`,
    ],
  ])('a large body %s is not read to its end, nor what follows it', async (_, header, body) => {
    const { port } = await start(served);
    const connection = await openRaw(port);
    const request = `GET ${JWKS} HTTP/1.1\r\nHost: test\r\n`;
    connection.socket.write(`${request}${header}\r\n\r\n${body}${request}\r\n`);
    expect(statusesOf(await connection.closed)).toEqual([413]);
  });

  test('a body that looks like a request is none', async () => {
    const { port, metrics } = await start(served);
    const connection = await openRaw(port);
    const smuggled = `GET ${OPENID} HTTP/1.1\r\nHost: test\r\n\r\n`;
    const close = `GET ${JWKS} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n`;
    connection.socket.write(`${close}Content-Length: ${smuggled.length}\r\n\r\n${smuggled}`);
    expect(statusesOf(await connection.closed)).toEqual([200]);
    expect(await requestsCounted(metrics)).toEqual([`200 ${JWKS} 1`]);
  });

  const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: test\r\n\r\n`;
  const close = `GET ${JWKS} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n`;
  const chunked = `POST ${JWKS} HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n`;
  test.each([
    ['garbage', 'what is this\r\n\r\n', [400]],
    ['garbage again and again', 'what is this\r\n\r\n'.repeat(1000), [400]],
    ['TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n', [400]],
    ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', [400]],
    ['a request for a tunnel', 'CONNECT test:443 HTTP/1.1\r\nHost: test\r\n\r\n', [405]],
    ['no Host', `GET ${JWKS} HTTP/1.1\r\n\r\n${get(JWKS)}`, [400]],
    ['a Host that is none', `GET ${JWKS} HTTP/1.1\r\nHost: a b\r\n\r\n${get(JWKS)}`, [400]],
    ['a request and garbage', `${get(JWKS)}what is this\r\n\r\n`, [200, 400]],
    ['three requests and garbage', `${get(JWKS).repeat(3)}what\r\n\r\n`, [200, 200, 200, 400]],
    ['another request after the last', close + get(JWKS), [200]],
    ['garbage after the last request', `${close}what is this\r\n\r\n`, [200]],
    ['a body that is malformed', `${chunked}zz\r\n\r\n`, [400]],
    ['a body that is malformed later', `${chunked}1\r\na\r\nzz\r\n\r\n`, [400]],
  ])('%s: one answer each, and the connection ends', async (_, text, statuses) => {
    const { port } = await start(served);
    const connection = await openRaw(port);
    connection.socket.write(text);
    expect(statusesOf(await connection.closed)).toEqual(statuses);
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

  test('a peer that keeps asking and reads nothing is cut', async () => {
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

  test('a request that does not end is cut after the grace time', async () => {
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
  expect(await requestsCounted(metrics)).toEqual([
    `200 ${JWKS} 2`,
    `200 ${OPENID} 1`,
    `304 ${JWKS} 1`,
    '400 other 1',
    '404 other 2',
  ]);
});
