/** The decoded spec: all defaults are filled in, and all durations are in milliseconds. */

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

/** The kind of key that a set asks for. Keys of the same kind can replace each other. */
export interface KeyKind {
  readonly algorithm: Algorithm;
  /** In bits; null unless the algorithm uses RSA. */
  readonly rsaModulusLength: RsaModulusLength | null;
}

/** The declared terms, which every gate is computed from. The letters are those of docs/rotation.md. */
export interface Terms {
  /** T: the longest `exp - iat` of a token. */
  readonly tokenTtlMs: number;
  /** C: the longest time until a verifier uses a key that is newly served. */
  readonly verifierCacheTtlMs: number;
  /** D: the longest time that a verifier keeps using a key that it knows; null: it has no end. */
  readonly verifierTrustMs: number | null;
  /** H: the longest time that a cache between server and verifier serves an old JWKS. */
  readonly sharedCacheTtlMs: number;
  /** P: from the ConfigMap's write until every server and mount shows it. */
  readonly publicationDelayMs: number;
  /** Ps: from the signer Secret's write until every issuer signs with it. */
  readonly signerRefreshDelayMs: number;
  /** L: the leeway that verifiers grant on `exp`. */
  readonly verifierLeewayMs: number;
  /** S: the largest difference between any two clocks involved. */
  readonly clockSkewMs: number;
}

/**
 * Which field of the spec gives each term its value, as messages call it: `spec.tokenTTL`, or
 * `spec.verifiers[orders], preset dotnet`. If several give the same value, the first one.
 */
export type TermFields = Readonly<Record<keyof Terms, string>>;

export interface RotationPolicy {
  /** I: how long a key signs. */
  readonly intervalMs: number;
  /** Whether the next key is published right after a switch, so that a proven one is always ready. */
  readonly standby: boolean;
  readonly suspend: boolean;
}

/** The labels and annotations that the user wants on an object. */
export interface ObjectMetadata {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

export interface ObjectTemplate extends ObjectMetadata {
  readonly name: string;
}

/** How issuers get a new key. `Watch`: from their mount. `Restart`: only at startup. */
export const RELOADS = ['Watch', 'Restart'] as const;
export type Reload = (typeof RELOADS)[number];

export const WORKLOAD_KINDS = ['Deployment', 'StatefulSet', 'DaemonSet'] as const;

/** A controller of pods in the set's namespace. */
export interface Workload {
  readonly kind: (typeof WORKLOAD_KINDS)[number];
  readonly name: string;
}

export interface SignerSpec extends ObjectTemplate {
  readonly reload: Reload;
  /** The operator restarts these after a switch if one of their pods needs it. */
  readonly restart: readonly Workload[];
}

export interface Spec {
  readonly kind: KeyKind;
  /** The issuer's URL. If it is set, openid-configuration is published too. */
  readonly issuer: string | null;
  readonly terms: Terms;
  readonly termFields: TermFields;
  readonly rotation: RotationPolicy;
  readonly signer: SignerSpec;
  readonly jwks: ObjectTemplate & {
    /** The URL of the JWKS; null: the issuer plus `/.well-known/jwks.json`. */
    readonly uri: string | null;
  };
  /** Of each Secret of a single key. */
  readonly keySecrets: ObjectMetadata;
  readonly deletionPolicy: 'Retain' | 'Delete';
  /** Kids that must not be trusted any longer. Removing an entry does not un-revoke its key. */
  readonly revocations: readonly Revocation[];
  /** What to do if the active key is revoked and no other key may sign yet. */
  readonly onRevokeWithoutStandby: 'FailClosed' | 'SignImmediately';
  /** Names of the declared verifiers that trust a known key until they are restarted. */
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
