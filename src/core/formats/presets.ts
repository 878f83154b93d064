/**
 * The terms of common verifiers with their default settings. The table in docs/verifiers.md and the
 * CRD repeat them; tests compare all three.
 */

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;

export interface VerifierPreset {
  readonly verifier: string;
  /**
   * C: the longest time until it uses a key that is newly served. If it never drops a key it knows,
   * this is its refetch cooldown: an unknown kid makes it fetch again.
   */
  readonly cacheTtlMs: number;
  /** K: the least time between two refetches for unknown kids; null if they are not relied on. */
  readonly refetchCooldownMs: number | null;
  /** D: the longest time that it keeps using a key it knows; null: until it is restarted. */
  readonly trustMs: number | null;
  /** Whether it keeps an expired JWKS while it cannot fetch a new one. C and D are then longer. */
  readonly whileEndpointIsDown: 'refuses' | 'keeps' | 'unknown';
  /** Where the values come from. */
  readonly source: string;
}

export const VERIFIER_PRESETS = {
  jose: {
    verifier: 'jose 6 (Node.js)',
    cacheTtlMs: 10 * MINUTE_MS,
    refetchCooldownMs: 30 * SECOND_MS,
    trustMs: 10 * MINUTE_MS,
    whileEndpointIsDown: 'refuses',
    source: 'source: `cacheMaxAge`; `cooldownDuration`, counted from the last success',
  },
  'jwks-rsa': {
    verifier: 'jwks-rsa 4 (Node.js)',
    cacheTtlMs: 10 * MINUTE_MS,
    refetchCooldownMs: 0,
    trustMs: 10 * MINUTE_MS,
    whileEndpointIsDown: 'refuses',
    source: 'source: `cacheMaxAge`, for each `kid` that it found',
  },
  'get-jwks': {
    verifier: 'get-jwks, @fastify/jwt (Node.js)',
    cacheTtlMs: MINUTE_MS,
    refetchCooldownMs: 0,
    trustMs: 2 * MINUTE_MS,
    whileEndpointIsDown: 'refuses',
    source: 'source: `ttl`, and for D one more from its stale cache',
  },
  pyjwt: {
    verifier: 'PyJWT 2.15 (Python), without `cache_keys`',
    cacheTtlMs: 5 * MINUTE_MS,
    refetchCooldownMs: 30 * SECOND_MS,
    trustMs: 5 * MINUTE_MS,
    whileEndpointIsDown: 'refuses',
    source: 'source: `lifespan` of the cached JWKS',
  },
  authlib: {
    verifier: 'Authlib 1.8 (Python)',
    cacheTtlMs: 0,
    refetchCooldownMs: 0,
    trustMs: null,
    whileEndpointIsDown: 'keeps',
    source: 'source: fetches again only for a `kid` that is not in its JWKS',
  },
  'go-oidc': {
    verifier: 'go-oidc v3, oauth2-proxy (Go)',
    cacheTtlMs: 0,
    refetchCooldownMs: 0,
    trustMs: null,
    whileEndpointIsDown: 'keeps',
    source: 'source: fetches again only when no known key verifies',
  },
  'kube-apiserver': {
    verifier: 'kube-apiserver, OIDC',
    cacheTtlMs: 4 * MINUTE_MS + 30 * SECOND_MS,
    refetchCooldownMs: 4 * MINUTE_MS + 30 * SECOND_MS,
    trustMs: null,
    whileEndpointIsDown: 'keeps',
    source:
      'source: fetches again once less than 30s of the max-age is left; the JWKS server never sends more than 5m',
  },
  keyfunc: {
    verifier: 'keyfunc, jwkset (Go)',
    cacheTtlMs: HOUR_MS,
    refetchCooldownMs: 5 * MINUTE_MS,
    trustMs: HOUR_MS,
    whileEndpointIsDown: 'keeps',
    source: 'source: refresh interval, and the limit on unknown `kid`s',
  },
  'jwx-v2': {
    verifier: 'jwx v2 (Go)',
    cacheTtlMs: 30 * MINUTE_MS,
    refetchCooldownMs: null,
    trustMs: 30 * MINUTE_MS,
    whileEndpointIsDown: 'keeps',
    source: 'source: minimum refresh interval 15m, checked every 15m',
  },
  nimbus: {
    verifier: 'Nimbus JOSE+JWT (Java)',
    cacheTtlMs: 5 * MINUTE_MS,
    refetchCooldownMs: 30 * SECOND_MS,
    trustMs: 5 * MINUTE_MS,
    whileEndpointIsDown: 'refuses',
    source: 'source: time to live; two fetches in 30s; no outage cache unless asked for',
  },
  spring: {
    verifier: 'Spring Security, servlet (Java)',
    cacheTtlMs: 5 * MINUTE_MS,
    refetchCooldownMs: 0,
    trustMs: 5 * MINUTE_MS,
    whileEndpointIsDown: 'refuses',
    source: 'source: the cache of the decoder that it builds',
  },
  'spring-reactive': {
    verifier: 'Spring Security, reactive (Java)',
    cacheTtlMs: 0,
    refetchCooldownMs: 0,
    trustMs: null,
    whileEndpointIsDown: 'keeps',
    source: 'source: fetches again only for a `kid` that is not in its JWKS',
  },
  dotnet: {
    verifier: 'Microsoft.IdentityModel 8 (.NET)',
    cacheTtlMs: 12 * HOUR_MS + 36 * MINUTE_MS,
    refetchCooldownMs: 5 * MINUTE_MS,
    trustMs: 13 * HOUR_MS + 36 * MINUTE_MS,
    whileEndpointIsDown: 'keeps',
    source:
      'source: refresh after 12h plus up to 5%; for D one more hour as the last known good JWKS',
  },
  envoy: {
    verifier: 'Envoy `jwt_authn`',
    cacheTtlMs: 10 * MINUTE_MS,
    refetchCooldownMs: null,
    trustMs: 10 * MINUTE_MS,
    whileEndpointIsDown: 'keeps',
    source: 'source: `cache_duration`; it keeps with `async_fetch`, otherwise it refuses',
  },
  istio: {
    verifier: 'Istio, istiod fetches',
    cacheTtlMs: 20 * MINUTE_MS,
    refetchCooldownMs: null,
    trustMs: 20 * MINUTE_MS,
    whileEndpointIsDown: 'keeps',
    source: 'source: refresh interval, then pushed to the proxies',
  },
  'istio-envoy': {
    verifier: 'Istio, proxies fetch',
    cacheTtlMs: 5 * MINUTE_MS,
    refetchCooldownMs: null,
    trustMs: 5 * MINUTE_MS,
    whileEndpointIsDown: 'keeps',
    source: 'source: the `cache_duration` that it sets for Envoy',
  },
  espv2: {
    verifier: 'ESPv2 (Google Cloud)',
    cacheTtlMs: 5 * MINUTE_MS,
    refetchCooldownMs: null,
    trustMs: 5 * MINUTE_MS,
    whileEndpointIsDown: 'keeps',
    source: 'source: the `cache_duration` that it sets for Envoy',
  },
  'aws-http-api': {
    verifier: 'AWS API Gateway, HTTP API',
    cacheTtlMs: 2 * HOUR_MS,
    refetchCooldownMs: null,
    trustMs: 2 * HOUR_MS,
    whileEndpointIsDown: 'unknown',
    source: 'its documentation: keys are cached for up to two hours',
  },
  kong: {
    verifier: 'Kong OpenID Connect',
    cacheTtlMs: 30 * SECOND_MS,
    refetchCooldownMs: 30 * SECOND_MS,
    trustMs: null,
    whileEndpointIsDown: 'keeps',
    source: 'its documentation: no lifetime; the minimum time between two discoveries',
  },
  'mod-auth-openidc': {
    verifier: 'mod_auth_openidc (Apache)',
    cacheTtlMs: HOUR_MS,
    refetchCooldownMs: MINUTE_MS,
    trustMs: HOUR_MS,
    whileEndpointIsDown: 'refuses',
    source: 'source: refresh interval of the JWKS',
  },
} as const satisfies Readonly<Record<string, VerifierPreset>>;
