/** Names that users and other programs rely on. They are a contract: none of them may change. */

export const API_GROUP = 'signingkeys.dev';
export const API_VERSION = 'v1alpha1';
export const API_GROUP_VERSION = `${API_GROUP}/${API_VERSION}`;
export const SET_KIND = 'SigningKeySet';
export const SET_PLURAL = 'signingkeysets';
/** With `-key-` and an ordinal, a set's name must fit into the 63 characters of a label value. */
export const SET_NAME_LENGTH_MAX = 52;

/** The field manager of every write, and the value of `app.kubernetes.io/managed-by`. */
export const MANAGER = 'signing-key-operator';

/** Labels and annotations with this prefix belong to the operator, as does {@link LABEL.managedBy}. */
export const RESERVED_PREFIX = `${API_GROUP}/`;

export const LABEL = {
  managedBy: 'app.kubernetes.io/managed-by',
  set: 'signingkeys.dev/set',
  /**
   * The set's UID. Names come again; with this, somebody selects the objects of a set that is gone, and
   * nothing that a living set has taken over.
   */
  setUid: 'signingkeys.dev/set-uid',
} as const;

/** On the objects of a set. */
export const ANNOTATION = {
  /** JSON `{namespace, name, uid}` of the set. */
  owner: 'signingkeys.dev/owner',
  /** The ledger on the signer Secret; its copy on the JWKS ConfigMap. */
  ledger: 'signingkeys.dev/ledger',
  /** On the JWKS ConfigMap: the ledger generation that its data was made from. */
  generation: 'signingkeys.dev/generation',
  /** These two are on key Secrets. */
  publicJwk: 'signingkeys.dev/public-jwk',
  ordinal: 'signingkeys.dev/ordinal',
  /** On a key Secret: the epoch of the ledger that it was made for. Not on that of a first key. */
  epoch: 'signingkeys.dev/epoch',
  /** Which labels and annotations on the object come from the user's templates. */
  appliedMetadata: 'signingkeys.dev/applied-metadata',
  /** On the pod template of a workload that the operator restarts: the switch it was restarted for. */
  restartedFor: 'signingkeys.dev/restarted-for',
} as const;

/** Annotations that users put on the set. */
export const REQUEST = {
  rotate: 'signingkeys.dev/rotate',
  rollback: 'signingkeys.dev/rollback',
  /** The UID of another set, whose objects this one may adopt. */
  adopt: 'signingkeys.dev/adopt',
  /** The set's own UID: an ordered deletion does not wait. */
  skipDeletionWait: 'signingkeys.dev/skip-deletion-wait',
} as const;

/** The longest request id that the status can hold. A request with a longer one is ignored. */
export const REQUEST_ID_LENGTH_MAX = 256;

/** Secret types: nobody can change them, and field selectors can select by them. */
export const SECRET_TYPE = {
  key: 'signingkeys.dev/key',
  signer: 'signingkeys.dev/signer',
} as const;

export const FINALIZER = 'signingkeys.dev/ordered-deletion';

/** The keys of the signer Secret's data. A key Secret has only `private.pem`. */
export const SIGNER_FILE = {
  kid: 'kid',
  alg: 'alg',
  pem: 'private.pem',
  jwk: 'private.jwk',
} as const;

export function keySecretName(setName: string, ordinal: number): string {
  return `${setName}-key-${ordinal}`;
}

/**
 * A Secret with a higher ordinal was not made by an operator, and its key is never taken in. The names of
 * many higher ones can be read, so that there is a next ordinal after any that is taken in.
 */
export const ORDINAL_TAKEN_MAX = 999_999_999;

/** The ordinal in a key Secret's name, or null if this set gives no Secret that name. */
export function ordinalOfKeySecret(setName: string, secretName: string): number | null {
  const prefix = `${setName}-key-`;
  const digits = secretName.startsWith(prefix) ? secretName.slice(prefix.length) : '';
  return /^[1-9][0-9]{0,14}$/.test(digits) ? Number(digits) : null;
}

/** The signer Secret's name if the spec does not set one. */
export function defaultSignerName(setName: string): string {
  return `${setName}-signer`;
}

/** The JWKS ConfigMap's name if the spec does not set one. */
export function defaultJwksName(setName: string): string {
  return `${setName}-jwks`;
}
