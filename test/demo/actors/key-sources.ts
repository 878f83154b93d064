/**
 * The two kinds of verifier. Both hold a key set for the declared time, and neither fetches again
 * when it meets a kid that it does not know: such verifiers need the whole lead of a new key.
 */
import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import type { KeySourcePlan, VerifierStart } from '../record/messages.ts';

export interface Verifier {
  /** Gets a key set, as a verifier does when it starts. */
  prime(): Promise<void>;
  /** Rejects with why the token is not accepted at that time. */
  check(token: string, nowMs: number): Promise<void>;
  /** How old the held key set is; null if that is not known. */
  cacheAgeMs(): number | null;
}

export function createVerifier(start: VerifierStart): Verifier {
  const { source } = start;
  return source.kind === 'remote' ? remote(start, source) : new FileVerifier(start, source.folder);
}

/** jose, over HTTP. An endless cooldown forbids the fetch for an unknown kid. */
function remote(
  start: VerifierStart,
  { url }: Extract<KeySourcePlan, { kind: 'remote' }>,
): Verifier {
  let fetchedMs: number | null = null;
  const keys = createRemoteJWKSet(new URL(url), {
    cacheMaxAge: start.cacheTtlMs,
    cooldownDuration: Number.POSITIVE_INFINITY,
  });
  return {
    async prime() {
      fetchedMs = Date.now();
      await keys.reload();
    },
    async check(token, nowMs) {
      if (!keys.fresh) fetchedMs = Date.now();
      await jwtVerify(token, keys, {
        algorithms: [start.algorithm],
        clockTolerance: start.leewayMs / 1000,
        currentDate: new Date(nowMs),
      });
    },
    cacheAgeMs: () => (fetchedMs === null ? null : Date.now() - fetchedMs),
  };
}

/** Reads the mounted `jwks.json` itself, and checks RS256 (RFC 7518 section 3.3) by hand. */
export class FileVerifier implements Verifier {
  readonly #path: string;
  readonly #cacheTtlMs: number;
  readonly #leewayMs: number;
  readonly #algorithm: string;
  readonly #nowMs: () => number;
  #keys: ReadonlyMap<string, KeyObject> = new Map();
  #readMs: number | null = null;

  constructor(
    {
      cacheTtlMs,
      leewayMs,
      algorithm,
    }: Pick<VerifierStart, 'cacheTtlMs' | 'leewayMs' | 'algorithm'>,
    folder: string,
    nowMs: () => number = Date.now,
  ) {
    if (algorithm !== 'RS256') throw new Error(`this verifier knows RS256 only, not ${algorithm}`);
    this.#path = join(folder, 'jwks.json');
    this.#cacheTtlMs = cacheTtlMs;
    this.#leewayMs = leewayMs;
    this.#algorithm = algorithm;
    this.#nowMs = nowMs;
  }

  async prime(): Promise<void> {
    const readMs = this.#nowMs();
    const { keys } = JSON.parse(await readFile(this.#path, 'utf8')) as { keys: Jwk[] };
    this.#keys = new Map(
      keys
        .filter(({ alg }) => alg === this.#algorithm)
        .map((jwk) => [jwk.kid, createPublicKey({ key: { ...jwk }, format: 'jwk' })]),
    );
    this.#readMs = readMs;
  }

  async check(token: string, nowMs: number): Promise<void> {
    const [header = '', payload = '', signature = ''] = token.split('.');
    const { alg, kid } = decode(header) as { alg: string; kid: string };
    if (alg !== this.#algorithm) throw new Error(`the algorithm is ${alg}`);
    const ageMs = this.cacheAgeMs();
    if (ageMs === null || ageMs >= this.#cacheTtlMs) await this.prime();
    const key = this.#keys.get(kid);
    if (key === undefined) throw new Error('no key of that kid is in the set');
    const signed = Buffer.from(`${header}.${payload}`);
    if (!verify('RSA-SHA256', signed, key, Buffer.from(signature, 'base64url'))) {
      throw new Error('the signature does not fit');
    }
    const { exp } = decode(payload) as { exp: number };
    if (nowMs >= exp * 1000 + this.#leewayMs) throw new Error('it has expired');
  }

  cacheAgeMs(): number | null {
    return this.#readMs === null ? null : this.#nowMs() - this.#readMs;
  }
}

interface Jwk {
  readonly kid: string;
  readonly alg: string;
  readonly kty: string;
}

function decode(part: string): unknown {
  return JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
}
