/**
 * The set that is explored. No two of its terms are equal, so that no gate can pass for another. Each
 * but S is larger than 2S, which the removal gate has to spare here: the explorer's clocks agree.
 */
import type { Spec, Terms } from '../../../src/core/formats/spec.ts';
import { writeDeadlineMs } from '../../../src/core/ledger/terms.ts';
import { FAST_SPEC, SECOND } from '../../support/core-world/fixtures.ts';

/** How far beside a boundary an operator may read. */
export const TICK_MS = SECOND;

export const TERMS: Terms = {
  tokenTtlMs: 23 * SECOND,
  verifierCacheTtlMs: 13 * SECOND,
  verifierTrustMs: 17 * SECOND,
  sharedCacheTtlMs: 6 * SECOND,
  publicationDelayMs: 4 * SECOND,
  signerRefreshDelayMs: 7 * SECOND,
  verifierLeewayMs: 3 * SECOND,
  clockSkewMs: 1 * SECOND,
};

/** So long that no rotation is due by itself before the explorer lets it. */
const INTERVAL_MS = 7201 * SECOND;

export function specFor(deletionPolicy: Spec['deletionPolicy']): Spec {
  const rotation = { intervalMs: INTERVAL_MS, standby: true, suspend: false };
  return { ...FAST_SPEC, terms: TERMS, rotation, deletionPolicy };
}

const { tokenTtlMs: T, verifierCacheTtlMs: C, sharedCacheTtlMs: H } = TERMS;
const { publicationDelayMs: P, signerRefreshDelayMs: PS } = TERMS;
const { verifierLeewayMs: L, clockSkewMs: S } = TERMS;
const D = TERMS.verifierTrustMs ?? C;

/**
 * The longest times that what is outside may take, each from the definitions of the promises. S is in
 * those that end by another clock than they began.
 */
export const OUTSIDE = {
  /** From a write of the JWKS until no verifier uses an older one. */
  viewLagMs: P + H + C + S,
  /** From a write of the signer until no issuer signs with the key before. */
  signerLagMs: PS,
  /** From the making of a token until no verifier has to accept it. */
  tokenLifeMs: T + L + S,
  /** From the last JWKS with a key until no verifier trusts the key. */
  trustLagMs: P + H + D + S,
  /** From a reading until no write that follows from it takes effect. */
  writeMs: writeDeadlineMs(TERMS),
} as const;

/**
 * No gate that counts from an observation opens later than this after it, by the name of its member in
 * the stored ledger. Older observations are all alike: that of `activatedMs` counts only for the
 * interval, which is longer than any path.
 */
export const MATTERS_MS: Readonly<Record<string, number>> = {
  publishedSeenMs: P + H + C + S,
  signerSeenMs: PS + 2 * S,
  signedUntilMs: PS + T + L + 3 * S,
  seenMs: T + L + 2 * S,
  removedSeenMs: P + H + D + S,
  jwksRemovedSeenMs: P + H + C + S,
  activatedMs: 0,
};
