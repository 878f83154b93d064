/**
 * Real keys that are the same in every run: the n-th key of a world is always the same one. Made
 * and checked once a process, because thousands of runs want the same few.
 */
import { createHash, createPrivateKey, type KeyObject } from 'node:crypto';
import type { Algorithm, KeyKind } from '../../../src/core/formats/spec.ts';
import type { KeyMaker, KeyPair } from '../../../src/platform/keys/key-maker.ts';
import { publicJwkOf } from '../../../src/platform/keys/key-material.ts';
import { KeyVerdicts } from '../../../src/platform/keys/key-verdicts.ts';
import { rsaKey } from './rsa-fixture.ts';

/** PKCS#8 up to the 32 bytes of the private value (RFC 8410 section 7, RFC 5958, RFC 5915). */
const DER_HEADS: Readonly<Partial<Record<Algorithm, string>>> = {
  EdDSA: '302e020100300506032b657004220420',
  ES256: '3041020100301306072a8648ce3d020106082a8648ce3d030107042730250201010420',
};

const made = new Map<string, KeyPair>();
/** A verdict follows from what it is on, so that no run can tell whether another one made it. */
export const fixtureVerdicts = new KeyVerdicts();

/** Counts the keys of one world, so that no two operators of it make the same. */
export function fixtureKeys(): KeyMaker {
  let count = 0;
  return {
    async make(kind) {
      count += 1;
      return fixtureKey(kind, count);
    },
  };
}

/** One that no operator ever makes. */
export function strangersKey(): KeyPair {
  return keyPairOf({ algorithm: 'EdDSA', rsaModulusLength: null }, 'stranger');
}

function fixtureKey(kind: KeyKind, index: number): KeyPair {
  const length = kind.rsaModulusLength === null ? '' : `-${kind.rsaModulusLength}`;
  const name = `${kind.algorithm}${length}-${index}`;
  const known = made.get(name);
  if (known !== undefined) return known;
  const pair = keyPairOf(kind, name);
  made.set(name, pair);
  return pair;
}

function keyPairOf(kind: KeyKind, name: string): KeyPair {
  const privatePem = keyOf(kind, name).export({ type: 'pkcs8', format: 'pem' }).toString();
  const publicJwk = publicJwkOf(privatePem, kind.algorithm);
  if ('problem' in publicJwk) throw new Error(publicJwk.problem);
  return { kid: publicJwk.kid, publicJwk, privatePem };
}

function keyOf({ algorithm, rsaModulusLength }: KeyKind, name: string): KeyObject {
  if (rsaModulusLength === 2048) return rsaKey(name);
  const head = DER_HEADS[algorithm];
  if (head === undefined) throw new RangeError(`the simulator has no keys of ${algorithm}`);
  const secret = createHash('sha256').update(name).digest();
  const key = Buffer.concat([Buffer.from(head, 'hex'), secret]);
  return createPrivateKey({ key, format: 'der', type: 'pkcs8' });
}
