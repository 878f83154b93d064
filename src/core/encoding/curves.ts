/**
 * Whether the values of a public key are a point of its curve, as numbers. Only public values come
 * here, so it does not matter that the time of this arithmetic depends on them.
 */

interface ShortCurve {
  readonly p: bigint;
  readonly b: bigint;
}

/** y² = x³ - 3x + b over p (FIPS 186-5, SP 800-186 section 3.2.1). */
const SHORT_CURVES = {
  'P-256': {
    p: 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n,
    b: 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn,
  },
  'P-384': {
    p: 2n ** 384n - 2n ** 128n - 2n ** 96n + 2n ** 32n - 1n,
    b: 0xb3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aefn,
  },
  'P-521': {
    p: 2n ** 521n - 1n,
    b: 0x51953eb9618e1c9a1f929a21a0b68540eea2da725b99b315f3b8b489918ef109e156193951ec7e937b1652c0bd3bb1bf073573df883d2c34f1ef451fd46b503f00n,
  },
} as const satisfies Readonly<Record<string, ShortCurve>>;

export type ShortCurveName = keyof typeof SHORT_CURVES;

/** The size of one coordinate (RFC 7518 section 6.2.1.2). */
export const COORDINATE_BYTES: Readonly<Record<ShortCurveName, number>> = {
  'P-256': 32,
  'P-384': 48,
  'P-521': 66,
};

/** Whether (x, y) is a point of the curve. The point at infinity has no coordinates. */
export function isOnShortCurve(crv: ShortCurveName, x: bigint, y: bigint): boolean {
  const { p, b } = SHORT_CURVES[crv];
  return x < p && y < p && (y * y - (x * x * x - 3n * x + b)) % p === 0n;
}

/** -x² + y² = 1 + d·x²·y² over p (RFC 8032 section 5.1). */
const ED25519 = {
  p: 2n ** 255n - 19n,
  d: 0x52036cee2b6ffe738cc740797779e89800700a4d4141d8ab75eb4dca135978a3n,
} as const;

/**
 * Whether a point of Ed25519 has this y (RFC 8032 section 5.1.3). The eight points of small order are
 * refused: for such a key everybody can make signatures.
 * @param y without the bit that tells the sign of x
 */
export function isEd25519Key(y: bigint): boolean {
  const { p, d } = ED25519;
  if (y >= p) return false;
  const square = (y * y) % p;
  // x² = u/v
  const u = (square + p - 1n) % p;
  const v = (d * square + 1n) % p;
  // y is 0 for the order 4; u is 0 for the orders 1 and 2; the last is for the order 8, where y² = -x².
  const isOfSmallOrder = y === 0n || u === 0n || (square * v + u) % p === 0n;
  return !isOfSmallOrder && jacobi((u * v) % p, p) === 1;
}

/** The Jacobi symbol (a/n): 1 if a is a square modulo the odd prime n, -1 if it is none, 0 if n divides it. */
function jacobi(a: bigint, n: bigint): number {
  let [top, bottom, sign] = [a % n, n, 1];
  while (top !== 0n) {
    while ((top & 1n) === 0n) {
      top >>= 1n;
      const residue = bottom & 7n;
      if (residue === 3n || residue === 5n) sign = -sign;
    }
    if ((top & 3n) === 3n && (bottom & 3n) === 3n) sign = -sign;
    [top, bottom] = [bottom % top, top];
  }
  return bottom === 1n ? sign : 0;
}
