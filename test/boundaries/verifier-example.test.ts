import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type CryptoKey,
  calculateJwkThumbprint,
  exportJWK,
  generateKeyPair,
  type JWTPayload,
  SignJWT,
} from 'jose';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { ROOT, readProjectFile } from './source-tree.ts';

interface Verifier {
  verify(token: string): Promise<JWTPayload>;
}

function documentedVerifier(): string {
  const page = readProjectFile('docs/verifiers.md') ?? '';
  return /```js\n(\/\/ verifier\.mjs[\s\S]*?)```/.exec(page)?.[1] ?? '';
}

/** Serves one JWKS on loopback, as the JWKS server does. */
async function serve(keys: readonly object[]): Promise<string> {
  const server = createServer((_, response) => {
    response.setHeader('Content-Type', 'application/json').end(JSON.stringify({ keys }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  return `http://127.0.0.1:${port}/.well-known/jwks.json`;
}

/** The page's block as a module of its own, as a reader would have it. */
async function loadVerifier(url: string): Promise<Verifier> {
  const folder = mkdtempSync(join(tmpdir(), 'verifier-example-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  writeFileSync(join(folder, 'verifier.mjs'), documentedVerifier());
  vi.stubEnv('JWKS_URL', url);
  onTestFinished(() => void vi.unstubAllEnvs());
  return (await import(join(folder, 'verifier.mjs'))) as Verifier;
}

function token(key: CryptoKey, kid: string, expiresInSeconds: number): Promise<string> {
  const header = { alg: 'RS256', kid, typ: 'JWT' };
  const exp = Math.floor(Date.now() / 1000) + expiresInSeconds;
  return new SignJWT({ sub: 'someone', exp }).setProtectedHeader(header).sign(key);
}

describe('the verifier of docs/verifiers.md', () => {
  test('accepts what a published key signed, within its leeway, and nothing else', async () => {
    const [own, foreign] = await Promise.all([generateKeyPair('RS256'), generateKeyPair('RS256')]);
    const jwk = await exportJWK(own.publicKey);
    const kid = await calculateJwkThumbprint(jwk);
    const { verify } = await loadVerifier(await serve([{ ...jwk, kid, alg: 'RS256', use: 'sig' }]));

    expect(await verify(await token(own.privateKey, kid, 60))).toMatchObject({ sub: 'someone' });
    expect(await verify(await token(own.privateKey, kid, -30))).toMatchObject({ sub: 'someone' });
    await expect(verify(await token(own.privateKey, kid, -90))).rejects.toThrow('exp');
    await expect(verify(await token(foreign.privateKey, kid, 60))).rejects.toThrow('signature');
    await expect(verify(await token(own.privateKey, 'unknown', 60))).rejects.toThrow(
      'no applicable',
    );
  });
});
