/** What the pods of the tests tell of themselves; the tests read it through the API server. */

export const POD_PORT = 9000;

/** The issuer's variable for how long its tokens live, in seconds. */
export const LIFETIME_VARIABLE = 'TOKEN_LIFETIME_SECONDS';

/** By the signer Secret's own names: the variables of an issuer that takes it by its environment. */
export const SIGNER_VARIABLES = {
  kid: 'SIGNER_KID',
  alg: 'SIGNER_ALG',
  'private.pem': 'SIGNER_KEY',
} as const;

/** When something was first seen, milliseconds since the epoch. */
export interface Seen {
  readonly kids: readonly string[];
  readonly atMs: number;
}

export interface IssuerReport {
  readonly signed: number;
  /** Each key that it has signed with, and since when. */
  readonly signers: readonly Seen[];
  /** Why it could not sign, each reason once. */
  readonly failures: readonly string[];
}

export interface TokenPage {
  /** Where to continue. */
  readonly next: number;
  readonly tokens: readonly string[];
}

export interface Rejection {
  readonly kid: string;
  readonly ageMs: number;
  readonly error: string;
  readonly atMs: number;
}

export interface VerifierReport {
  /** Distinct tokens that it has verified at least once. */
  readonly tokens: number;
  /** Verifications: each living token, again and again. */
  readonly verified: number;
  readonly rejected: number;
  /** Verifications for which nobody could be asked for the keys. */
  readonly unanswered: number;
  /** The `kid`s of all of them. */
  readonly rejectedKids: readonly string[];
  /** The first of them. */
  readonly rejections: readonly Rejection[];
  /** The `kid`s of tokens that it verified. */
  readonly kids: readonly string[];
  /** Each JWKS that a folder has shown. */
  readonly jwks: readonly Seen[];
  /** Why tokens or keys could not be fetched, each reason once. */
  readonly failures: readonly string[];
}

export interface LoadReport {
  readonly requests: number;
  readonly failed: number;
  /** The first of them. */
  readonly failures: readonly string[];
}

export interface Judgement {
  /** Null if nobody could be asked for the keys. */
  readonly verdict: 'accepted' | 'refused' | null;
  /** Why it was not accepted. */
  readonly error?: string;
}
