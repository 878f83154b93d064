/** Whatever HTTP allows browsers, proxies, meshes and load balancers to send is answered. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Client } from 'undici';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openRaw, parseResponse, sendRaw } from '../support/http/raw-http.ts';
import { until } from './fixtures.ts';
import {
  etag,
  JWKS,
  jwksText,
  OPENID,
  requestsCounted,
  served,
  startPublicPort as start,
} from './public-port.ts';

const run = promisify(execFile);

/** Sends a text as it is. @returns the first answer, and whether the connection stays open for more */
async function exchange(port: number, text: string) {
  const connection = await openRaw(port);
  let isClosed = false;
  connection.closed.then(() => {
    isClosed = true;
  });
  connection.socket.write(text, 'latin1');
  await until('an answer', () => isWhole(connection.received()) || isClosed);
  return { ...parseResponse(connection.received()), connection };
}

function isWhole(text: string): boolean {
  const { status, headers, body } = parseResponse(text);
  if (!text.includes('\r\n\r\n')) return false;
  return status === 204 || body.length >= Number(headers['content-length']);
}

describe('requests of browsers', () => {
  const preflight = [
    'Origin: https://app.example.com',
    'Access-Control-Request-Method: GET',
    'Access-Control-Request-Headers: cache-control,authorization,if-none-match',
  ];

  test.each([JWKS, OPENID])('the preflight of %s lets every header pass', async (path) => {
    const { port } = await start(served);
    const { status, headers, body } = await sendRaw(port, `OPTIONS ${path}`, preflight);
    expect({ status, body }).toEqual({ status: 204, body: '' });
    expect(headers).toMatchObject({
      'access-control-allow-origin': '*',
      'access-control-allow-methods': 'GET, HEAD, OPTIONS',
      // By the Fetch standard, the asterisk does not include Authorization.
      'access-control-allow-headers': '*, Authorization',
      'access-control-max-age': '86400',
      allow: 'GET, HEAD, OPTIONS',
    });
    expect(headers['content-length']).toBeUndefined();
  });

  test.each([
    ['GET', JWKS],
    ['HEAD', JWKS],
    ['GET', '/nothing'],
  ])('%s %s: a script may read the answer, its ETag and its caching', async (method, path) => {
    const { port } = await start(served);
    const { headers } = await sendRaw(port, `${method} ${path}`, [
      'Origin: https://app.example.com',
    ]);
    expect(headers['access-control-allow-origin']).toBe('*');
    const exposed = headers['access-control-expose-headers']?.split(', ');
    expect(exposed).toEqual(expect.arrayContaining(['ETag', 'Cache-Control', 'Age', 'Date']));
  });

  test('a preflight is answered before a set was read, too', async () => {
    const { port } = await start(null);
    expect((await sendRaw(port, `OPTIONS ${JWKS}`, preflight)).status).toBe(204);
    expect((await sendRaw(port, `OPTIONS /x${JWKS}`, preflight)).status).toBe(204);
  });
});

