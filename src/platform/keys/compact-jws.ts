/** Tokens in the compact serialisation (RFC 7515 section 3.1), as the smoke test needs them. */
import { createPrivateKey, createPublicKey, sign, verify, type webcrypto } from 'node:crypto';
import type { PublicJwk } from '../../core/formats/jwk.ts';
import { signatureOptions } from './key-material.ts';

export type Claims = Readonly<Record<string, unknown>>;

/** Signs as an issuer would that holds the signer Secret's PEM. */
export function signCompact(privatePem: string, publicJwk: PublicJwk, claims: Claims): string {
  const { alg, kid } = publicJwk;
  const input = `${encode({ alg, kid, typ: 'JWT' })}.${encode(claims)}`;
  const { digest, options } = signatureOptions(alg);
  const key = createPrivateKey({ key: privatePem, format: 'pem', type: 'pkcs8' });
  const signature = sign(digest, Buffer.from(input), { key, ...options });
  return `${input}.${signature.toString('base64url')}`;
}

/**
 * Verifies as a verifier would that holds this JWKS: the key by the token's `kid`, the algorithm
 * by the key and never by the token. Times in the claims are not looked at.
 */
export function verifyCompact(
  token: string,
  keys: readonly PublicJwk[],
): { readonly claims: Claims } | { readonly problem: string } {
  const [header = '', payload = '', signature = '', ...rest] = token.split('.');
  if (rest.length > 0) return { problem: 'the token has more than three parts' };
  const { kid } = decode(header) ?? {};
  const jwk = keys.find((key) => key.kid === kid);
  if (jwk === undefined) return { problem: "no key in the JWKS has the token's kid" };
  const { digest, options } = signatureOptions(jwk.alg);
  const key = createPublicKey({ key: jwk as webcrypto.JsonWebKey, format: 'jwk' });
  const bytes = Buffer.from(signature, 'base64url');
  const isGood = verify(digest, Buffer.from(`${header}.${payload}`), { key, ...options }, bytes);
  const claims = isGood ? decode(payload) : null;
  return claims === null ? { problem: "the token's signature is not good" } : { claims };
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function decode(part: string): Claims | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    return typeof value === 'object' && value !== null ? (value as Claims) : null;
  } catch {
    return null;
  }
}
