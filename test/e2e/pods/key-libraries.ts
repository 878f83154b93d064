/** How a verifier gets its keys and verifies with them: by libraries as users have them, each with its own cache. */
import { createRemoteJWKSet, decodeProtectedHeader, type JWTVerifyGetKey, jwtVerify } from 'jose';
import jsonwebtoken from 'jsonwebtoken';
import { JwksClient } from 'jwks-rsa';
import { jwksFolder } from './jwks-folder.ts';

/** Rejects if the token is not accepted. */
export type Verify = (token: string) => Promise<void>;

export interface KeySource {
  /** A folder where the JWKS ConfigMap is mounted, or an URL. */
  readonly jwks: string;
  /** For how long the library may hold what it fetched. */
  readonly cacheMs: number;
}

/** A JWKS server that starves for a while is slow, and has not rejected anything. */
const TIMEOUT_MS = 20_000;
/** What a set of the tests may sign with; never what a token's header asks for. */
const ALGORITHMS = ['RS256', 'ES256'] as const;

export async function byFolder(
  { jwks }: KeySource,
  onChange: (kids: readonly string[]) => void,
): Promise<Verify> {
  return withJose(await jwksFolder(jwks, onChange));
}

/** @see {@link KeySource} of an URL */
export const LIBRARIES = {
  jose: ({ jwks, cacheMs }: KeySource): Verify =>
    withJose(
      createRemoteJWKSet(new URL(jwks), { cacheMaxAge: cacheMs, timeoutDuration: TIMEOUT_MS }),
    ),
  /** It caches each key by its `kid`, and fetches again for every one that it does not know. */
  'jwks-rsa': ({ jwks, cacheMs }: KeySource): Verify => {
    const client = new JwksClient({ jwksUri: jwks, cacheMaxAge: cacheMs, timeout: TIMEOUT_MS });
    return async (token) => {
      const key = await client.getSigningKey(decodeProtectedHeader(token).kid);
      jsonwebtoken.verify(token, key.getPublicKey(), { algorithms: [...ALGORITHMS] });
    };
  },
} as const;

export type Library = keyof typeof LIBRARIES;

function withJose(keys: JWTVerifyGetKey): Verify {
  return async (token) => void (await jwtVerify(token, keys, { algorithms: [...ALGORITHMS] }));
}
