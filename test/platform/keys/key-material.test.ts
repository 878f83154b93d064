import { createPrivateKey, generateKeyPairSync, type webcrypto } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { PublicJwk } from '../../../src/core/formats/jwk.ts';
import type { Algorithm } from '../../../src/core/formats/spec.ts';
import { createKeyMaker, type KeyPair } from '../../../src/platform/keys/key-maker.ts';
import {
  checkKeySecret,
  checkSignerSecret,
  privateJwkOf,
  publicJwkOf,
  thumbprint,
} from '../../../src/platform/keys/key-material.ts';

const never = new AbortController().signal;
const maker = createKeyMaker();
const make = (algorithm: Algorithm, rsaModulusLength: 2048 | null = null) =>
  maker.make({ algorithm, rsaModulusLength }, never);
const [rs, es, other, ed] = await Promise.all([
  make('RS256', 2048),
  make('ES256'),
  make('ES256'),
  make('EdDSA'),
]);

const base64 = (text: string) => Buffer.from(text).toString('base64');
const encode = (texts: Record<string, string>) =>
  Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, base64(text)]));

function signerTexts(pair: KeyPair): Record<string, string> {
  const privateJwk = privateJwkOf(pair.privatePem, pair.publicJwk);
  if (typeof privateJwk !== 'string') throw new Error(privateJwk.problem);
  return {
    kid: pair.kid,
    alg: pair.publicJwk.alg,
    'private.pem': pair.privatePem,
    'private.jwk': privateJwk,
  };
}

/** A file whose private scalar does not belong to its public key. */
function mismatchedPem(): string {
  const of = (pair: KeyPair) =>
    createPrivateKey(pair.privatePem).export({ format: 'der', type: 'pkcs8' });
  const mixed = Buffer.from(of(es));
  // PKCS#8 of P-256: the scalar is 32 bytes at offset 36 (RFC 5915), and the point follows.
  of(other).copy(mixed, 36, 36, 68);
  const lines = mixed.toString('base64').replace(/.{64}/g, '$&\n');
  return `-----BEGIN PRIVATE KEY-----\n${lines}\n-----END PRIVATE KEY-----\n`;
}

/** Both keys in one block: OpenSSL reads the first. */
function joined(...pairs: readonly KeyPair[]): string {
  const der = pairs.map(({ privatePem }) =>
    createPrivateKey(privatePem).export({ format: 'der', type: 'pkcs8' }),
  );
  const lines = Buffer.concat(der).toString('base64').replace(/.{64}/g, '$&\n');
  return `-----BEGIN PRIVATE KEY-----\n${lines}\n-----END PRIVATE KEY-----\n`;
}

const sec1 = createPrivateKey(es.privatePem).export({ format: 'pem', type: 'sec1' }).toString();
const encrypted = createPrivateKey(es.privatePem)
  .export({ format: 'pem', type: 'pkcs8', cipher: 'aes-256-cbc', passphrase: 'x' })
  .toString();
const shortRsa = generateKeyPairSync('rsa', { modulusLength: 1024 })
  .privateKey.export({ format: 'pem', type: 'pkcs8' })
  .toString();
const longRsa = generateKeyPairSync('rsa', { modulusLength: 8192 })
  .privateKey.export({ format: 'pem', type: 'pkcs8' })
  .toString();
const cubeRsa = generateKeyPairSync('rsa', { modulusLength: 2048, publicExponent: 3 })
  .privateKey.export({ format: 'pem', type: 'pkcs8' })
  .toString();
const pss = generateKeyPairSync('rsa-pss', { modulusLength: 2048 })
  .privateKey.export({ format: 'pem', type: 'pkcs8' })
  .toString();

describe('thumbprint', () => {
  it("is that of RFC 7638's own example (section 3.1)", () => {
    const n =
      '0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJ' +
      'ECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW' +
      '2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQ' +
      'Fh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw';
    expect(thumbprint({ kty: 'RSA', n, e: 'AQAB' })).toBe(
      'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs',
    );
  });

  it("is that of RFC 8037's example (appendix A.3)", () => {
    const x = '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo';
    expect(thumbprint({ kty: 'OKP', crv: 'Ed25519', x })).toBe(
      'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k',
    );
  });
});

