/**
 * RSA keys out of a name, the same on every machine: the primes are the first ones above a number
 * that is the name's hash. Only ever for made-up worlds: whoever knows the name knows the key.
 */
import { checkPrimeSync, createHash, createPrivateKey, type KeyObject } from 'node:crypto';

/** Of each prime, so that the modulus has 2048. */
const PRIME_BITS = 1024n;
const PUBLIC_EXPONENT = 65_537n;
/** Most candidates have a factor below this, which is found sooner than by a proper test. */
const SMALL_MAX = 2000n;

const smallPrimes: readonly bigint[] = oddUpTo(SMALL_MAX).filter((each) => checkPrimeSync(each));

export function rsaKey(name: string): KeyObject {
  const [one, other] = [primeAbove(`${name} p`), primeAbove(`${name} q`)];
  const [p, q] = one > other ? [one, other] : [other, one];
  const d = inverse(PUBLIC_EXPONENT, (p - 1n) * (q - 1n));
  const members = { n: p * q, e: PUBLIC_EXPONENT, d, p, q, dp: d % (p - 1n), dq: d % (q - 1n) };
  const all = { ...members, qi: inverse(q, p) };
  const encoded = Object.entries(all).map(([member, value]) => [member, base64url(value)]);
  return createPrivateKey({ format: 'jwk', key: { kty: 'RSA', ...Object.fromEntries(encoded) } });
}

function primeAbove(name: string): bigint {
  // The two highest bits make the product of two such primes as long as it can be.
  let candidate = numberOf(name) | (3n << (PRIME_BITS - 2n)) | 1n;
  while (!isPrime(candidate) || (candidate - 1n) % PUBLIC_EXPONENT === 0n) candidate += 2n;
  return candidate;
}

function isPrime(candidate: bigint): boolean {
  return smallPrimes.every((small) => candidate % small !== 0n) && checkPrimeSync(candidate);
}

function numberOf(name: string): bigint {
  const parts = Array.from({ length: Number(PRIME_BITS) / 256 }, (_, index) =>
    createHash('sha256').update(`${name} ${index}`).digest('hex'),
  );
  return BigInt(`0x${parts.join('')}`);
}

/** By Euclid. */
function inverse(value: bigint, modulus: bigint): bigint {
  let [rest, next] = [modulus, value % modulus];
  let [factor, nextFactor] = [0n, 1n];
  while (next !== 0n) {
    const times = rest / next;
    [rest, next] = [next, rest - times * next];
    [factor, nextFactor] = [nextFactor, factor - times * nextFactor];
  }
  return ((factor % modulus) + modulus) % modulus;
}

function base64url(value: bigint): string {
  const hex = value.toString(16);
  return Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex').toString('base64url');
}

function oddUpTo(max: bigint): readonly bigint[] {
  return Array.from({ length: Number(max) / 2 - 1 }, (_, index) => BigInt(2 * index + 3));
}
