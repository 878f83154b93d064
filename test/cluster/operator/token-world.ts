/**
 * Tokens and verifiers around one set, seen from the outside only: an issuer that mounts the
 * signer Secret late, and verifiers that cache the JWKS for as long as they may. What they reject
 * is what a user's users would notice.
 */
import { createLocalJWKSet, importPKCS8, type JSONWebKeySet, jwtVerify, SignJWT } from 'jose';
import { request } from '../shared-control-plane.ts';

export interface WorldTerms {
  readonly tokenTtlMs: number;
  readonly verifierCacheTtlMs: number;
  readonly publicationDelayMs: number;
  readonly signerRefreshDelayMs: number;
}

/** Those of `FAST_SPEC`. */
export const FAST_TERMS: WorldTerms = {
  tokenTtlMs: 8000,
  verifierCacheTtlMs: 5000,
  publicationDelayMs: 2000,
  signerRefreshDelayMs: 2000,
};

export interface Rejection {
  readonly verifier: number;
  readonly kid: string;
  readonly ageMs: number;
  readonly error: string;
}

export interface TokenFigures {
  readonly signed: number;
  readonly verified: number;
  readonly kids: readonly string[];
  /** How often the issuer changed to another key. */
  readonly switches: number;
  readonly rejected: readonly Rejection[];
}

interface Token {
  readonly text: string;
  readonly kid: string;
  readonly issuedMs: number;
  readonly expiresMs: number;
}

interface Timed<Value> {
  readonly value: Value;
  readonly seenMs: number;
}

const TICK_MS = 200;
/** How many verifiers; each refreshes at a time of its own. */
const VERIFIERS = 3;
const ALGORITHM = 'ES256';

export class TokenWorld {
  readonly #terms: WorldTerms;
  readonly #path: string;
  readonly #set: string;
  readonly #stop = new AbortController();
  readonly #tokens: Token[] = [];
  readonly #rejected: Rejection[] = [];
  readonly #kids = new Set<string>();
  #signed = 0;
  #verified = 0;
  #signsWith: string | null = null;
  #switches = 0;
  /** As the API server showed them; mounts show them late. */
  readonly #signers: Timed<{ kid: string; pem: string }>[] = [];
  readonly #published: Timed<JSONWebKeySet>[] = [];
  readonly #caches: (Timed<JSONWebKeySet> | null)[] = new Array(VERIFIERS).fill(null);

  constructor(namespace: string, set: string, terms: WorldTerms) {
    this.#path = `/api/v1/namespaces/${namespace}`;
    this.#set = set;
    this.#terms = terms;
  }

  /** Runs until it is stopped; a fault of the world itself rejects. */
  async run(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      await this.#watchMounts();
      await this.#issue();
      for (let verifier = 0; verifier < VERIFIERS; verifier += 1) await this.#verify(verifier);
      await new Promise((resolve) => setTimeout(resolve, TICK_MS));
    }
  }

  stop(): TokenFigures {
    this.#stop.abort();
    return {
      signed: this.#signed,
      verified: this.#verified,
      kids: [...this.#kids],
      switches: this.#switches,
      rejected: this.#rejected,
    };
  }

  /** The kid of the last token. */
  signsWith(): string | null {
    return this.#signsWith;
  }

  async #watchMounts(): Promise<void> {
    const seenMs = Date.now();
    const [signer, jwks] = await Promise.all([
      request({ method: 'GET', path: `${this.#path}/secrets/${this.#set}-signer` }),
      request({ method: 'GET', path: `${this.#path}/configmaps/${this.#set}-jwks` }),
    ]);
    if (signer.status === 200) {
      const { data } = signer.body as { data: Record<string, string> };
      const text = (name: string) => Buffer.from(data[name] ?? '', 'base64').toString();
      if (text('kid') !== this.#signers.at(-1)?.value.kid) {
        this.#signers.push({ value: { kid: text('kid'), pem: text('private.pem') }, seenMs });
      }
    }
    if (jwks.status !== 200) return;
    const { data } = jwks.body as { data: Record<string, string> };
    this.#published.push({ value: JSON.parse(data['jwks.json'] ?? ''), seenMs });
    if (this.#published.length > 500) this.#published.splice(0, 100);
  }

  /** Signs with the key that a mount of the largest allowed delay shows, less a tick of ours. */
  async #issue(): Promise<void> {
    const now = Date.now();
    const { signerRefreshDelayMs, tokenTtlMs } = this.#terms;
    const signer =
      late(this.#signers, now - signerRefreshDelayMs + 2 * TICK_MS) ?? this.#signers[0]?.value;
    if (signer === undefined || signer.kid === '') return;
    const key = await importPKCS8(signer.pem, ALGORITHM);
    const iat = Math.floor(now / 1000);
    const text = await new SignJWT({})
      .setProtectedHeader({ alg: ALGORITHM, kid: signer.kid })
      .setIssuedAt(iat)
      .setExpirationTime(iat + Math.floor(tokenTtlMs / 1000))
      .sign(key);
    this.#signed += 1;
    if (this.#signsWith !== null && this.#signsWith !== signer.kid) this.#switches += 1;
    this.#signsWith = signer.kid;
    this.#kids.add(signer.kid);
    this.#tokens.push({
      text,
      kid: signer.kid,
      issuedMs: now,
      expiresMs: (iat + Math.floor(tokenTtlMs / 1000)) * 1000,
    });
  }

  /** Every living token at every turn, with the oldest JWKS that this verifier may still hold. */
  async #verify(verifier: number): Promise<void> {
    const now = Date.now();
    const jwks = this.#cached(verifier, now);
    if (jwks === null) return;
    const keys = createLocalJWKSet(jwks);
    while ((this.#tokens[0]?.expiresMs ?? Infinity) <= now) this.#tokens.shift();
    // Of one moment: on a busy machine the last of them would expire while the others are verified.
    const options = { algorithms: [ALGORITHM], currentDate: new Date(now) };
    for (const token of this.#tokens) {
      try {
        await jwtVerify(token.text, keys, options);
        this.#verified += 1;
      } catch (error) {
        const ageMs = now - token.issuedMs;
        this.#rejected.push({ verifier, kid: token.kid, ageMs, error: String(error) });
      }
    }
  }

  /** A server that shows the ConfigMap as late as it may, and a cache of the declared TTL. */
  #cached(verifier: number, now: number): JSONWebKeySet | null {
    const cache = this.#caches[verifier];
    const { verifierCacheTtlMs, publicationDelayMs } = this.#terms;
    const stagger = (verifier * verifierCacheTtlMs) / VERIFIERS;
    if (cache != null && now - cache.seenMs < verifierCacheTtlMs - 2 * TICK_MS) return cache.value;
    const served =
      late(this.#published, now - publicationDelayMs + 2 * TICK_MS) ?? this.#published[0]?.value;
    if (served === undefined) return null;
    // The first fetch lies back by a share, so that they do not all refresh at once.
    this.#caches[verifier] = { value: served, seenMs: cache == null ? now - stagger : now };
    return served;
  }
}

/** The last of what was there at that time. */
function late<Value>(history: readonly Timed<Value>[], atMs: number): Value | undefined {
  return history.findLast(({ seenMs }) => seenMs <= atMs)?.value;
}
