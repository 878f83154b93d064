/**
 * What the numbers and texts of a stored ledger can be. No operator goes beyond, so what does is forged or
 * damaged, and does not count. A ledger at all of these bounds still fits into its annotation.
 */

/** Kubernetes allows 256 KiB for all annotations of an object, and the CRD 128 Ki characters for the status. */
export const LEDGER_BYTES_MAX = 120 * 1024;
export const LEDGER_KEYS_MAX = 16;
export const TOMBSTONES_MAX = 128;

/** In the year 9892: with the longest terms added, the status can still show it (RFC 3339 has four digits). */
export const INSTANT_MAX_MS = 250_000_000_000_000;

/** A generation can be read up to here. */
export const GENERATION_MAX = 285_000_000_000_000;
/** One above this is not counted on from: the ledger begins a new epoch, and starts again. */
export const GENERATION_COUNTED_MAX = GENERATION_MAX / 2;

/** An ordinal can be read up to here: then its Secret's name can be, too. */
export const ORDINAL_MAX = 999_999_999_999;
/**
 * The ledger in the signer counts up to here, and starts again from what the objects show. A copy counts only up
 * to half of that: else the recovery would come back to where the numbers end.
 */
export const ORDINAL_COUNTED_MAX = ORDINAL_MAX / 2;
export const ORDINAL_COPIED_MAX = ORDINAL_COUNTED_MAX / 2;

/** Of a UID or a resourceVersion. Kubernetes does not say; both are far shorter. */
export const IDENTITY_LENGTH_MAX = 128;
/** DNS labels and names. */
export const NAMESPACE_LENGTH_MAX = 63;
export const OBJECT_NAME_LENGTH_MAX = 253;

/** How many managers are noted one by one. One more entry represents the rest, and changes if they do. */
export const MANAGERS_NOTED_MAX = 32;
/** A longer entry is noted by its fingerprint. The API server's own have up to 155 characters. */
export const MANAGER_LENGTH_MAX = 160;
