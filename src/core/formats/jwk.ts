/** Public keys as JWK (RFC 7517, RFC 7518 section 6, RFC 8037). */

import { bytesOfBase64url, numberOfBytes } from '../encoding/base64url.ts';
import {
  COORDINATE_BYTES,
  isEd25519Key,
  isOnShortCurve,
  type ShortCurveName,
} from '../encoding/curves.ts';
import { isRecord } from './is-record.ts';
import { type Algorithm, type KeyKind, RSA_MODULUS_LENGTHS } from './spec.ts';

/**
 * A published JWK: the public members, `kid`, `alg` and `use`, and nothing else. Any other member
 * breaks some verifier (docs/verifiers.md).
 */
export type PublicJwk = {
  readonly kty: 'RSA' | 'EC' | 'OKP';
  readonly kid: string;
  readonly alg: Algorithm;
  readonly use: 'sig';
  readonly n?: string;
  readonly e?: string;
  readonly crv?: string;
  readonly x?: string;
  readonly y?: string;
};

/** The members that hold secrets (RFC 7518 sections 6.2.2, 6.3.2 and 6.4.1, RFC 9964). */
export const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'] as const;

/** The public members of each key type, in the order they are written. */
export const PUBLIC_MEMBERS = {
  RSA: ['n', 'e'],
  EC: ['crv', 'x', 'y'],
  OKP: ['crv', 'x'],
} as const;

type KeyMember = 'n' | 'e' | 'crv' | 'x' | 'y';

/** Imported keys keep their own kid, so any printable ASCII is allowed, up to a limit. */
const KID = /^[\x21-\x7e]{1,128}$/;

/** RFC 7518 sections 3.3 and 3.5 forbid shorter ones. */
export const RSA_BITS_MIN = 2048;
/** The largest that the operator makes. A longer one makes every verification slow, and 8192 bits a pass. */
export const RSA_BITS_MAX = 4096;
/** FIPS 186-5 section A.1.1 forbids smaller ones. */
const RSA_EXPONENT_MIN = 65_537n;
/** Go's crypto/rsa refuses larger ones. */
const RSA_EXPONENT_MAX = 2n ** 31n - 1n;
const RSA_EXPONENT_BYTES_MAX = 4;
const ED25519_BYTES = 32;

export interface JwkProblem {
  readonly problem: string;
}

/** Whether a text can be the id of a key. */
export function isKid(text: unknown): text is string {
  return typeof text === 'string' && KID.test(text);
}

/**
 * Reads one JWK as a verifier does: members that it does not have to know are ignored, except private
 * ones. Its values must be a key: of a length that is allowed, a point of its curve, and in the one form
 * that RFC 7518 gives each value.
 * @returns the key with its members in canonical order, or the problem. The problem names members
 * but never shows their values.
 */
export function parsePublicJwk(jwk: unknown): PublicJwk | JwkProblem {
  if (!isRecord(jwk)) return { problem: 'a key is not an object' };
  const secret = PRIVATE_MEMBERS.find((member) => Object.hasOwn(jwk, member));
  if (secret !== undefined) return { problem: `a key has the private member '${secret}'` };
  const { kty, kid, alg, use } = jwk;
  if (kty !== 'RSA' && kty !== 'EC' && kty !== 'OKP') return { problem: 'kty is not supported' };
  if (!isKid(kid)) return { problem: 'kid is missing or malformed' };
  if (use !== 'sig') return { problem: `use is not 'sig'` };
  if (typeof alg !== 'string' || !algorithmFits(kty, jwk['crv'], alg)) {
    return { problem: `alg does not fit the key's type` };
  }
  const members: Partial<Record<KeyMember, string>> = {};
  for (const name of PUBLIC_MEMBERS[kty]) {
    const member = jwk[name];
    if (typeof member !== 'string') {
      return { problem: `the member '${name}' is missing, or not a string` };
    }
    members[name] = member;
  }
  const problem = kty === 'RSA' ? rsaProblem(members) : pointProblem(members);
  return problem === null ? { kty, ...members, kid, alg: alg as Algorithm, use } : { problem };
}

/** Reads one JWK of the published form: it may have no member besides those of {@link PublicJwk}. */
export function parsePublishedJwk(jwk: unknown): PublicJwk | JwkProblem {
  const key = parsePublicJwk(jwk);
  if ('problem' in key) return key;
  const strange = Object.keys(jwk as object).find((name) => !Object.hasOwn(key, name));
  return strange === undefined ? key : { problem: 'a key has a member that is not published' };
}