describe('publicJwkOf', () => {
  it('has the canonical members in their order and no private one', () => {
    const members = (jwk: object) => Object.keys(jwk).join(' ');
    expect(members(publicJwkOf(rs.privatePem, 'RS256'))).toBe('kty n e kid alg use');
    expect(members(publicJwkOf(es.privatePem, 'ES256'))).toBe('kty crv x y kid alg use');
    expect(members(publicJwkOf(ed.privatePem, 'EdDSA'))).toBe('kty crv x kid alg use');
  });

  it('keeps the kid of an imported key', () => {
    expect(publicJwkOf(rs.privatePem, 'PS512', 'old-one')).toEqual({
      ...rs.publicJwk,
      kid: 'old-one',
      alg: 'PS512',
    });
  });

  it.each([
    ['a key for another curve', es.privatePem, 'ES384', 'is not a key for ES384'],
    ['an EC key for RSA', es.privatePem, 'RS256', 'is not a key for RS256'],
    ['an RSA key for EdDSA', rs.privatePem, 'EdDSA', 'is not a key for EdDSA'],
    ['an RSASSA-PSS key, which has no JWK', pss, 'PS256', 'is not a key for PS256'],
    ['a short RSA key', shortRsa, 'RS256', 'not 2048 to 4096 bits'],
    ['a long RSA key', longRsa, 'RS256', 'larger than 4096 bytes'],
    ['an RSA key with e = 3', cubeRsa, 'RS256', 'the exponent is not an odd number from 65537'],
    ['a second key behind the first', es.privatePem + other.privatePem, 'ES256', 'not one'],
    ['text behind the key', `${es.privatePem}more\n`, 'ES256', 'not one'],
    ['text before the key', `more\n${es.privatePem}`, 'ES256', 'not one'],
    ['text in the key', es.privatePem.replace('\n', '\nA: b\n'), 'ES256', 'not one'],
    ['a second key inside the block', joined(es, other), 'ES256', 'holds more than one'],
    ['a second key behind an RSA key', joined(rs, rs), 'RS256', 'holds more than one'],
    ['SEC 1', sec1, 'ES256', 'is not one unencrypted PKCS#8 PEM'],
    ['an encrypted key', encrypted, 'ES256', 'is not one unencrypted PKCS#8 PEM'],
    ['no key', '', 'ES256', 'is not one unencrypted PKCS#8 PEM'],
    [
      'a cut key',
      `${es.privatePem.slice(0, 80)}\n-----END PRIVATE KEY-----\n`,
      'ES256',
      'does not parse',
    ],
  ] as const)('refuses %s', (_name, pem, algorithm, problem) => {
    expect(publicJwkOf(pem, algorithm)).toEqual({ problem: expect.stringContaining(problem) });
  });
});

describe('the bytes of a PEM', () => {
  it('are read with either kind of line break, and left as they are', () => {
    const pem = Buffer.from(es.privatePem.replaceAll('\n', '\r\n'));
    const before = Buffer.from(pem);
    expect(publicJwkOf(pem, 'ES256')).toEqual(es.publicJwk);
    expect(pem).toEqual(before);
  });
});

describe('privateJwkOf', () => {
  it('refuses a PEM that is not the private half of the public JWK', () => {
    expect(privateJwkOf(other.privatePem, es.publicJwk)).toEqual({
      problem: expect.stringContaining('not the private half'),
    });
  });

  it('is read by Node as the same key', () => {
    const jwk = JSON.parse(
      String(privateJwkOf(rs.privatePem, rs.publicJwk)),
    ) as webcrypto.JsonWebKey;
    const read = createPrivateKey({ key: jwk, format: 'jwk' });
    expect(read.export({ format: 'pem', type: 'pkcs8' })).toBe(rs.privatePem);
    expect(jwk).toMatchObject({ kid: rs.kid, alg: 'RS256', use: 'sig' });
  });
});

