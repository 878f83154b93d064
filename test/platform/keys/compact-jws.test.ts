import { createLocalJWKSet, importPKCS8, jwtVerify, SignJWT } from 'jose';
import { describe, expect, test } from 'vitest';
import { ALGORITHMS, type Algorithm, type KeyKind } from '../../../src/core/formats/spec.ts';
import { signCompact, verifyCompact } from '../../../src/platform/keys/compact-jws.ts';
import { createKeyMaker } from '../../../src/platform/keys/key-maker.ts';

const maker = createKeyMaker();
const { signal } = new AbortController();
const kindOf = (algorithm: Algorithm): KeyKind => ({
  algorithm,
  rsaModulusLength: /^[RP]S/.test(algorithm) ? 2048 : null,
});

describe.each(ALGORITHMS)('%s', (algorithm) => {
  test('jose takes its tokens, and it takes those of jose', async () => {
    const { privatePem, publicJwk } = await maker.make(kindOf(algorithm), signal);
    const token = signCompact(privatePem, publicJwk, { sub: 'a' });
    const keys = createLocalJWKSet({ keys: [{ ...publicJwk }] });
    expect((await jwtVerify(token, keys)).payload).toEqual({ sub: 'a' });
    const theirs = await new SignJWT({ sub: 'b' })
      .setProtectedHeader({ alg: algorithm, kid: publicJwk.kid })
      .sign(await importPKCS8(privatePem, algorithm));
    expect(verifyCompact(theirs, [publicJwk])).toEqual({ claims: { sub: 'b' } });
  });
});

test('what was changed, cut, or signed by another is refused', async () => {
  const kind = { algorithm: 'ES256', rsaModulusLength: null } as const;
  const [own, other] = await Promise.all([maker.make(kind, signal), maker.make(kind, signal)]);
  const token = signCompact(own.privatePem, own.publicJwk, { sub: 'a' });
  const [header, , signature] = token.split('.');
  const forged = Buffer.from('{"sub":"b"}').toString('base64url');
  const odd = { ...other.publicJwk, kid: own.publicJwk.kid };
  expect(verifyCompact(`${header}.${forged}.${signature}`, [own.publicJwk])).toHaveProperty(
    'problem',
  );
  expect(verifyCompact(token.slice(0, -4), [own.publicJwk])).toHaveProperty('problem');
  expect(verifyCompact(`${token}.`, [own.publicJwk])).toHaveProperty('problem');
  expect(verifyCompact(token, [other.publicJwk])).toHaveProperty('problem');
  expect(verifyCompact(token, [odd])).toHaveProperty('problem');
  expect(verifyCompact('', [own.publicJwk])).toHaveProperty('problem');
});