describe('what a GET may carry changes nothing', () => {
  test.each([
    ['a range', ['Range: bytes=0-1', `If-Range: ${etag}`]],
    ['dates', ['If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT']],
    ['a date that has passed', ['If-Unmodified-Since: Sun, 06 Nov 1994 08:49:37 GMT']],
    ['the ETag that it demands', [`If-Match: "x", ${etag}`]],
    ['any ETag that it demands', ['If-Match: *']],
    ['other media types', ['Accept: text/html, application/xml;q=0.9, */*;q=0']],
    ['encodings', ['Accept-Encoding: gzip, deflate, br, zstd, identity;q=0, *;q=0']],
    ['languages and charsets', ['Accept-Language: tlh', 'Accept-Charset: utf-16']],
    [
      'an upgrade to HTTP/2',
      ['Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAAQ', 'Connection: Upgrade, HTTP2-Settings'],
    ],
    ['an upgrade to TLS', ['Upgrade: TLS/1.0', 'Connection: Upgrade']],
    ['a web socket', ['Upgrade: websocket', 'Connection: keep-alive, Upgrade']],
    ['transfer codings', ['TE: trailers, deflate;q=0.5', 'Connection: TE']],
    ['an expectation', ['Expect: 100-continue']],
    ['another expectation', ['Expect: the-unexpected']],
    ['an empty body', ['Content-Length: 0']],
    ['cookies', [`Cookie: ${'a=b; '.repeat(2000)}`]],
    [
      'what only caches understand',
      ['Cache-Control: no-cache, only-if-cached', 'Pragma: no-cache'],
    ],
    ['what proxies add', ['Via: 1.1 a, 1.1 b', 'X-Forwarded-For: 192.0.2.1', 'Max-Forwards: 0']],
    ['credentials', ['Authorization: Bearer x', 'Proxy-Authorization: Basic eA==']],
    ['a header with bytes beyond ASCII', ['X-Name: \xe9']],
    ['99 headers', Array.from({ length: 97 }, (_, index) => `x-${index}: y`)],
  ])('%s', async (_, headers) => {
    const { port } = await start(served);
    const close = ['Host: test', ...headers, '', ''].join('\r\n');
    for (const [method, body] of [
      ['GET', jwksText],
      ['HEAD', ''],
    ] as const) {
      const connection = await openRaw(port);
      connection.socket.write(`${method} ${JWKS} HTTP/1.1\r\n${close}`, 'latin1');
      await until('an answer', () => connection.received().includes('\r\n\r\n'));
      expect(parseResponse(connection.received()).status).toBe(200);
      await until('the body', () => parseResponse(connection.received()).body === body);
    }
  });

  test.each([
    ['a body', 'Content-Length: 2\r\n\r\n{}'],
    ['an empty body of unknown length', 'Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    [
      'a body of unknown length',
      'Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nX-T: a\r\n\r\n',
    ],
    ['a body that is encoded', 'Transfer-Encoding: gzip, chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n'],
    ['the largest body', `Content-Length: 16384\r\n\r\n${'x'.repeat(16_384)}`],
  ])('%s is read, and the connection goes on', async (_, rest) => {
    const { port } = await start(served);
    const request = `GET ${JWKS} HTTP/1.1\r\nHost: test\r\n${rest}`;
    const { status, body, connection } = await exchange(port, request);
    expect({ status, body }).toEqual({ status: 200, body: jwksText });
    connection.socket.write(request);
    await until('another', () => connection.received().split(jwksText).length === 3);
  });

  test('a body that waits to be asked for is asked for', async () => {
    const { port } = await start(served);
    const connection = await openRaw(port);
    connection.socket.write(
      `GET ${JWKS} HTTP/1.1\r\nHost: test\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n`,
    );
    await until('it is asked for', () => connection.received().startsWith('HTTP/1.1 100 '));
    connection.socket.write('{}');
    await until('the answer', () => connection.received().endsWith(jwksText));
  });
});

describe('each way to write a request', () => {
  test.each([
    `GET ${JWKS}?a=b&c HTTP/1.1\r\nHost: test`,
    `GET http://elsewhere.example:99${JWKS}?a HTTP/1.1\r\nHost: test`,
    `GET HTTPS://user@[::1]${JWKS} HTTP/1.1\r\nHost: test`,
    `GET ${JWKS} HTTP/1.1\r\nHost:`,
    `GET ${JWKS} HTTP/1.1\r\nhOsT: [2001:db8::1]:8080`,
    `GET ${JWKS} HTTP/1.1\r\nHost: a_b.example.com.:80`,
    `GET ${JWKS} HTTP/1.0`,
    `GET ${JWKS} HTTP/1.0\r\nHost: test\r\nConnection: keep-alive`,
    `\r\n\r\nGET ${JWKS} HTTP/1.1\r\nHost: test`,
    `GET ${JWKS}/ HTTP/1.1\r\nHost: test`,
    `GET /${JWKS} HTTP/1.1\r\nHost: test`,
    `GET //${JWKS} HTTP/1.1\r\nHost: test`,
    'GET /.well-known/%6awks%2Ejson HTTP/1.1\r\nHost: test',
    'GET /%2ewell-known/x/%2E%2e/./jwks.json HTTP/1.1\r\nHost: test',
  ])('%j', async (head) => {
    const { port } = await start(served);
    const { status, body } = await exchange(port, `${head}\r\n\r\n`);
    expect({ status, body }).toEqual({ status: 200, body: jwksText });
  });

  test('a connection of HTTP/1.0 stays open if it asks for that', async () => {
    const { port } = await start(served);
    const request = `GET ${JWKS} HTTP/1.0\r\nConnection: keep-alive\r\n\r\n`;
    const { headers, connection } = await exchange(port, request);
    expect(headers['connection']).toBe('keep-alive');
    connection.socket.write(request);
    await until('another', () => connection.received().split(jwksText).length === 3);
  });
});

