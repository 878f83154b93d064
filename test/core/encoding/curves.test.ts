import { createPublicKey, generateKeyPairSync, type webcrypto } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  COORDINATE_BYTES,
  isEd25519Key,
  isOnShortCurve,
  type ShortCurveName,
} from '../../../src/core/encoding/curves.ts';

const numberOf = (text = '') => BigInt(`0x${Buffer.from(text, 'base64url').toString('hex')}`);
const textOf = (value: bigint, bytes: number) =>
  Buffer.from(value.toString(16).padStart(2 * bytes, '0'), 'hex').toString('base64url');

describe.each<ShortCurveName>(['P-256', 'P-384', 'P-521'])('%s', (crv) => {
  test('keys that Node makes are on it, and nothing beside them is', () => {
    for (let count = 0; count < 20; count += 1) {
      const { publicKey } = generateKeyPairSync('ec', { namedCurve: crv });
      const jwk = publicKey.export({ format: 'jwk' });
      const [x, y] = [numberOf(jwk.x), numberOf(jwk.y)];
      expect(isOnShortCurve(crv, x, y)).toBe(true);
      expect(isOnShortCurve(crv, x, y + 1n)).toBe(false);
      expect(isOnShortCurve(crv, y, x)).toBe(false);
    }
  });

  test('it says of any numbers what OpenSSL says of them', () => {
    const bytes = COORDINATE_BYTES[crv];
    const coordinate = fc.bigInt({ min: 0n, max: 2n ** BigInt(8 * bytes) - 1n });
    fc.assert(
      fc.property(coordinate, coordinate, (x, y) => {
        const jwk: webcrypto.JsonWebKey = {
          kty: 'EC',
          crv,
          x: textOf(x, bytes),
          y: textOf(y, bytes),
        };
        const isRead = () => createPublicKey({ key: jwk, format: 'jwk' });
        if (isOnShortCurve(crv, x, y)) expect(isRead).not.toThrow();
        else expect(isRead).toThrow();
      }),
      { numRuns: 50 },
    );
  });

  test('a coordinate that is not below p has a second form', () => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: crv });
    const jwk = publicKey.export({ format: 'jwk' });
    expect(isOnShortCurve(crv, numberOf(jwk.x) + PRIMES[crv], numberOf(jwk.y))).toBe(false);
  });
});

const PRIMES = {
  'P-256': 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn,
  'P-384':
    0xfffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffeffffffff0000000000000000ffffffffn,
  'P-521': 2n ** 521n - 1n,
} as const;

describe('Ed25519', () => {
  const P = 2n ** 255n - 19n;

  test('keys that Node makes are on it', () => {
    for (let count = 0; count < 20; count += 1) {
      const { publicKey } = generateKeyPairSync('ed25519');
      expect(isEd25519Key(yOf(publicKey.export({ format: 'jwk' }).x))).toBe(true);
    }
  });

  test('it says of any y what Euler says', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 2n, max: P - 2n }), (y) => {
        expect(isEd25519Key(y)).toBe(hasX(y));
      }),
      { numRuns: 100 },
    );
  });

  // libsodium's list (crypto_sign/ed25519/ref10), little-endian.
  test.each([
    '0000000000000000000000000000000000000000000000000000000000000000',
    '0100000000000000000000000000000000000000000000000000000000000000',
    '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
    'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
    'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
    'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
    'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  ])('a key that everybody can sign for is none: %s', (hex) => {
    expect(isEd25519Key(yOf(Buffer.from(hex, 'hex').toString('base64url')))).toBe(false);
  });

  function yOf(x = ''): bigint {
    const bytes = Buffer.from(x, 'base64url').reverse();
    bytes[0] = (bytes[0] ?? 0) & 0x7f;
    return BigInt(`0x${bytes.toString('hex')}`);
  }

  /** Whether x² = (y² - 1) / (d·y² + 1) has a root, by a power. */
  function hasX(y: bigint): boolean {
    const d = (P - 121665n) * power(121666n, P - 2n);
    const square = (y * y - 1n) * power((d * y * y + 1n) % P, P - 2n);
    return power(square % P, (P - 1n) / 2n) === 1n;
  }

  function power(base: bigint, exponent: bigint): bigint {
    let [result, factor] = [1n, base];
    for (let left = exponent; left > 0n; left >>= 1n) {
      if ((left & 1n) === 1n) result = (result * factor) % P;
      factor = (factor * factor) % P;
    }
    return result;
  }
});