describe('checkKeySecret', () => {
  const imported: PublicJwk = { ...es.publicJwk, kid: 'brought-along' };
  it.each([
    ['a whole key', encode({ 'private.pem': es.privatePem }), es.publicJwk, 'thumbprint', null],
    ['an imported key', encode({ 'private.pem': es.privatePem }), imported, 'any', null],
    [
      'a foreign kid',
      encode({ 'private.pem': es.privatePem }),
      imported,
      'thumbprint',
      'thumbprint',
    ],
    ['no entry', {}, es.publicJwk, 'thumbprint', `'private.pem' is missing`],
    [
      'base64 with a line break',
      { 'private.pem': `${base64(es.privatePem)}\n` },
      es.publicJwk,
      'any',
      'not base64',
    ],
    ['base64 with stray bits', { 'private.pem': 'AB==' }, es.publicJwk, 'any', 'not base64'],
    ['no base64', { 'private.pem': es.privatePem }, es.publicJwk, 'thumbprint', 'not base64'],
    ['an empty entry', { 'private.pem': '' }, es.publicJwk, 'thumbprint', 'PKCS#8'],
    [
      'another key',
      encode({ 'private.pem': other.privatePem }),
      es.publicJwk,
      'thumbprint',
      'not the private half',
    ],
    [
      'another kind',
      encode({ 'private.pem': rs.privatePem }),
      es.publicJwk,
      'any',
      'not a key for ES256',
    ],
    [
      'two keys mixed',
      encode({ 'private.pem': mismatchedPem() }),
      es.publicJwk,
      'any',
      'does not verify',
    ],
  ] as const)('%s', (_name, data, publicJwk, kidRule, problem) => {
    expect(checkKeySecret(data, publicJwk, kidRule)).toEqual(
      problem === null ? { ok: true } : { problem: expect.stringContaining(problem) },
    );
  });
});

describe('checkSignerSecret', () => {
  const whole = signerTexts(es);
  const jwk = JSON.parse(whole['private.jwk'] ?? '') as Record<string, string>;
  const withJwk = (members: object) => ({ ...whole, 'private.jwk': JSON.stringify(members) });
  const { kid: _kid, ...withoutKid } = whole;

  it.each([rs, es, ed])('reads the key of a whole signer', (pair) => {
    expect(checkSignerSecret(encode(signerTexts(pair)))).toEqual({ publicJwk: pair.publicJwk });
  });

  it('reads four empty entries as no key', () => {
    const data = { kid: '', alg: '', 'private.pem': '', 'private.jwk': '' };
    expect(checkSignerSecret(data)).toEqual({ empty: true });
  });

  it('does not mind the order of the members', () => {
    const reversed = Object.fromEntries(Object.entries(jwk).reverse());
    expect(checkSignerSecret(encode(withJwk(reversed)))).toEqual({ publicJwk: es.publicJwk });
  });

  it.each([
    ['a missing entry', withoutKid, `'kid' is missing`],
    ['one empty entry', { ...whole, 'private.jwk': '' }, `'private.jwk' is empty`],
    ['an unknown alg', { ...whole, alg: 'HS256' }, `'alg' is not a known`],
    ['the alg of another kind', { ...whole, alg: 'ES384' }, 'not a key for ES384'],
    ['the kid of another key', { ...whole, kid: other.kid }, `differs in 'kid'`],
    ["another key's PEM", { ...whole, 'private.pem': other.privatePem }, `differs in 'x'`],
    ['text that is not a JWK', { ...whole, 'private.jwk': '[]' }, 'not a JSON object'],
    ['a cut JWK', { ...whole, 'private.jwk': '{"kty"' }, 'not a JSON object'],
    ['another d', withJwk({ ...jwk, d: signerTexts(other)['private.jwk'] }), `differs in 'd'`],
    ['a public JWK', withJwk(es.publicJwk), `differs in 'd'`],
    ['one member more', withJwk({ ...jwk, key_ops: ['sign'] }), 'does not belong there'],
    [
      'the d of another key behind a second one',
      { ...whole, 'private.jwk': whole['private.jwk']?.replace('{', '{"d":"hidden",') ?? '' },
      'has a member twice',
    ],
    ['a JWK without end', { ...whole, 'private.jwk': ' '.repeat(9000) }, 'larger than 8192 bytes'],
    ['a kid with a line break', { ...whole, kid: 'a\nb' }, 'kid is missing or malformed'],
  ])('names what is wrong: %s', (_name, texts, problem) => {
    expect(checkSignerSecret(encode(texts))).toEqual({ problem: expect.stringContaining(problem) });
  });

  it('never quotes a value', () => {
    const broken = withJwk({ ...jwk, d: 'AAAA-planted-AAAA', 'planted-member': 1 });
    expect(JSON.stringify(checkSignerSecret(encode(broken)))).not.toContain('planted');
  });
});