function rsaProblem({ n, e }: Partial<Record<KeyMember, string>>): string | null {
  const modulus = bytesOfBase64url(n ?? '');
  if (modulus === null || modulus[0] === 0) return notBase64url('n');
  const bits = modulus.length * 8 - Math.clz32((modulus[0] ?? 0) << 24);
  if (bits < RSA_BITS_MIN || bits > RSA_BITS_MAX) {
    return `the modulus has not ${RSA_BITS_MIN} to ${RSA_BITS_MAX} bits`;
  }
  if (isEven(modulus)) return 'the modulus is even';
  const exponent = bytesOfBase64url(e ?? '');
  if (exponent === null || exponent[0] === 0) return notBase64url('e');
  const value = exponent.length > RSA_EXPONENT_BYTES_MAX ? 0n : numberOfBytes(exponent);
  const isUsable = value >= RSA_EXPONENT_MIN && value <= RSA_EXPONENT_MAX && !isEven(exponent);
  return isUsable
    ? null
    : `the exponent is not an odd number from ${RSA_EXPONENT_MIN} to ${RSA_EXPONENT_MAX}`;
}

function isEven(bytes: Uint8Array): boolean {
  return ((bytes.at(-1) ?? 0) & 1) === 0;
}

/** A leading zero byte is a second form of the same number (RFC 7518 section 2). */
function notBase64url(name: KeyMember): string {
  return `the member '${name}' is not base64url without padding, or has a second form`;
}

function pointProblem({ crv, x, y }: Partial<Record<KeyMember, string>>): string | null {
  const isEdwards = crv === 'Ed25519';
  const size = isEdwards ? ED25519_BYTES : COORDINATE_BYTES[crv as ShortCurveName];
  const [xBytes, yBytes] = [bytesOfBase64url(x ?? ''), bytesOfBase64url(y ?? '')];
  if (xBytes === null) return notBase64url('x');
  if (xBytes.length !== size) return `the member 'x' has not ${size} bytes`;
  if (isEdwards) return isEd25519Key(edwardsY(xBytes)) ? null : NOT_A_POINT;
  if (yBytes === null) return notBase64url('y');
  if (yBytes.length !== size) return `the member 'y' has not ${size} bytes`;
  const isOn = isOnShortCurve(crv as ShortCurveName, numberOfBytes(xBytes), numberOfBytes(yBytes));
  return isOn ? null : NOT_A_POINT;
}

const NOT_A_POINT = 'the key is not a point of its curve';

/** RFC 8032 section 5.1.2: little-endian; the highest bit is the sign of x. */
function edwardsY(encoded: Uint8Array): bigint {
  const bytes = encoded.toReversed();
  bytes[0] = (bytes[0] ?? 0) & 0x7f;
  return numberOfBytes(bytes);
}

/** Whether a key of this type and curve can sign tokens with this `alg`. */
export function algorithmFits(kty: string, crv: unknown, alg: string): boolean {
  switch (alg) {
    case 'ES256':
      return kty === 'EC' && crv === 'P-256';
    case 'ES384':
      return kty === 'EC' && crv === 'P-384';
    case 'ES512':
      return kty === 'EC' && crv === 'P-521';
    case 'EdDSA':
      return kty === 'OKP' && crv === 'Ed25519';
    default:
      return kty === 'RSA' && /^[RP]S(256|384|512)$/.test(alg);
  }
}

/** Whether two public keys are equal in every member. */
export function samePublicJwk(a: PublicJwk, b: PublicJwk): boolean {
  const names = ['kty', 'kid', 'alg', 'use', 'n', 'e', 'crv', 'x', 'y'] as const;
  return names.every((name) => a[name] === b[name]);
}

/** The kind of a public JWK. An unsupported RSA length is rounded to the nearest supported one. */
export function kindOfJwk({ alg, kty, n }: PublicJwk): KeyKind {
  if (kty !== 'RSA') return { algorithm: alg, rsaModulusLength: null };
  const bits = Math.floor(((n ?? '').length * 3) / 4) * 8;
  const nearest = [...RSA_MODULUS_LENGTHS].sort((a, b) => Math.abs(a - bits) - Math.abs(b - bits));
  return { algorithm: alg, rsaModulusLength: nearest[0] ?? 2048 };
}

/** A public JWK as JSON, always with the same members in the same order. */
export function publicJwkText({ kty, n, e, crv, x, y, kid, alg, use }: PublicJwk): string {
  return JSON.stringify({ kty, n, e, crv, x, y, kid, alg, use });
}
