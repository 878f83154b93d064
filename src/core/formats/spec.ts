/** What a user declares, decoded: every default filled in, every duration in milliseconds. */

/** JWS algorithms (RFC 7518 section 3.1, RFC 8037; `EdDSA` is Ed25519). */
export const ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
] as const;
export type Algorithm = (typeof ALGORITHMS)[number];

export const RSA_MODULUS_LENGTHS = [2048, 3072, 4096] as const;
export type RsaModulusLength = (typeof RSA_MODULUS_LENGTHS)[number];

/** What kind of key a set asks for. Two keys of equal kind can stand in for each other. */
export interface KeyKind {
  readonly algorithm: Algorithm;
  /** In bits; null unless the algorithm is RSA's. */
  readonly rsaModulusLength: RsaModulusLength | null;
}

/** The declared terms, from which every gate is computed. The letters are those of docs/rotation.md. */
export interface Terms {
  /** T: the longest `exp - iat` that an issuer puts into a token. */
  readonly tokenTtlMs: number;
  /** C: the longest until a verifier uses a key that is newly served. */
  readonly verifierCacheTtlMs: number;
  /** D: the longest that a verifier goes on using a key it knows; null where it has no end. */
  readonly verifierTrustMs: number | null;
  /** H: the longest that a cache between server and verifier serves an old JWKS. */
  readonly sharedCacheTtlMs: number;
  /** P: from the ConfigMap's write until every server and mount shows it. */
  readonly publicationDelayMs: number;
  /** Ps: from the signer Secret's write until every issuer signs with it. */
  readonly signerRefreshDelayMs: number;
  /** L: the leeway that verifiers grant on `exp`. */
  readonly verifierLeewayMs: number;
  /** S: the largest difference between any two clocks that matter. */
  readonly clockSkewMs: number;
}

export interface RotationPolicy {
  /** I: how long a key signs. */
  readonly intervalMs: number;
  /** Whether the next key is published at once, so that a proven spare is always ready. */
  readonly standby: boolean;
  readonly suspend: boolean;
}

/** Where an object is written, and what a user wants on it beside what is ours. */
export interface ObjectTemplate {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** How issuers take up a new key: `Watch`, they follow their mount; `Restart`, only at their start. */
export const RELOADS = ['Watch', 'Restart'] as const;
export type Reload = (typeof RELOADS)[number];

export const WORKLOAD_KINDS = ['Deployment', 'StatefulSet', 'DaemonSet'] as const;

/** What makes pods, in the namespace of the set. */
export interface Workload {
  readonly kind: (typeof WORKLOAD_KINDS)[number];
  readonly name: string;
}

export interface SignerSpec extends ObjectTemplate {
  readonly reload: Reload;
  /** The operator restarts these after a switch, where a pod of theirs needs it. */
  readonly restart: readonly Workload[];
}

export interface Spec {
  readonly kind: KeyKind;
  /** The issuer's URL; where there is one, openid-configuration is published too. */
  readonly issuer: string | null;
  readonly terms: Terms;
  readonly rotation: RotationPolicy;
  readonly signer: SignerSpec;
  readonly jwks: ObjectTemplate & {
    /** Where the JWKS is fetched, when that is not the issuer plus `/.well-known/jwks.json`. */
    readonly uri: string | null;
  };
  readonly deletionPolicy: 'Retain' | 'Delete';
  /** Kids that are no longer to be trusted. An entry that is taken away un-revokes nothing. */
  readonly revocations: readonly Revocation[];
  /** What to do where the active key is revoked and no other key may sign yet. */
  readonly onRevokeWithoutStandby: 'FailClosed' | 'SignImmediately';
  /** Names of declared verifiers that trust a key they know until they are restarted. */
  readonly restartToForget: readonly string[];
}

/** Why a key is revoked, after the CRLReason of RFC 5280 section 5.3.1. */
export const REVOCATION_REASONS = [
  'Unspecified',
  'KeyCompromise',
  'CessationOfOperation',
  'Superseded',
] as const;
export type RevocationReason = (typeof REVOCATION_REASONS)[number];

export interface Revocation {
  readonly kid: string;
  readonly reason: RevocationReason;
}
