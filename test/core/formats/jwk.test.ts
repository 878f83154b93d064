import { expect, test } from 'vitest';
import {
  algorithmFits,
  kindOfJwk,
  PRIVATE_MEMBERS,
  type PublicJwk,
  parsePublicJwk,
  parsePublishedJwk,
  publicJwkText,
} from '../../../src/core/formats/jwk.ts';
import { ALGORITHMS, type Algorithm } from '../../../src/core/formats/spec.ts';
import { fixtureJwk } from '../../support/core-world/fixture-jwk.ts';
import { kindOfAlgorithm } from '../../support/core-world/fixtures.ts';

const EC = fixtureJwk('k1', kindOfAlgorithm('ES256'));
const ED = fixtureJwk('k1', kindOfAlgorithm('EdDSA'));
const RSA = fixtureJwk('k1', kindOfAlgorithm('RS256'));

const NO_POINT = 'the key is not a point of its curve';
const EXPONENT = 'the exponent is not an odd number from 65537 to 2147483647';
/** y = 1: with this public key, a signature of anything is easy to make. */
const IDENTITY = Buffer.from([1, ...new Array<number>(31).fill(0)]).toString('base64url');

function secondForm(member: string): string {
  return `the member '${member}' is not base64url without padding, or has a second form`;
}

function rsa(bytes: number, first = 0x80, last = 1): string {
  const modulus = Buffer.alloc(bytes, 7);
  modulus[0] = first;
  modulus[bytes - 1] = last;
  return modulus.toString('base64url');
}

/** The same bytes for a reader that does not look: the last of 43 characters has two bits too many. */
function withStrayBits(text = ''): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return text.slice(0, -1) + alphabet[alphabet.indexOf(text.slice(-1)) + 1];
}

test.each(ALGORITHMS)(
  'a key for %s is read as it was written, and its kind is known',
  (algorithm) => {
    const jwk = fixtureJwk('k1', kindOfAlgorithm(algorithm));
    expect(parsePublicJwk(JSON.parse(publicJwkText(jwk)))).toEqual(jwk);
    expect(kindOfJwk(jwk)).toEqual(kindOfAlgorithm(algorithm));
  },
);

test('members that a verifier need not know are left out', () => {
  expect(parsePublicJwk({ ...EC, x5c: ['a'], key_ops: ['verify'], ext: true })).toEqual(EC);
});

test.each<[string, object]>([
  ['a certificate', { x5c: ['MII'] }],
  ['a PEM under any name', { note: '-----BEGIN PRIVATE KEY-----' }],
  ['nesting', { a: { b: [[]] } }],
  ['a member of another type of key', { n: 'AQAB' }],
])('the published form has nothing else: %s', (_, more) => {
  expect(parsePublishedJwk(EC)).toEqual(EC);
  expect(parsePublishedJwk({ ...EC, ...more })).toEqual({
    problem: 'a key has a member that is not published',
  });
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
  ['no x', { ...EC, x: undefined }, `the member 'x' is missing, or not a string`],
  ['an x with padding', { ...EC, x: `${EC.x}=` }, secondForm('x')],
  ['an x with a line break', { ...EC, x: `${EC.x}\n` }, secondForm('x')],
  ['an x with bits that no byte has', { ...EC, x: withStrayBits(EC.x) }, secondForm('x')],
  ['an x that is too long', { ...EC, x: `AA${EC.x}A` }, `the member 'x' has not 32 bytes`],
  ['a y that is too short', { ...EC, y: EC.y?.slice(0, -1) }, secondForm('y')],
  ['a y of another length', { ...EC, y: EC.y?.slice(0, -3) }, `the member 'y' has not 32 bytes`],
  ['a point off its curve', { ...EC, y: EC.x }, 'the key is not a point of its curve'],
  ['an Ed25519 key that everybody signs for', { ...ED, x: IDENTITY }, NO_POINT],
  ['an Ed25519 key of another length', { ...ED, x: 'AQAB' }, `the member 'x' has not 32 bytes`],
  ['a modulus of 512 bits', { ...RSA, n: rsa(64) }, `the modulus has not 2048 to 4096 bits`],
  [
    'a modulus of 2047 bits',
    { ...RSA, n: rsa(256, 0x7f) },
    `the modulus has not 2048 to 4096 bits`,
  ],
  ['a modulus of 8192 bits', { ...RSA, n: rsa(1024) }, `the modulus has not 2048 to 4096 bits`],
  ['a modulus with a leading zero', { ...RSA, n: rsa(257, 0) }, secondForm('n')],
  ['an even modulus', { ...RSA, n: rsa(256, 0x80, 2) }, 'the modulus is even'],
  ['an exponent of 1', { ...RSA, e: 'AQ' }, EXPONENT],
  ['an exponent of 3', { ...RSA, e: 'Aw' }, EXPONENT],
  ['an even exponent', { ...RSA, e: 'AQAC' }, EXPONENT],
  ['an exponent that Go refuses', { ...RSA, e: 'gAAAAQ' }, EXPONENT],
  ['an exponent without end', { ...RSA, e: rsa(256) }, EXPONENT],
  ['an exponent with a leading zero', { ...RSA, e: 'AAEAAQ' }, secondForm('e')],
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
