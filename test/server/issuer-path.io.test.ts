import { describe, expect, test } from 'vitest';
import { jwksData } from '../../src/core/ledger/jwks-document.ts';
import { sha256Base64url } from '../../src/platform/keys/digest.ts';
import { judgeOpenidConfiguration } from '../../src/server/documents.ts';
import type { Served } from '../../src/server/source.ts';
import { ledgerOf, rotatedWorld } from '../support/core-world/states.ts';
import { openRaw, sendRaw } from '../support/http/raw-http.ts';
import { until } from './fixtures.ts';
import {
  bytesOf,
  JWKS,
  jwksText,
  OPENID,
  requestsCounted,
  served,
  startPublicPort,
} from './public-port.ts';

const ORIGIN = 'https://auth.example.com';

/** What is served for a set of this issuer, even of one that the judge of the document refuses. */
function servedFor(issuer: string): Served {
  const bytes = bytesOf(JSON.stringify({ issuer, jwks_uri: `${issuer}${JWKS}` }));
  return { ...served, openidConfiguration: { bytes, issuer } };
}

async function statusOf(port: number, path: string): Promise<number> {
  return (await sendRaw(port, `GET ${path}`)).status;
}

describe('both documents are served under the path of the issuer', () => {
  test.each([
    ['/realms/x', ['/realms/x']],
    ['/', ['', '/']],
    ['/realms/x/', ['/realms/x', '/realms/x/']],
    ['/realms/x//', ['/realms/x/']],
    ['/a//b', ['/a//b']],
    ['/a%20b/%C3%A9', ['/a%20b/%C3%A9']],
    ['/a:b;c=d,e@f', ['/a:b;c=d,e@f']],
    // Some clients send the text as it is, others what their URL parser makes of it.
    ['/a/../b', ['/a/../b', '/b']],
    ['/a/%2e%2E/b/.', ['/a/%2e%2E/b/.', '/b']],
    ['/é', ['/%C3%A9']],
  ])('%s', async (path, bases) => {
    const { port } = await startPublicPort(servedFor(`${ORIGIN}${path}`));
    for (const base of [...bases, '']) {
      expect(await sendRaw(port, `GET ${base}${JWKS}`)).toMatchObject({
        status: 200,
        body: jwksText,
      });
      const { status, headers } = await sendRaw(port, `GET ${base}${OPENID}?a=b`);
      expect([status, headers['content-type']]).toEqual([200, 'application/json']);
    }
  });

  test.each(['', '/', '/realms/x', '/realms/x/', '/a//b/../c/./d%2Fe'])(
    'whatever the CRD lets pass: the published jwks_uri is answered (issuer …%s)',
    async (path) => {
      const issuer = `${ORIGIN}${path}`;
      const ledger = { ...ledgerOf(rotatedWorld()), publication: { issuer, jwksUri: null } };
      const text = jwksData(ledger)['openid-configuration.json'] ?? '';
      const openidConfiguration = judgeOpenidConfiguration(bytesOf(text));
      if ('problem' in openidConfiguration) throw new Error(openidConfiguration.problem);
      const { port } = await startPublicPort({ ...served, openidConfiguration });
      const uri: string = JSON.parse(text).jwks_uri;
      // OpenID Connect Discovery 1.0 section 4.1.
      const discovery = issuer.replace(/\/$/, '') + OPENID;
      for (const url of [uri, discovery]) {
        expect(await statusOf(port, url.slice(ORIGIN.length)), url).toBe(200);
        const fetched = await fetch(url.replace(ORIGIN, `http://127.0.0.1:${port}`));
        expect(fetched.status, url).toBe(200);
      }
    },
  );
});

test.each([
  `/realms/x/${JWKS}`,
  `//realms/x${JWKS}`,
  `/realms/%78${JWKS}`,
  `/realms/y/../x${JWKS}`,
  `/realms/x${JWKS}/`,
  '/realms/x/.well-known/%6Awks%2ejson',
])('%s is another spelling of a path that is served', async (path) => {
  const { port } = await startPublicPort(servedFor(`${ORIGIN}/realms/x`));
  expect(await sendRaw(port, `GET ${path}`)).toMatchObject({ status: 200, body: jwksText });
});