describe('load balancers', () => {
  test.each([
    ['GET / HTTP/1.1\r\nHost: 192.0.2.1:8080\r\nUser-Agent: ELB-HealthChecker/2.0', 200],
    ['GET http://test HTTP/1.1\r\nHost: test', 200],
    ['GET http://test?a HTTP/1.1\r\nHost: test', 200],
    ['GET /healthz HTTP/1.1\r\nHost: test\r\nUser-Agent: GoogleHC/1.0', 200],
    ['GET / HTTP/1.0', 200],
    ['OPTIONS / HTTP/1.0', 204],
    ['OPTIONS * HTTP/1.1\r\nHost: test', 204],
    ['OPTIONS http://test HTTP/1.1\r\nHost: test', 204],
  ])('%j', async (head, status) => {
    const { port } = await start(served);
    expect((await exchange(port, `${head}\r\n\r\n`)).status).toBe(status);
  });

  test('the health is never kept by a cache, and counted apart', async () => {
    const { port, metrics } = await start(served);
    const { headers, body } = await sendRaw(port, 'GET /');
    expect(body).toBe(`ok; the keys are at ${JWKS}\n`);
    expect(headers['cache-control']).toBe('no-store');
    expect((await sendRaw(port, 'HEAD /healthz')).body).toBe('');
    expect(await requestsCounted(metrics)).toEqual(['200 / 1', '200 /healthz 1']);
  });
});

describe('clients of others', () => {
  test('undici, which pipelines', async () => {
    const { port } = await start(served);
    const client = new Client(`http://127.0.0.1:${port}`, { pipelining: 10 });
    onTestFinished(() => client.destroy());
    const texts = await Promise.all(
      Array.from({ length: 100 }, async () => {
        const { body } = await client.request({ path: JWKS, method: 'GET' });
        return await body.text();
      }),
    );
    expect(new Set(texts)).toEqual(new Set([jwksText]));
  });

  test('fetch, by a POST, a HEAD and a GET on one connection', async () => {
    const { port } = await start(served);
    const url = `http://127.0.0.1:${port}${JWKS}`;
    expect((await fetch(url, { method: 'POST', body: 'a=b' })).status).toBe(405);
    expect((await fetch(url, { method: 'HEAD' })).status).toBe(200);
    expect(await (await fetch(url)).text()).toBe(jwksText);
  });

  const PYTHON = `
import http.client, sys
connection = http.client.HTTPConnection('127.0.0.1', int(sys.argv[1]), timeout=30)
for body in (None, b'', b'{}', iter([b'{', b'}'])):
    connection.request('GET', sys.argv[2], body=body, encode_chunked=body is not None, headers={'Connection': 'keep-alive'})
    answer = connection.getresponse()
    print(answer.status, len(answer.read()))
`;
  test.each([
    ['curl', ['-sS', '-w', '%{http_code} ', '-o', '/dev/null'], '200 '],
    ['curl', ['-sS', '-w', '%{http_code} ', '-o', '/dev/null', '--http1.0'], '200 '],
    // It offers an upgrade to HTTP/2, and goes on without.
    ['curl', ['-sS', '-w', '%{http_code} ', '-o', '/dev/null', '--http2'], '200 '],
    ['curl', ['-sS', '-w', '%{http_code} ', '-o', '/dev/null', '-d', 'a=b', '-X', 'GET'], '200 '],
    ['curl', ['-sS', '-w', '%{http_code} ', '-o', '/dev/null', '-X', 'OPTIONS'], '204 '],
    ['python3', ['-c', PYTHON], `200 ${jwksText.length}\n`.repeat(4)],
  ])('%s %j', async (program, args, expected) => {
    if (!(await isInstalled(program))) return;
    const { port } = await start(served);
    const target = program === 'curl' ? [`http://127.0.0.1:${port}${JWKS}`] : [String(port), JWKS];
    const { stdout } = await run(program, [...args, ...target]);
    expect(stdout).toBe(expected);
  });
});

async function isInstalled(program: string): Promise<boolean> {
  return await run(program, ['--version']).then(
    () => true,
    () => false,
  );
}
