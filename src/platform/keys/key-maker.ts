/** Makes key pairs without blocking the event loop: RSA-4096 takes up to a second. */
import { generateKeyPair } from 'node:crypto';
import { promisify } from 'node:util';
import type { PublicJwk } from '../../core/formats/jwk.ts';
import type { KeyKind } from '../../core/formats/spec.ts';
import { publicJwkOf } from './key-material.ts';

export interface KeyPair {
  /** The RFC 7638 thumbprint of the public key. */
  readonly kid: string;
  readonly publicJwk: PublicJwk;
  /** PKCS#8 PEM, unencrypted. Must go into a Secret and nowhere else. */
  readonly privatePem: string;
}

export interface KeyMaker {
  /**
   * Makes one key pair of this kind. If the signal aborts first, rejects with its reason and discards
   * the key.
   */
  make(kind: KeyKind, signal: AbortSignal): Promise<KeyPair>;
}

/** F4: what all common libraries use, and the smallest that FIPS 186-5 section A.1.1 allows. */
const RSA_PUBLIC_EXPONENT = 65_537;

const generate = promisify(generateKeyPair);

/** Makes keys in libuv's thread pool: how many at once, its caller decides (key-pool.ts). */
export function createKeyMaker(): KeyMaker {
  return {
    async make(kind, signal) {
      signal.throwIfAborted();
      const privatePem = await generatePrivatePem(kind);
      signal.throwIfAborted();
      return keyPairOf(kind, privatePem);
    },
  };
}

function keyPairOf(kind: KeyKind, privatePem: string): KeyPair {
  const publicJwk = publicJwkOf(privatePem, kind.algorithm);
  if ('problem' in publicJwk) {
    throw new Error(`the key just made for ${kind.algorithm} is unusable: ${publicJwk.problem}`);
  }
  return { kid: publicJwk.kid, publicJwk, privatePem };
}

async function generatePrivatePem({ algorithm, rsaModulusLength }: KeyKind): Promise<string> {
  switch (algorithm) {
    case 'ES256':
      return generateEc('prime256v1');
    case 'ES384':
      return generateEc('secp384r1');
    case 'ES512':
      return generateEc('secp521r1');
    case 'EdDSA':
      return toPem((await generate('ed25519')).privateKey);
    default:
      if (rsaModulusLength === null) throw new Error(`${algorithm} needs an RSA modulus length`);
      return generateRsa(rsaModulusLength);
  }
}

async function generateEc(namedCurve: string): Promise<string> {
  return toPem((await generate('ec', { namedCurve })).privateKey);
}

/** Type `rsa` for PS* too: there is no JWK for RSASSA-PSS keys. */
async function generateRsa(modulusLength: number): Promise<string> {
  const pair = await generate('rsa', { modulusLength, publicExponent: RSA_PUBLIC_EXPONENT });
  return toPem(pair.privateKey);
}

function toPem(key: { export(options: { format: 'pem'; type: 'pkcs8' }): string | Buffer }) {
  return key.export({ format: 'pem', type: 'pkcs8' }).toString();
}
