/** The names that manifests, objects and commands know. They are a contract: none ever changes. */

export const API_GROUP = 'signingkeys.dev';
export const API_VERSION = 'v1alpha1';
export const API_GROUP_VERSION = `${API_GROUP}/${API_VERSION}`;
export const SET_KIND = 'SigningKeySet';
export const SET_PLURAL = 'signingkeysets';
/** The name of the CustomResourceDefinition. */
export const CRD_NAME = `${SET_PLURAL}.${API_GROUP}`;

/** Every object that the operator makes carries both labels. */
export const MANAGED_BY_LABEL = 'app.kubernetes.io/managed-by';
export const MANAGED_BY_VALUE = 'signing-key-operator';
/** Its value is the set's name. */
export const SET_LABEL = `${API_GROUP}/set`;

/** Keys that begin with it belong to the operator, as does {@link MANAGED_BY_LABEL}. */
export const RESERVED_PREFIX = `${API_GROUP}/`;

/** On every object of a set: JSON with the set's namespace, name and UID. */
export const OWNER_ANNOTATION = `${API_GROUP}/owner`;
/** On the signer Secret: the ledger. On the JWKS ConfigMap: a copy of it. */
export const LEDGER_ANNOTATION = `${API_GROUP}/ledger`;
/** On every projection of the ledger: the ledger's generation as of the write. */
export const GENERATION_ANNOTATION = `${API_GROUP}/generation`;
/** On a key's Secret: its public JWK. */
export const PUBLIC_JWK_ANNOTATION = `${API_GROUP}/public-jwk`;
/** On a key's Secret: its ordinal. */
export const ORDINAL_ANNOTATION = `${API_GROUP}/ordinal`;
/** On an object with a template: the labels and annotations of the user that were applied last. */
export const APPLIED_METADATA_ANNOTATION = `${API_GROUP}/applied-metadata`;

/** On the set, written by a user: the id of a request. */
export const ROTATE_ANNOTATION = `${API_GROUP}/rotate`;
export const ROLLBACK_ANNOTATION = `${API_GROUP}/rollback`;
/** On the set, written by a user: the UID of the set elsewhere whose objects are adopted. */
export const ADOPT_ANNOTATION = `${API_GROUP}/adopt`;
/** On the set, written by a user: deletion does not wait. */
export const SKIP_DELETION_WAIT_ANNOTATION = `${API_GROUP}/skip-deletion-wait`;

/** What the status can hold of a request's id; a longer one can't be handled. */
export const REQUEST_ID_LENGTH_MAX = 256;
/** What the status can hold of the ledger, in characters. */
export const LEDGER_LENGTH_MAX = 131_072;
/** How many transitions the status holds. */
export const HISTORY_LENGTH_MAX = 20;
/** How many keys the status holds. */
export const STATUS_KEYS_MAX = 64;

/** Types of Secrets: immutable, and selectable by a field selector. */
export const KEY_SECRET_TYPE = `${API_GROUP}/key`;
export const SIGNER_SECRET_TYPE = `${API_GROUP}/signer`;

/** Lets a set die in order. */
export const FINALIZER = `${API_GROUP}/ordered-deletion`;
export const FIELD_MANAGER = 'signing-key-operator';

/** A set's name: with `-key-` and an ordinal it fits into the 63 characters of a label's value. */
export const SET_NAME_LENGTH_MAX = 52;

/** The name of the Secret of one key: `payments-key-7`. */
export function keySecretName(setName: string, ordinal: number): string {
  return `${setName}-key-${ordinal}`;
}

/** The ordinal in the name of a key's Secret, or null where the name is not one of this set. */
export function ordinalOfKeySecret(setName: string, secretName: string): number | null {
  const prefix = `${setName}-key-`;
  if (!secretName.startsWith(prefix)) return null;
  const digits = secretName.slice(prefix.length);
  return /^[1-9][0-9]{0,14}$/.test(digits) ? Number(digits) : null;
}

/** The name of the signer Secret where the spec gives none. */
export function defaultSignerName(setName: string): string {
  return `${setName}-signer`;
}

/** The name of the JWKS ConfigMap where the spec gives none. */
export function defaultJwksName(setName: string): string {
  return `${setName}-jwks`;
}
