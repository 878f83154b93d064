/** Specs for the in-memory world. Its keys are in fixture-jwk.ts. */
import type {
  Algorithm,
  KeyKind,
  Spec,
  TermFields,
  Terms,
} from '../../../src/core/formats/spec.ts';

export { fixtureJwk } from './fixture-jwk.ts';

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

/** Of a set that lists no verifiers. */
export const TERM_FIELDS: TermFields = {
  tokenTtlMs: 'spec.tokenTTL',
  verifierCacheTtlMs: 'spec.verifierCacheTTL',
  verifierTrustMs: 'spec.verifierCacheTTL',
  sharedCacheTtlMs: 'spec.timing.sharedCacheTTL',
  publicationDelayMs: 'spec.timing.publicationDelay',
  signerRefreshDelayMs: 'spec.timing.signerRefreshDelay',
  verifierLeewayMs: 'spec.timing.verifierLeeway',
  clockSkewMs: 'spec.timing.clockSkew',
};

export const EC_KIND: KeyKind = { algorithm: 'ES256', rsaModulusLength: null };

export const FAST_SPEC: Spec = {
  kind: EC_KIND,
  issuer: null,
  terms: FAST_TERMS,
  termFields: TERM_FIELDS,
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
