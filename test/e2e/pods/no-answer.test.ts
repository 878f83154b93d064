import { generateKeyPair, SignJWT } from 'jose';
import { describe, expect, test } from 'vitest';
import { makeJwks } from '../../server/fixtures.ts';
import { type Answering, startApiSocket } from '../../support/kube/api-socket.ts';
import { LIBRARIES, type Library } from './key-libraries.ts';
import { isWithoutAnswer } from './no-answer.ts';

const sendText =
  (status: number, text: string): Answering =>
  (_, response) =>
    response.writeHead(status).end(text);

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
    const api = await startApiSocket(sendText(200, ''));
    await api[Symbol.asyncDispose]();
    expect(isWithoutAnswer(await errorOf(library, api.url))).toBe(true);
  });

  test('a connection that is cut', async () => {
    await using api = await startApiSocket(({ socket }) => socket.destroy());
    expect(isWithoutAnswer(await errorOf(library, api.url))).toBe(true);
  });

  test.each([
    ['a JWKS without the key', 200, makeJwks('another')],
    ['a JWKS with another key under its name', 200, makeJwks('k1')],
    ['an answer that is no JWKS', 200, 'x'],
    ['an error', 503, 'x'],
  ])('%s is an answer', async (_, status, body) => {
    await using api = await startApiSocket(sendText(status, body));
    expect(isWithoutAnswer(await errorOf(library, api.url))).toBe(false);
  });
});
