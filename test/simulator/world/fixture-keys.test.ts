import { createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import { expect, test } from 'vitest';
import type { KeyKind } from '../../../src/core/formats/spec.ts';
import { fixtureKeys } from './fixture-keys.ts';

const KINDS: readonly KeyKind[] = [
  { algorithm: 'RS256', rsaModulusLength: 2048 },
  { algorithm: 'PS256', rsaModulusLength: 2048 },
  { algorithm: 'ES256', rsaModulusLength: null },
  { algorithm: 'EdDSA', rsaModulusLength: null },
];
const never = new AbortController().signal;

test.each(KINDS)('$algorithm: what it signs its public half verifies', async (kind) => {
  const keys = fixtureKeys();
  const pairs = [await keys.make(kind, never), await keys.make(kind, never)];
  const [first, second] = pairs.map(({ privatePem }) => createPrivateKey(privatePem));
  if (first === undefined || second === undefined) throw new Error('two keys were made');
  const hash = kind.algorithm === 'EdDSA' ? null : 'sha256';
  const signature = sign(hash, Buffer.from('a token'), first);
  expect(verify(hash, Buffer.from('a token'), createPublicKey(first), signature)).toBe(true);
  expect(verify(hash, Buffer.from('a token'), createPublicKey(second), signature)).toBe(false);
  const bits = first.asymmetricKeyDetails?.modulusLength ?? null;
  expect(bits).toBe(kind.rsaModulusLength);
});

test.each(KINDS)('$algorithm: each world has the same keys, and no two alike', async (kind) => {
  const [one, other] = [fixtureKeys(), fixtureKeys()];
  const kids: string[] = [];
  for (let index = 0; index < 3; index += 1) {
    const pair = await one.make(kind, never);
    expect(await other.make(kind, never)).toEqual(pair);
    kids.push(pair.kid);
  }
  expect(new Set(kids).size).toBe(3);
});

test('a kind that it has no keys of is refused', async () => {
  const kind = { algorithm: 'RS256', rsaModulusLength: 4096 } as const;
  await expect(fixtureKeys().make(kind, never)).rejects.toThrow('no keys of RS256');
});
