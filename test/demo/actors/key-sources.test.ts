import type { webcrypto } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FileVerifier } from './key-sources.ts';

const TTL_MS = 5000;
const ISSUED_S = 1000;
const EXPIRES_S = 1008;

let folder: string;
let nowMs: number;
let verifier: FileVerifier;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'key-sources-'));
  nowMs = ISSUED_S * 1000;
  const start = { cacheTtlMs: TTL_MS, leewayMs: 1000, algorithm: 'RS256' };
  verifier = new FileVerifier(start, folder, () => nowMs);
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

describe('a verifier of the mounted file', () => {
  test('knows a new key only once its cache is over, and forgets a removed one likewise', async () => {
    const [a, b] = [await makeKey('a'), await makeKey('b')];
    await publish(a);
    await verifier.check(await sign(a), nowMs);

    await publish(b);
    nowMs += TTL_MS - 1;
    await verifier.check(await sign(a), nowMs);
    await expect(verifier.check(await sign(b), nowMs)).rejects.toThrow('no key of that kid');

    nowMs += 1;
    await verifier.check(await sign(b), nowMs);
    await expect(verifier.check(await sign(a), nowMs)).rejects.toThrow('no key of that kid');
  });

  test('accepts a token until its end with the leeway, and no longer', async () => {
    const key = await makeKey('a');
    await publish(key);
    const token = await sign(key);
    const endMs = EXPIRES_S * 1000 + 1000;
    await verifier.check(token, endMs - 1);
    await expect(verifier.check(token, endMs)).rejects.toThrow('expired');
  });

  test('refuses a signature of another key under a known kid', async () => {
    await publish(await makeKey('a'));
    const forged = await sign(await makeKey('a'));
    await expect(verifier.check(forged, nowMs)).rejects.toThrow('signature');
  });
});

interface Key {
  readonly kid: string;
  readonly pair: webcrypto.CryptoKeyPair;
}

async function makeKey(kid: string): Promise<Key> {
  return { kid, pair: await generateKeyPair('RS256') };
}

async function publish({ kid, pair }: Key): Promise<void> {
  const jwk = { ...(await exportJWK(pair.publicKey)), kid, alg: 'RS256', use: 'sig' };
  await writeFile(join(folder, 'jwks.json'), JSON.stringify({ keys: [jwk] }));
}

function sign({ kid, pair }: Key): Promise<string> {
  return new SignJWT({})
    .setProtectedHeader({ alg: 'RS256', kid })
    .setIssuedAt(ISSUED_S)
    .setExpirationTime(EXPIRES_S)
    .sign(pair.privateKey);
}
