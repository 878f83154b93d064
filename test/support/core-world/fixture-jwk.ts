/** Public keys for the in-memory world: real ones, each computed from its symbolic kid. */
import { createECDH, createHash, createPrivateKey, createPublicKey } from 'node:crypto';
import type { PublicJwk } from '../../../src/core/formats/jwk.ts';
import type { KeyKind } from '../../../src/core/formats/spec.ts';

const CURVES: Readonly<Record<string, readonly [crv: string, name: string, bytes: number]>> = {
  ES256: ['P-256', 'prime256v1', 32],
  ES384: ['P-384', 'secp384r1', 48],
  ES512: ['P-521', 'secp521r1', 66],
};
const RSA_BYTES = 256;
/** RFC 8410 section 7: what comes before the 32 bytes of a private key. */
const ED25519_PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');

const known = new Map<string, PublicJwk>();

/** A public key of a kind under a symbolic kid. Two kids never share a key. */
export function fixtureJwk(kid: string, { algorithm }: KeyKind): PublicJwk {
  const name = `${algorithm}/${kid}`;
  const jwk = known.get(name) ?? { ...valuesOf(kid, algorithm), kid, alg: algorithm, use: 'sig' };
  known.set(name, jwk);
  return jwk;
}

type Values = Pick<PublicJwk, 'kty' | 'crv' | 'x' | 'y' | 'n' | 'e'>;

function valuesOf(kid: string, algorithm: string): Values {
  const curve = CURVES[algorithm];
  if (curve !== undefined) return ecValues(kid, ...curve);
  return algorithm === 'EdDSA' ? edwardsValues(kid) : rsaValues(kid);
}

function ecValues(kid: string, crv: string, name: string, bytes: number): Values {
  const ecdh = createECDH(name);
  ecdh.setPrivateKey(bytesFrom(kid, 32));
  const point = ecdh.getPublicKey().subarray(1);
  const [x, y] = [point.subarray(0, bytes), point.subarray(bytes)];
  return { kty: 'EC', crv, x: x.toString('base64url'), y: y.toString('base64url') };
}

function edwardsValues(kid: string): Values {
  const der = Buffer.concat([ED25519_PKCS8, bytesFrom(kid, 32)]);
  const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  const { x } = createPublicKey(privateKey).export({ format: 'jwk' });
  return { kty: 'OKP', crv: 'Ed25519', x: x ?? '' };
}

/** An odd number of the right length: whether it has two large factors, nobody can see. */
function rsaValues(kid: string): Values {
  const modulus = bytesFrom(kid, RSA_BYTES);
  modulus[0] = (modulus[0] ?? 0) | 0x80;
  modulus[RSA_BYTES - 1] = (modulus[RSA_BYTES - 1] ?? 0) | 1;
  return { kty: 'RSA', n: modulus.toString('base64url'), e: 'AQAB' };
}

function bytesFrom(kid: string, count: number): Buffer {
  return createHash('shake256', { outputLength: count }).update(kid).digest();
}
