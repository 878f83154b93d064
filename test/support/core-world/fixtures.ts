/** Keys and specs for the in-memory world: symbolic, but well-formed; no key is ever generated. */
import type { PublicJwk } from '../../../src/core/formats/jwk.ts';
import type { Algorithm, KeyKind, Spec, Terms } from '../../../src/core/formats/spec.ts';

export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;

/** The terms of the demo: a whole rotation within half a minute. */
export const FAST_TERMS: Terms = {
  tokenTtlMs: 8 * SECOND,
  verifierCacheTtlMs: 5 * SECOND,
  verifierTrustMs: 5 * SECOND,
  sharedCacheTtlMs: 0,
  publicationDelayMs: 2 * SECOND,
  signerRefreshDelayMs: 2 * SECOND,
  verifierLeewayMs: 1 * SECOND,
  clockSkewMs: 1 * SECOND,
};

/** The defaults, with a token TTL of 15m and caches of 10m. */
export const DEFAULT_TERMS: Terms = {
  tokenTtlMs: 15 * MINUTE,
  verifierCacheTtlMs: 10 * MINUTE,
  verifierTrustMs: 10 * MINUTE,
  sharedCacheTtlMs: 0,
  publicationDelayMs: 3 * MINUTE,
  signerRefreshDelayMs: 3 * MINUTE,
  verifierLeewayMs: 5 * MINUTE,
  clockSkewMs: 30 * SECOND,
};

export const EC_KIND: KeyKind = { algorithm: 'ES256', rsaModulusLength: null };

export const FAST_SPEC: Spec = {
  kind: EC_KIND,
  issuer: null,
  terms: FAST_TERMS,
  rotation: { intervalMs: 30 * SECOND, standby: true, suspend: false },
  signer: {
    name: 'payments-signer',
    labels: {},
    annotations: {},
    reload: 'Watch',
    restart: [],
  },
  jwks: { name: 'payments-jwks', labels: {}, annotations: {}, uri: null },
  keySecrets: { labels: {}, annotations: {} },
  deletionPolicy: 'Retain',
  revocations: [],
  onRevokeWithoutStandby: 'FailClosed',
  restartToForget: [],
};

export const DEFAULT_SPEC: Spec = {
  ...FAST_SPEC,
  terms: DEFAULT_TERMS,
  rotation: { intervalMs: 720 * HOUR, standby: true, suspend: false },
};

export function kindOfAlgorithm(algorithm: Algorithm): KeyKind {
  return { algorithm, rsaModulusLength: /^[RP]S/.test(algorithm) ? 2048 : null };
}

const CURVES: Readonly<Record<string, string>> = {
  ES256: 'P-256',
  ES384: 'P-384',
  ES512: 'P-521',
  EdDSA: 'Ed25519',
};

/** A public key of a kind under a symbolic kid. Two kids never share a key. */
export function fixtureJwk(kid: string, { algorithm }: KeyKind): PublicJwk {
  const alg = algorithm;
  const fill = (length: number) => kid.replaceAll(/[^A-Za-z0-9]/g, '_').padEnd(length, 'A');
  const crv = CURVES[algorithm];
  if (crv === undefined) return { kty: 'RSA', n: fill(342), e: 'AQAB', kid, alg, use: 'sig' };
  if (crv === 'Ed25519') return { kty: 'OKP', crv, x: fill(43), kid, alg, use: 'sig' };
  return { kty: 'EC', crv, x: fill(43), y: fill(43), kid, alg, use: 'sig' };
}
