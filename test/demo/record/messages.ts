/** What the processes of the demo tell each other. */
import type { ApiAccess, WatchTarget } from './watch-objects.ts';

/** A token on its way from the issuer to the verifiers. */
export interface IssuedToken {
  readonly kind: 'token';
  readonly token: string;
  readonly kid: string;
  /** NumericDates (RFC 7519 section 2): whole seconds since the epoch. */
  readonly issuedAtS: number;
  readonly expiresAtS: number;
}

export interface IssuerStart {
  /** Where the signer Secret is mounted. */
  readonly folder: string;
  readonly tokenTtlMs: number;
  readonly tokensPerSecond: number;
  /** How far its clock is ahead. */
  readonly clockAheadMs: number;
  /** A thief keeps using the key that it read first, whatever the Secret shows later. */
  readonly keepsKey: boolean;
}

/** To the issuer: it signs or pauses. It begins with signing. */
export interface Issuing {
  readonly kind: 'issuing';
  readonly on: boolean;
}

export type FromIssuer = IssuedToken;

/** To the verifiers: tokens of this key are not valid any more, and are counted apart. */
export interface RevokedNotice {
  readonly kind: 'revoked';
  readonly kid: string;
}

export type ToVerifier = IssuedToken | RevokedNotice;

export type Pace = 'quick' | 'slow';

export interface VolumePlan {
  readonly name: string;
  readonly folder: string;
  readonly target: WatchTarget;
  /** The declared longest time from the object's write until the mount shows it. */
  readonly delayMaxMs: number;
  /** Whether it comes close to that, or follows at once: either may be the hard case. */
  readonly pace: Pace;
  /** Secrets have their data in base64. */
  readonly isBase64: boolean;
}

export interface ProjectorStart {
  readonly api: ApiAccess;
  readonly volumes: readonly VolumePlan[];
}

export interface FromProjector {
  readonly kind: 'projected';
  readonly volume: string;
  /** From when the change was seen until the mount showed it; null for the first content. */
  readonly lagMs: number | null;
}

export type KeySourcePlan =
  /** jose's createRemoteJWKSet. */
  | { readonly kind: 'remote'; readonly url: string }
  /** The mounted file, read and checked with node:crypto alone. */
  | { readonly kind: 'file'; readonly folder: string };

export interface VerifierStart {
  readonly source: KeySourcePlan;
  readonly cacheTtlMs: number;
  readonly leewayMs: number;
  readonly algorithm: string;
  /** How far its clock is behind. */
  readonly clockBehindMs: number;
  /** The number of caches that check every token, each of an age of its own. */
  readonly replicas: number;
}

export type FromVerifier = VerifierReady | VerifierCounts | Rejection;

/** It holds a JWKS. */
export interface VerifierReady {
  readonly kind: 'ready';
}

export interface VerifierCounts {
  readonly kind: 'counts';
  readonly verified: number;
  readonly rejected: number;
  /** Tokens that are not expired yet and will be checked again. */
  readonly alive: number;
  /** Of the oldest. */
  readonly cacheAgeMs: number | null;
  /** Null until a key is revoked. */
  readonly revoked: RevokedCounts | null;
}

/** What became of the revoked key's tokens, which the other counts leave out. */
export interface RevokedCounts {
  readonly accepted: number;
  readonly refused: number;
  /** When one was last accepted. */
  readonly lastAcceptedMs: number | null;
  /** The number of caches that have not refused one yet. */
  readonly trusting: number;
}

export interface Rejection {
  readonly kind: 'rejection';
  readonly kid: string;
  /** How long before the token had been issued, and how much longer it was valid. */
  readonly ageMs: number;
  readonly leftMs: number;
  readonly cacheAgeMs: number | null;
  readonly reason: string;
}
