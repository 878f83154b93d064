/** One token, made as an issuer makes it and verified as a verifier does, both by jose. */
import { createLocalJWKSet, importPKCS8, type JSONWebKeySet, jwtVerify, SignJWT } from 'jose';
import type { PublicJwk } from '../core/formats/jwk.ts';

export interface TokenParts {
  /** PKCS#8 PEM, of the signer Secret. */
  readonly privatePem: string;
  /** Its public half: the token's `alg` and `kid`. */
  readonly publicJwk: PublicJwk;
  /** The published document: JSON with an array `keys`. */
  readonly jwksText: string;
  readonly nowMs: number;
}

const LIFETIME_SECONDS = 60;

/**
 * Signs with the private key and verifies by the JWKS: the key by the token's `kid`.
 * @returns why the token is not accepted, or null if it is
 */
export async function tokenProblem(parts: TokenParts): Promise<string | null> {
  const { alg, kid } = parts.publicJwk;
  const nowSeconds = Math.floor(parts.nowMs / 1000);
  try {
    const token = await new SignJWT({ sub: 'smoke-test' })
      .setProtectedHeader({ alg, kid, typ: 'JWT' })
      .setIssuedAt(nowSeconds)
      .setExpirationTime(nowSeconds + LIFETIME_SECONDS)
      .sign(await importPKCS8(parts.privatePem, alg));
    const jwks = createLocalJWKSet(JSON.parse(parts.jwksText) as JSONWebKeySet);
    await jwtVerify(token, jwks, { algorithms: [alg], currentDate: new Date(parts.nowMs) });
    return null;
  } catch (error) {
    // jose's messages name members and rules, never a key or the token.
    return error instanceof Error ? error.message : String(error);
  }
}
