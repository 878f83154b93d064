import { createPrivateKey } from 'node:crypto';
import { CompactSign, calculateJwkThumbprint, compactVerify, importJWK, importPKCS8 } from 'jose';
import { describe, expect, it } from 'vitest';
import { parsePublicJwk } from '../../../src/core/formats/jwk.ts';
import { ALGORITHMS, type KeyKind, RSA_MODULUS_LENGTHS } from '../../../src/core/formats/spec.ts';
import { createKeyMaker } from '../../../src/platform/keys/key-maker.ts';
import { privateJwkOf } from '../../../src/platform/keys/key-material.ts';

const never = new AbortController().signal;
const maker = createKeyMaker();

const kinds: KeyKind[] = ALGORITHMS.map((algorithm) => ({
  algorithm,
  rsaModulusLength: /^[RP]S/.test(algorithm) ? 2048 : null,
}));

describe('every algorithm, checked with jose', () => {
  it.each(kinds)(
    '$algorithm: private.pem and private.jwk sign, the public JWK verifies',
    async (kind) => {
      const { kid, publicJwk, privatePem } = await maker.make(kind, never);
      const { algorithm: alg } = kind;

      expect(parsePublicJwk(publicJwk)).toEqual(publicJwk);
      expect(publicJwk.alg).toBe(alg);
      expect(kid).toBe(publicJwk.kid);
      expect(kid).toBe(await calculateJwkThumbprint(publicJwk, 'sha256'));

      const privateJwk = privateJwkOf(privatePem, publicJwk);
      if (typeof privateJwk !== 'string') throw new Error(privateJwk.problem);
      expect(JSON.parse(privateJwk)).toMatchObject({ ...publicJwk });

      const verifier = await importJWK(publicJwk, alg);
      const signers = [
        await importPKCS8(privatePem, alg),
        await importJWK(JSON.parse(privateJwk), alg),
      ];
      for (const signer of signers) {
        const token = await new CompactSign(Buffer.from('{}'))
          .setProtectedHeader({ alg, kid })
          .sign(signer);
        const { protectedHeader } = await compactVerify(token, verifier);
        expect(protectedHeader).toEqual({ alg, kid });
      }
    },
  );

  it.each([
    { algorithm: 'ES256', bytes: 32 },
    { algorithm: 'ES384', bytes: 48 },
    { algorithm: 'ES512', bytes: 66 },
  ] as const)(
    '$algorithm: coordinates and d always have $bytes bytes',
    async ({ algorithm, bytes }) => {
      // One in 256 coordinates (of P-521 every other) begins with a zero byte, which is easily
      // dropped.
      for (let round = 0; round < 60; round++) {
        const pair = await maker.make({ algorithm, rsaModulusLength: null }, never);
        const privateJwk = privateJwkOf(pair.privatePem, pair.publicJwk);
        const { x, y, d } = JSON.parse(String(privateJwk)) as Record<string, string>;
        for (const member of [x, y, d]) {
          expect(member).toMatch(/^[A-Za-z0-9_-]+$/);
          expect(Buffer.from(String(member), 'base64url')).toHaveLength(bytes);
        }
      }
    },
  );
});

describe('RSA', () => {
  it.each(RSA_MODULUS_LENGTHS)(
    '%i bits, exponent 65537, while the event loop keeps running',
    async (rsaModulusLength) => {
      let turns = 0;
      const ticking = setInterval(() => turns++, 1);
      try {
        const pair = await maker.make({ algorithm: 'PS256', rsaModulusLength }, never);
        const details = createPrivateKey(pair.privatePem).asymmetricKeyDetails;
        expect(details).toEqual({ modulusLength: rsaModulusLength, publicExponent: 65_537n });
        expect(pair.publicJwk.e).toBe('AQAB');
        expect(turns).toBeGreaterThan(0);
      } finally {
        clearInterval(ticking);
      }
    },
  );

  it('refuses a kind without a modulus length', async () => {
    const kind: KeyKind = { algorithm: 'RS256', rsaModulusLength: null };
    await expect(maker.make(kind, never)).rejects.toThrow('RS256 needs an RSA modulus length');
  });
});

describe('many at once', () => {
  it('makes each of them, all different', async () => {
    const kind: KeyKind = { algorithm: 'ES256', rsaModulusLength: null };
    const pairs = await Promise.all(Array.from({ length: 20 }, () => maker.make(kind, never)));
    expect(new Set(pairs.map((pair) => pair.kid)).size).toBe(20);
  });

  it('discards a key that nobody wants any more', async () => {
    const giveUp = new AbortController();
    const slow: KeyKind = { algorithm: 'RS256', rsaModulusLength: 2048 };
    const impatient = maker.make(slow, giveUp.signal);
    giveUp.abort(new Error('no longer wanted'));
    await expect(impatient).rejects.toThrow('no longer wanted');
    await expect(maker.make(slow, giveUp.signal)).rejects.toThrow('no longer wanted');
  });
});
