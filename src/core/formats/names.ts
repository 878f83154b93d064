/** The names that users and other programs rely on. They are a contract: none of them changes. */

export const API_GROUP = 'signingkeys.dev';
export const API_VERSION = 'v1alpha1';
export const API_GROUP_VERSION = `${API_GROUP}/${API_VERSION}`;
export const SET_KIND = 'SigningKeySet';
export const SET_PLURAL = 'signingkeysets';
/** A set's name: with `-key-` and an ordinal it fits into the 63 characters of a label's value. */
export const SET_NAME_LENGTH_MAX = 52;

/** Of every write, and of every object's `app.kubernetes.io/managed-by`. */
export const MANAGER = 'signing-key-operator';

/** Keys that begin with it belong to the operator, as does `app.kubernetes.io/managed-by`. */
export const RESERVED_PREFIX = `${API_GROUP}/`;

export const LABEL = {
  managedBy: 'app.kubernetes.io/managed-by',
  set: 'signingkeys.dev/set',
} as const;

/** On the objects of a set. */
export const ANNOTATION = {
  /** JSON `{namespace, name, uid}` of the set. */
  owner: 'signingkeys.dev/owner',
  /** On the signer Secret the ledger; on the JWKS ConfigMap its copy. */
  ledger: 'signingkeys.dev/ledger',
  /** On the JWKS ConfigMap: the generation of the ledger that its data was made from. */
  generation: 'signingkeys.dev/generation',
  /** On a key Secret. */
  publicJwk: 'signingkeys.dev/public-jwk',
  ordinal: 'signingkeys.dev/ordinal',
  /** Which labels and annotations of the user's templates stand on the object. */
  appliedMetadata: 'signingkeys.dev/applied-metadata',
  /** On the pod template of a workload that the operator restarts: for which switch it was. */
  restartedFor: 'signingkeys.dev/restarted-for',
} as const;

/** On the set, by its user. */
export const REQUEST = {
  rotate: 'signingkeys.dev/rotate',
  rollback: 'signingkeys.dev/rollback',
  /** The UID of the set elsewhere whose objects may be taken over. */
  adopt: 'signingkeys.dev/adopt',
  /** The set's own UID: an ordered deletion does not wait. */
  skipDeletionWait: 'signingkeys.dev/skip-deletion-wait',
} as const;

/** What the status can hold of a request's id; a longer one is no request. */
export const REQUEST_ID_LENGTH_MAX = 256;

/** Types of Secrets: immutable, and selectable by a field selector. */
export const SECRET_TYPE = {
  key: 'signingkeys.dev/key',
  signer: 'signingkeys.dev/signer',
} as const;

export const FINALIZER = 'signingkeys.dev/ordered-deletion';

/** The values of the signer Secret; a key Secret holds `private.pem` alone. */
export const SIGNER_FILE = {
  kid: 'kid',
  alg: 'alg',
  pem: 'private.pem',
  jwk: 'private.jwk',
} as const;

export function keySecretName(setName: string, ordinal: number): string {
  return `${setName}-key-${ordinal}`;
}

/** The ordinal in a key Secret's name, or null where it is no name of this set's. */
export function ordinalOfKeySecret(setName: string, secretName: string): number | null {
  const prefix = `${setName}-key-`;
  const digits = secretName.startsWith(prefix) ? secretName.slice(prefix.length) : '';
  return /^[1-9][0-9]{0,8}$/.test(digits) ? Number(digits) : null;
}

/** The name of the signer Secret where the spec gives none. */
export function defaultSignerName(setName: string): string {
  return `${setName}-signer`;
}

/** The name of the JWKS ConfigMap where the spec gives none. */
export function defaultJwksName(setName: string): string {
  return `${setName}-jwks`;
}
