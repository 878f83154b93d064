/**
 * Real keys that are the same in every run: the n-th key of a world is always the same one. Made
 * once a process, because thousands of runs want the same few.
 */
import { createHash, createPrivateKey } from 'node:crypto';
import type { Algorithm } from '../../src/core/spec.ts';
import type { KeyMaker, KeyPair } from '../../src/platform/key-maker.ts';
import { publicJwkOf } from '../../src/platform/key-material.ts';

/** PKCS#8 up to the 32 bytes of the private value (RFC 8410 section 7, RFC 5958, RFC 5915). */
const DER_HEADS: Readonly<Partial<Record<Algorithm, string>>> = {
  EdDSA: '302e020100300506032b657004220420',
  ES256: '3041020100301306072a8648ce3d020106082a8648ce3d030107042730250201010420',
};

const made = new Map<string, KeyPair>();

/** Counts the keys of one world, so that no two operators of it make the same. */
export function fixtureKeys(): KeyMaker {
  let count = 0;
  return {
    async make({ algorithm }) {
      count += 1;
      return fixtureKey(algorithm, count);
    },
  };
}

/** One that no operator ever makes. */
export function strangersKey(): KeyPair {
  return keyPairOf('EdDSA', 'stranger');
}

function fixtureKey(algorithm: Algorithm, index: number): KeyPair {
  const name = `${algorithm}-${index}`;
  const known = made.get(name);
  if (known !== undefined) return known;
  const pair = keyPairOf(algorithm, name);
  made.set(name, pair);
  return pair;
}

function keyPairOf(algorithm: Algorithm, name: string): KeyPair {
  const head = DER_HEADS[algorithm];
  if (head === undefined) throw new RangeError(`the simulator has no keys of ${algorithm}`);
  const secret = createHash('sha256').update(name).digest();
  const key = createPrivateKey({
    key: Buffer.concat([Buffer.from(head, 'hex'), secret]),
    format: 'der',
    type: 'pkcs8',
  });
  const privatePem = key.export({ type: 'pkcs8', format: 'pem' }).toString();
  const publicJwk = publicJwkOf(privatePem, algorithm);
  if ('problem' in publicJwk) throw new Error(publicJwk.problem);
  return { kid: publicJwk.kid, publicJwk, privatePem };
}
