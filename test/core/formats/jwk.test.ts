import { expect, test } from 'vitest';
import {
  algorithmFits,
  kindOfJwk,
  PRIVATE_MEMBERS,
  type PublicJwk,
  parsePublicJwk,
  publicJwkText,
} from '../../../src/core/formats/jwk.ts';
import { ALGORITHMS, type Algorithm } from '../../../src/core/formats/spec.ts';
import { fixtureJwk, kindOfAlgorithm } from '../../support/core-world/fixtures.ts';

const EC = fixtureJwk('k1', kindOfAlgorithm('ES256'));

test.each(ALGORITHMS)(
  'a key for %s is read as it was written, and its kind is known',
  (algorithm) => {
    const jwk = fixtureJwk('k1', kindOfAlgorithm(algorithm));
    expect(parsePublicJwk(JSON.parse(publicJwkText(jwk)))).toEqual(jwk);
    expect(kindOfJwk(jwk)).toEqual(kindOfAlgorithm(algorithm));
  },
);

test('unknown members are left out', () => {
  expect(parsePublicJwk({ ...EC, x5c: ['a'], key_ops: ['verify'], ext: true })).toEqual(EC);
});

test.each(PRIVATE_MEMBERS)(
  'the private member %s is refused by name, without its value',
  (member) => {
    expect(parsePublicJwk({ ...EC, [member]: 'hidden' })).toEqual({
      problem: `a key has the private member '${member}'`,
    });
  },
);

test.each<[string, unknown, string]>([
  ['no object', null, 'a key is not an object'],
  ['a list', [], 'a key is not an object'],
  ['another type', { ...EC, kty: 'oct' }, 'kty is not supported'],
  ['no kid', { ...EC, kid: undefined }, 'kid is missing or malformed'],
  ['an empty kid', { ...EC, kid: '' }, 'kid is missing or malformed'],
  ['a kid with a space', { ...EC, kid: 'a b' }, 'kid is missing or malformed'],
  ['a kid that is too long', { ...EC, kid: 'k'.repeat(129) }, 'kid is missing or malformed'],
  ['another use', { ...EC, use: 'enc' }, `use is not 'sig'`],
  ['no alg', { ...EC, alg: undefined }, `alg does not fit the key's type`],
  ['alg none', { ...EC, alg: 'none' }, `alg does not fit the key's type`],
  ['the alg of another curve', { ...EC, alg: 'ES384' }, `alg does not fit the key's type`],
  ['no x', { ...EC, x: undefined }, `the member 'x' is missing, not a string, or too long`],
  ['an x with padding', { ...EC, x: 'AA==' }, `the member 'x' is not base64url`],
  [
    'an x that is too long',
    { ...EC, x: 'A'.repeat(2049) },
    `the member 'x' is missing, not a string, or too long`,
  ],
])('a key with %s is refused', (_, value, problem) => {
  expect(parsePublicJwk(value)).toEqual({ problem });
});

test.each<[string, string, string, boolean]>([
  ['RSA', '', 'PS512', true],
  ['RSA', '', 'ES256', false],
  ['EC', 'P-256', 'ES256', true],
  ['EC', 'P-521', 'ES512', true],
  ['EC', 'secp256k1', 'ES256', false],
  ['OKP', 'Ed25519', 'EdDSA', true],
  ['OKP', 'X25519', 'EdDSA', false],
  ['oct', '', 'HS256', false],
])('%s %s and %s: %s', (kty, crv, alg, fits) => {
  expect(algorithmFits(kty, crv, alg)).toBe(fits);
});

test.each([
  [342, 2048],
  [512, 3072],
  [683, 4096],
])('a modulus of %d base64url characters has %d bits', (length, bits) => {
  const jwk: PublicJwk = {
    ...fixtureJwk('k', kindOfAlgorithm('RS256' satisfies Algorithm)),
    n: 'A'.repeat(length),
  };
  expect(kindOfJwk(jwk).rsaModulusLength).toBe(bits);
});
