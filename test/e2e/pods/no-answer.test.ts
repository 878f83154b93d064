import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { generateKeyPair, SignJWT } from 'jose';
import { afterEach, describe, expect, test } from 'vitest';
import { makeJwks } from '../../server/fixtures.ts';
import { LIBRARIES, type Library } from './key-libraries.ts';
import { isWithoutAnswer } from './no-answer.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function serving(answer: (server: Server) => void): Promise<string> {
  const server = createServer();
  servers.push(server);
  answer(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

const answering = (status: number, body: string) =>
  serving((server) => server.on('request', (_, response) => response.writeHead(status).end(body)));

async function errorOf(library: Library, jwks: string): Promise<unknown> {
  const { privateKey } = await generateKeyPair('ES256');
  const token = await new SignJWT({})
    .setProtectedHeader({ alg: 'ES256', kid: 'k1' })
    .setExpirationTime('1h')
    .sign(privateKey);
  try {
    await LIBRARIES[library]({ jwks, cacheMs: 1000 })(token);
  } catch (error) {
    return error;
  }
  throw new Error('the token was accepted');
}

describe.each<Library>(['jose', 'jwks-rsa'])('%s', (library) => {
  test('a name that nobody knows', async () => {
    expect(isWithoutAnswer(await errorOf(library, 'http://nobody.invalid/'))).toBe(true);
  });

  test('a port on which nobody listens', async () => {
    const url = await answering(200, '');
    servers.pop()?.close();
    expect(isWithoutAnswer(await errorOf(library, url))).toBe(true);
  });

  test('a connection that is cut', async () => {
    const url = await serving((server) => server.on('connection', (socket) => socket.destroy()));
    expect(isWithoutAnswer(await errorOf(library, url))).toBe(true);
  });

  test.each([
    ['a JWKS without the key', 200, makeJwks('another')],
    ['a JWKS with another key under its name', 200, makeJwks('k1')],
    ['an answer that is no JWKS', 200, 'x'],
    ['an error', 503, 'x'],
  ])('%s is an answer', async (_, status, body) => {
    expect(isWithoutAnswer(await errorOf(library, await answering(status, body)))).toBe(false);
  });
});
