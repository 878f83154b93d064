/** The shape of a bad spec in the tables, and how its rows are made. */
import type { FieldErrorCode } from '../../src/api/field-error.ts';

export interface ExpectedError {
  readonly field: string;
  readonly code: FieldErrorCode;
  /** The decoder's message. */
  readonly message: string;
  /** The API server's message, in its own words for errors of structure. */
  readonly server: string;
  /** Where the API server names the field otherwise: the schema and CEL write a map's key apart. */
  readonly serverField?: string;
}

export interface BadSpec {
  readonly name: string;
  /** By default `payments`. */
  readonly setName?: string;
  /** Merged over a good spec; null takes a field away. */
  readonly patch: Readonly<Record<string, unknown>>;
  readonly errors: readonly ExpectedError[];
  /** What the API server says in addition: it also checks a value whose type is wrong. */
  readonly serverAlso?: readonly string[];
}

export type Patch = Readonly<Record<string, unknown>>;

/**
 * A refusal by CEL: the decoder says the same words; the API server shows a string before them.
 * @param words without the code that they end in
 */
export function byRule(
  field: string,
  code: FieldErrorCode,
  words: string,
  shown?: string,
): ExpectedError {
  const prefix = shown === undefined ? 'Invalid value: ' : `Invalid value: ${quote(shown)}: `;
  const message = `${words} (${code})`;
  return { field, code, message, server: prefix + message };
}

/** Give only what is not the default: P, H, C, T and S, and what C belongs to. */
export function tooShort(
  found: string,
  needs: string,
  over: Patch = {},
  cache = 'verifierCacheTTL',
): ExpectedError {
  return byRule(
    'spec.rotation.interval',
    'IntervalTooShort',
    `rotation.interval is ${found}, but publicationDelay ${over['P'] ?? '3m'} + sharedCacheTTL ` +
      `${over['H'] ?? '0s'} + ${cache} ${over['C'] ?? '10m'} + signerRefreshDelay 3m + ` +
      `tokenTTL ${over['T'] ?? '15m'} + verifierLeeway 5m + 3 x clockSkew ${over['S'] ?? '30s'} ` +
      `add up to ${needs}: write at least that`,
  );
}

/**
 * A refusal by the schema, for which each side has words of its own.
 * @param words the decoder's, without the code that they end in
 */
export function bySchema(
  field: string,
  code: FieldErrorCode,
  words: string,
  server: string,
): ExpectedError {
  return { field, code, message: `${words} (${code})`, server };
}

export const quote = (text: string) => JSON.stringify(text);
export const nest = (path: string, value: unknown): Patch =>
  path.split('.').reduceRight<unknown>((inner, key) => ({ [key]: inner }), value) as Patch;
export const DURATIONS = [
  { path: 'tokenTTL', min: '1s', max: '8760h', below: '999ms', above: '8760h1ms' },
  { path: 'verifierCacheTTL', min: '0s', max: '8760h', below: '-1s', above: '8761h' },
  { path: 'timing.sharedCacheTTL', min: '0s', max: '720h', below: '-1s', above: '720h1s' },
  { path: 'timing.publicationDelay', min: '1s', max: '24h', below: '0s', above: '24h1s' },
  { path: 'timing.signerRefreshDelay', min: '0s', max: '24h', below: '-1s', above: '25h' },
  { path: 'timing.verifierLeeway', min: '0s', max: '24h', below: '-1ms', above: '1441m' },
  { path: 'timing.clockSkew', min: '0s', max: '1h', below: '-5m', above: '3601s' },
] as const;

export const METADATA = [
  ['signer.labels', 'label'],
  ['signer.annotations', 'annotation'],
  ['jwks.labels', 'label'],
  ['jwks.annotations', 'annotation'],
  ['objects.labels', 'label'],
  ['objects.annotations', 'annotation'],
] as const;

export const ALGORITHM_NAMES = 'RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA'.split(
  ' ',
);
