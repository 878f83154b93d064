/** Reads the keys of a stored ledger, its tombstones, and the values that they are made of. */

import { isKid, type PublicJwk, parsePublishedJwk } from '../formats/jwk.ts';
import {
  ALGORITHMS,
  type KeyKind,
  RELOADS,
  RSA_MODULUS_LENGTHS,
  type Terms,
} from '../formats/spec.ts';
import { GENERATION_MAX, INSTANT_MAX_MS, ORDINAL_MAX } from './bounds.ts';
import type { Bar, EndReason, LedgerKey, LedgerKeyState, Settled, Tombstone } from './ledger.ts';
import { boolean, type Fields, integerFrom, Malformed, oneOf, orNull, record } from './members.ts';
import { TERM_MAX_MS, TRUST_MAX_MS } from './terms.ts';

/** Each throws {@link Malformed} for what no operator writes. */
export const instant = integerFrom(0, INSTANT_MAX_MS);
export const generation = integerFrom(0, GENERATION_MAX);
export const ordinal = integerFrom(1, ORDINAL_MAX);
const trustMs = integerFrom(0, TRUST_MAX_MS);

const END_REASONS: readonly EndReason[] = ['Retired', 'Superseded', 'SecretLost', 'Revoked'];

/** @throws Malformed */
export function keyOf(value: unknown): LedgerKey {
  const form = record(value, 'key');
  const publicJwk = parsePublishedJwk(form['publicJwk']);
  if ('problem' in publicJwk) throw new Malformed(publicJwk.problem);
  const kid = kidOf(form['kid'], 'kid');
  if (publicJwk.kid !== kid) throw new Malformed('a key and its JWK have different kids');
  const { algorithm, rsaModulusLength } = kindOf(form, publicJwk);
  return {
    ordinal: ordinal(form['ordinal'], 'ordinal'),
    kid,
    algorithm,
    rsaModulusLength,
    publicJwk,
    state: oneOf<LedgerKeyState>(form['state'], 'state', ['Pending', 'Active', 'Retiring']),
    imported: boolean(form['imported'], 'imported'),
    mayHaveSigned: boolean(form['mayHaveSigned'], 'mayHaveSigned'),
    publishedSeenMs: orNull(form['publishedSeenMs'], 'publishedSeenMs', instant),
    activatedMs: orNull(form['activatedMs'], 'activatedMs', instant),
    signerSeenMs: orNull(form['signerSeenMs'], 'signerSeenMs', instant),
    supersededSeenMs: orNull(form['signedUntilMs'], 'signedUntilMs', instant),
    // The first versions of the operator did not check pods.
    settled: orNull(form['settled'] ?? null, 'settled', settledOf),
    bar: orNull(form['bar'], 'bar', barOf),
    largest: termsOf(form['largest'], 'largest'),
  };
}

function kindOf(form: Fields, { alg, kty }: PublicJwk): KeyKind {
  const algorithm = oneOf(form['algorithm'], 'algorithm', ALGORITHMS);
  const rsaModulusLength = orNull(form['rsaModulusLength'], 'rsaModulusLength', (length, name) =>
    oneOf(length, name, RSA_MODULUS_LENGTHS),
  );
  if (algorithm === alg && (kty === 'RSA') === (rsaModulusLength !== null)) {
    return { algorithm, rsaModulusLength };
  }
  throw new Malformed('a key and its JWK are of different kinds');
}

/** @throws Malformed */
export function kidOf(value: unknown, name: string): string {
  if (isKid(value)) return value;
  throw new Malformed(`${name} is not the id of a key`);
}

function settledOf(value: unknown): Settled {
  const form = record(value, 'settled');
  return {
    seenMs: instant(form['seenMs'], 'settled.seenMs'),
    reload: oneOf(form['reload'], 'settled.reload', RELOADS),
  };
}

function barOf(value: unknown): Bar {
  const form = record(value, 'bar');
  return {
    generation: generation(form['generation'], 'bar.generation'),
    reason: oneOf(form['reason'], 'bar.reason', END_REASONS),
    removedSeenMs: orNull(form['removedSeenMs'], 'bar.removedSeenMs', instant),
  };
}

/** @throws Malformed */
export function tombstoneOf(value: unknown): Tombstone {
  const form = record(value, 'tombstone');
  return {
    ordinal: ordinal(form['ordinal'], 'tombstone.ordinal'),
    kid: kidOf(form['kid'], 'tombstone.kid'),
    algorithm: oneOf(form['algorithm'], 'tombstone.algorithm', ALGORITHMS),
    reason: oneOf(form['reason'], 'tombstone.reason', END_REASONS),
    removedSeenMs: orNull(form['removedSeenMs'], 'tombstone.removedSeenMs', instant),
    trustMs: orNull(form['trustMs'], 'tombstone.trustMs', trustMs),
  };
}

/** @throws Malformed */
export function termsOf(value: unknown, name: string): Terms {
  const form = record(value, name);
  const term = (key: keyof Terms) => integerFrom(0, TERM_MAX_MS[key])(form[key], `${name}.${key}`);
  const isEndless = form['verifierTrustMs'] === null;
  return {
    tokenTtlMs: term('tokenTtlMs'),
    verifierCacheTtlMs: term('verifierCacheTtlMs'),
    verifierTrustMs: isEndless ? null : term('verifierTrustMs'),
    sharedCacheTtlMs: term('sharedCacheTtlMs'),
    publicationDelayMs: term('publicationDelayMs'),
    signerRefreshDelayMs: term('signerRefreshDelayMs'),
    verifierLeewayMs: term('verifierLeewayMs'),
    clockSkewMs: term('clockSkewMs'),
  };
}
