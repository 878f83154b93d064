import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type NotYet, waitFor } from '../support/wait/wait-for.ts';

type Jwk = Record<string, unknown>;

/** A new EC key under this kid: what is published of it, and all of it. */
export function makeKey(kid: string): { readonly publicJwk: Jwk; readonly privateJwk: Jwk } {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { kty, crv, x, y, d } = privateKey.export({ format: 'jwk' });
  const publicJwk = { kty, crv, x, y, kid, alg: 'ES256', use: 'sig' };
  return { publicJwk, privateJwk: { ...publicJwk, d } };
}

/** A JWKS of new keys, as the operator would write it. */
export function makeJwks(...kids: readonly string[]): string {
  return JSON.stringify({ keys: kids.map((kid) => makeKey(kid).publicJwk) });
}

export const SERVE_JSON = '{"maxAgeSeconds":300,"sharedMaxAgeSeconds":0}';
export const OPENID_JSON =
  '{"issuer":"https://auth.example.com","jwks_uri":"https://auth.example.com/.well-known/jwks.json"}';

/** A folder that goes with the test. */
export async function makeFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'signing-keys-serve-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Waits for a condition of a process or a socket nearby, so it is looked at often. */
export function until<T>(
  describe: string,
  condition: () => T | NotYet | Promise<T | NotYet>,
  timeoutMs = 10_000,
): Promise<T> {
  return waitFor(condition, { timeoutMs, describe, intervalMs: 10 });
}
