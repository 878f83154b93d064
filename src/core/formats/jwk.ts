/** Public keys as JWK (RFC 7517, RFC 7518 section 6, RFC 8037). */

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

const BASE64URL = /^[A-Za-z0-9_-]+$/;
const MEMBER_LENGTH_MAX = 2048;
/** Imported keys keep their own kid, so any printable ASCII is allowed, up to a limit. */
const KID = /^[\x21-\x7e]{1,128}$/;

/**
 * Reads one published JWK strictly.
 * @returns the key with its members in canonical order, or the problem. The problem names members
 * but never shows their values.
 */
export function parsePublicJwk(jwk: unknown): PublicJwk | { readonly problem: string } {
  if (!isRecord(jwk)) return { problem: 'a key is not an object' };
  const secret = PRIVATE_MEMBERS.find((member) => Object.hasOwn(jwk, member));
  if (secret !== undefined) return { problem: `a key has the private member '${secret}'` };
  const { kty, kid, alg, use } = jwk;
  if (kty !== 'RSA' && kty !== 'EC' && kty !== 'OKP') return { problem: 'kty is not supported' };
  if (typeof kid !== 'string' || !KID.test(kid)) return { problem: 'kid is missing or malformed' };
  if (use !== 'sig') return { problem: `use is not 'sig'` };
  if (typeof alg !== 'string' || !algorithmFits(kty, jwk['crv'], alg)) {
    return { problem: `alg does not fit the key's type` };
  }
  const members: Record<string, string> = {};
  for (const name of PUBLIC_MEMBERS[kty]) {
    const member = jwk[name];
    if (typeof member !== 'string' || member.length > MEMBER_LENGTH_MAX) {
      return { problem: `the member '${name}' is missing, not a string, or too long` };
    }
    if (name !== 'crv' && !BASE64URL.test(member)) {
      return { problem: `the member '${name}' is not base64url` };
    }
    members[name] = member;
  }
  return { kty, ...members, kid, alg: alg as Algorithm, use };
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
