/**
 * What is wrong with one field of a set. The codes are stable; docs/errors.md lists them. Two more are the API
 * server's alone, because they compare an edit with what is stored: `Immutable`, `TermNotNoted`.
 */
export const FIELD_ERROR_CODES = [
  'Required',
  'WrongType',
  'NotSupported',
  'TooLong',
  'TooMany',
  'Duplicate',
  'InvalidDuration',
  'IntervalTooShort',
  'PresetOrCacheTTL',
  'NotRsa',
  'InvalidUrl',
  'InvalidName',
  'KeySecretName',
  'ReservedName',
  'InvalidKid',
  'ReservedKey',
  'InvalidKey',
  'InvalidLabelValue',
] as const;
export type FieldErrorCode = (typeof FIELD_ERROR_CODES)[number];

export interface FieldError {
  /** As the API server writes it: `spec.timing.clockSkew`, `spec.signer.labels[team]`. */
  readonly field: string;
  readonly code: FieldErrorCode;
  /** What was found, shortened, as JSON; null if nothing was. */
  readonly found: string | null;
  /** Names the field, what was found and what to write, and ends in the code. */
  readonly message: string;
}

const FOUND_LENGTH_MAX = 200;

/**
 * @param found the value itself; undefined if there is none
 * @param message without the code
 */
export function fieldError(
  field: string,
  code: FieldErrorCode,
  found: unknown,
  message: string,
): FieldError {
  return { field, code, found: describe(found), message: `${message} (${code})` };
}

/** A value as bounded JSON text, or null for undefined. */
export function describe(value: unknown): string | null {
  if (value === undefined) return null;
  const text = JSON.stringify(value) ?? typeof value;
  return text.length <= FOUND_LENGTH_MAX ? text : `${text.slice(0, FOUND_LENGTH_MAX)}…`;
}
