import { describe, expect, onTestFinished, test } from 'vitest';
import { sha256Base64url } from '../../src/platform/keys/digest.ts';
import { openRaw, parseResponse, sendRaw } from '../support/http/raw-http.ts';
import { makeJwks, until } from './fixtures.ts';
import {
  bytesOf,
  JWKS,
  jwksText,
  OPENID,
  requestsCounted,
  served,
  startPublicPort as start,
} from './public-port.ts';

const etag = `"${sha256Base64url(bytesOf(jwksText))}"`;

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
    ['/', 404],
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

  test('what follows a rejected body is not read as a request', async () => {
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
