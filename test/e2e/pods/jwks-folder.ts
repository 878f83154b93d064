import { readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { createLocalJWKSet, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';

const POLL_MS = 1_000;

/**
 * The keys of a mounted JWKS ConfigMap, read again whenever the kubelet has swapped it.
 * @param onChange gets the `kid`s of each version
 */
export async function jwksFolder(
  folder: string,
  onChange: (kids: readonly string[]) => void,
): Promise<JWTVerifyGetKey> {
  let version = '';
  let keys: JWTVerifyGetKey | null = null;
  const reload = async () => {
    const next = await readlink(join(folder, '..data'));
    if (next === version) return;
    const text = await readFile(join(folder, next, 'jwks.json'), 'utf8');
    const jwks = JSON.parse(text) as JSONWebKeySet;
    keys = createLocalJWKSet(jwks);
    version = next;
    onChange(jwks.keys.map(({ kid }) => kid ?? ''));
  };
  await reload();
  // Swapped while it was being read: the next look finds the new version.
  setInterval(() => void reload().catch(() => undefined), POLL_MS);
  return (header, token) => {
    if (keys === null) throw new Error('the folder has shown no JWKS yet');
    return keys(header, token);
  };
}