test.each([
  `/realms${JWKS}`,
  `/realms/x/y${JWKS}`,
  `/Realms/x${JWKS}`,
  `/realms%2Fx${JWKS}`,
  '/realms/x/',
])('%s is not found if the issuer has another path', async (path) => {
  const { port } = await startPublicPort(servedFor(`${ORIGIN}/realms/x`));
  expect(await statusOf(port, path)).toBe(404);
});

test.each([
  'payments',
  'urn:example:payments',
  `${ORIGIN}/x?tenant=y`,
  `${ORIGIN}/x#y`,
  'https:///x',
])('an issuer that names no path, such as %s, adds none', async (issuer) => {
  const { port } = await startPublicPort(servedFor(issuer));
  expect(await statusOf(port, JWKS)).toBe(200);
  expect(await statusOf(port, `/x${JWKS}`)).toBe(404);
});

test('HEAD, conditions and other methods work there as at the root', async () => {
  const { port } = await startPublicPort(servedFor(`${ORIGIN}/realms/x`));
  const etag = `"${sha256Base64url(bytesOf(jwksText))}"`;
  for (const method of ['GET', 'HEAD', 'OPTIONS', 'POST']) {
    for (const condition of ['"x"', etag, '*']) {
      const lines = [`If-None-Match: ${condition}`];
      const [atRoot, below] = await Promise.all(
        [JWKS, `/realms/x${JWKS}`].map((path) => sendRaw(port, `${method} ${path}`, lines)),
      );
      const { date: _root, ...headers } = atRoot?.headers ?? {};
      const { date: _below, ...same } = below?.headers ?? {};
      expect(below).toMatchObject({ status: atRoot?.status, body: atRoot?.body });
      expect(same).toEqual(headers);
    }
  }
});

test('the path follows the document, also on a connection that is open already', async () => {
  const { port, serve } = await startPublicPort(servedFor(`${ORIGIN}/old`));
  const connection = await openRaw(port);
  const ask = (path: string) =>
    connection.socket.write(`GET ${path} HTTP/1.1\r\nHost: test\r\n\r\n`);
  ask(`/old${JWKS}`);
  await until('the old path is answered', () => connection.received().endsWith(jwksText));
  serve(servedFor(`${ORIGIN}/new`));
  ask(`/old${JWKS}`);
  await until('the old path is gone', () => connection.received().endsWith('not found\n'));
  ask(`/new${JWKS}`);
  await until('the new path is answered', () => connection.received().endsWith(jwksText));
  serve({ ...served, openidConfiguration: null });
  expect(await statusOf(port, `/new${JWKS}`)).toBe(404);
  expect(await statusOf(port, JWKS)).toBe(200);
});

test.each<[string, Served | null]>([
  ['before a set was read', null],
  ['while the configuration was never readable', { ...served, openidConfiguration: 'unreadable' }],
])('%s, no path gets a 404', async (_, content) => {
  const { port } = await startPublicPort(content);
  for (const path of [`/realms/x${JWKS}`, `/realms/x${OPENID}`]) {
    const { status, headers } = await sendRaw(port, `GET ${path}`);
    expect(status).toBe(503);
    expect(headers).toMatchObject({ 'cache-control': 'no-store', 'retry-after': '5' });
    expect((await sendRaw(port, `POST ${path}`)).status).toBe(405);
  }
  expect(await statusOf(port, '/realms/x')).toBe(404);
  expect(await statusOf(port, JWKS)).toBe(content === null ? 503 : 200);
});

test('requests are counted by the document, whatever the issuer', async () => {
  const { port, metrics, serve } = await startPublicPort(null);
  await sendRaw(port, `GET /anything${JWKS}`);
  for (const path of ['/a', '/b', '/c']) {
    serve(servedFor(`${ORIGIN}${path}`));
    await sendRaw(port, `GET ${path}${JWKS}`);
    await sendRaw(port, `GET ${path}${OPENID}`);
    await sendRaw(port, `POST ${path}${OPENID}`);
    await sendRaw(port, `GET /a/b${JWKS}`);
  }
  expect(await requestsCounted(metrics)).toEqual([
    `200 ${JWKS} 3`,
    `200 ${OPENID} 3`,
    '404 other 3',
    `405 ${OPENID} 3`,
    `503 ${JWKS} 1`,
  ]);
});
