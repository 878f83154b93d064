/**
 * Private keys as text: PKCS#8 PEM (RFC 5208), JWK (RFC 7517, RFC 7518 section 6, RFC 8037) and
 * the checks of Secrets. Only {@link privateJwkOf} returns private values, and no error contains any:
 * problems name entries and members, never values.
 */

import {
  createHash,
  createPublicKey,
  constants as cryptoConstants,
  type KeyObject,
  sign,
  verify,
  type webcrypto,
} from 'node:crypto';
import { hasMemberTwice } from '../../core/encoding/json-text.ts';
import { isRecord } from '../../core/formats/is-record.ts';
import {
  PUBLIC_MEMBERS,
  type PublicJwk,
  parsePublicJwk,
  samePublicJwk,
} from '../../core/formats/jwk.ts';
import { SIGNER_FILE } from '../../core/formats/names.ts';
import { ALGORITHMS, type Algorithm } from '../../core/formats/spec.ts';
import { type Pem, type Problem, readPrivatePem } from './pem.ts';

/** `data` of a Secret: values in base64. */
export type SecretData = Readonly<Record<string, string>>;

const SIGNER_ENTRIES = [
  SIGNER_FILE.kid,
  SIGNER_FILE.alg,
  SIGNER_FILE.pem,
  SIGNER_FILE.jwk,
] as const;

/** More than any entry of a signer takes: the longest is `private.jwk` of an RSA key of 4096 bits. */
const ENTRY_BYTES_MAX = 8192;
const BASE64_LENGTH_MAX = Math.ceil(ENTRY_BYTES_MAX / 3) * 4;

/** The members of a thumbprint's input, in lexicographic order (RFC 7638 section 3.2, RFC 8037). */
const THUMBPRINT_MEMBERS = {
  RSA: ['e', 'kty', 'n'],
  EC: ['crv', 'kty', 'x', 'y'],
  OKP: ['crv', 'kty', 'x'],
} as const;

/** The RFC 7638 SHA-256 thumbprint, in base64url without padding: 43 characters. */
export function thumbprint(jwk: Omit<PublicJwk, 'kid' | 'alg' | 'use'>): string {
  const members = THUMBPRINT_MEMBERS[jwk.kty].map((name) => [name, jwk[name]]);
  const input = JSON.stringify(Object.fromEntries(members));
  return createHash('sha256').update(input).digest('base64url');
}

/**
 * The public half of a private key, as it is published.
 * @param kid of an imported key, which keeps its own. Default: the key's thumbprint
 */
export function publicJwkOf(
  privatePem: Pem,
  algorithm: Algorithm,
  kid?: string,
): PublicJwk | Problem {
  const key = readPrivatePem(privatePem);
  return 'problem' in key ? key : publicJwkOfKey(key, algorithm, kid);
}

/**
 * The text of a signer's `private.jwk` (RFC 7517 section 4): the public JWK's members in their
 * order, then the private ones (RFC 7518 sections 6.2.2 and 6.3.2, RFC 8037 section 2).
 */
export function privateJwkOf(privatePem: Pem, publicJwk: PublicJwk): string | Problem {
  const key = readPrivatePem(privatePem);
  if ('problem' in key) return key;
  const problem = keyProblem(key, publicJwk);
  return problem === null ? JSON.stringify(privateMembers(key, publicJwk)) : { problem };
}

/**
 * Checks that the Secret of one key holds the private half of its recorded public JWK, by making a
 * signature.
 * @param kidRule `thumbprint` for a key that was generated here, `any` for an imported one
 */
export function checkKeySecret(
  data: SecretData,
  publicJwk: PublicJwk,
  kidRule: 'thumbprint' | 'any',
): { readonly ok: true } | Problem {
  const key = entryKey(data);
  if ('problem' in key) return key;
  const problem = keyProblem(key, publicJwk) ?? kidProblem(publicJwk, kidRule);
  return problem === null ? { ok: true } : { problem };
}

/**
 * Checks that the four entries of a signer Secret describe the same key.
 * @returns that key's public JWK, `empty` if all four exist and are empty (after a revocation without
 * a successor, or during deletion), or what is wrong
 */
export function checkSignerSecret(
  data: SecretData,
): { readonly publicJwk: PublicJwk } | { readonly empty: true } | Problem {
  for (const name of SIGNER_ENTRIES) {
    const value = entryValue(data, name);
    if (typeof value !== 'string') return value;
  }
  const empty = SIGNER_ENTRIES.filter((name) => data[name] === '');
  if (empty.length === SIGNER_ENTRIES.length) return { empty: true };
  if (empty[0] !== undefined) return { problem: `the entry '${empty[0]}' is empty` };
  return checkSignerEntries(data);
}

function checkSignerEntries(data: SecretData): { readonly publicJwk: PublicJwk } | Problem {
  const [kid, alg] = [entryText(data, SIGNER_FILE.kid), entryText(data, SIGNER_FILE.alg)];
  if (typeof kid !== 'string') return kid;
  if (typeof alg !== 'string') return alg;
  const algorithm = ALGORITHMS.find((known) => known === alg);
  if (algorithm === undefined) return { problem: `the entry 'alg' is not a known algorithm` };
  const key = entryKey(data);
  if ('problem' in key) return key;
  const publicJwk = publicJwkOfKey(key, algorithm, kid);
  if ('problem' in publicJwk) return publicJwk;
  const privateJwk = entryText(data, SIGNER_FILE.jwk);
  if (typeof privateJwk !== 'string') return privateJwk;
  const problem =
    keyProblem(key, publicJwk) ??
    privateJwkProblem(privateJwk, privateMembers(key, publicJwk) as Record<string, unknown>);
  return problem === null ? { publicJwk } : { problem };
}

/** The private key in `private.pem`. Its bytes are overwritten once they were read. */
function entryKey(data: SecretData): KeyObject | Problem {
  const bytes = entryBytes(data, SIGNER_FILE.pem);
  if ('problem' in bytes) return bytes;
  const key = readPrivatePem(bytes);
  bytes.fill(0);
  return key;
}

function entryText(data: SecretData, name: string): string | Problem {
  const bytes = entryBytes(data, name);
  if ('problem' in bytes) return bytes;
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8');
  bytes.fill(0);
  return text;
}

function entryBytes(data: SecretData, name: string): Uint8Array | Problem {
  const value = entryValue(data, name);
  if (typeof value !== 'string') return value;
  try {
    // Whitespace is skipped by the decoder, and allowed in no Secret.
    if (!/\s/.test(value)) return Uint8Array.fromBase64(value, { lastChunkHandling: 'strict' });
  } catch {
    // Said below, without a value.
  }
  return { problem: `the entry '${name}' is not base64` };
}

/** In base64. */
function entryValue(data: SecretData, name: string): string | Problem {
  const value = Object.hasOwn(data, name) ? data[name] : undefined;
  if (typeof value !== 'string') return { problem: `the entry '${name}' is missing` };
  if (value.length <= BASE64_LENGTH_MAX) return value;
  return { problem: `the entry '${name}' is larger than ${ENTRY_BYTES_MAX} bytes` };
}

function publicJwkOfKey(key: KeyObject, algorithm: Algorithm, kid?: string): PublicJwk | Problem {
  const problem = kindProblem(key, algorithm);
  if (problem !== null) return { problem };
  const exported = createPublicKey(key).export({ format: 'jwk' }) as Record<string, unknown>;
  const { kty, crv, n, e, x, y } = exported;
  const bare = { kty, crv, n, e, x, y } as Parameters<typeof thumbprint>[0];
  // Read by the strict reader, which puts the members into canonical order.
  return parsePublicJwk({ ...bare, kid: kid ?? thumbprint(bare), alg: algorithm, use: 'sig' });
}

/** Whether the key is of the type, curve and size that the algorithm needs. */
function kindProblem(key: KeyObject, algorithm: Algorithm): string | null {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key;
  const wrong = `'${SIGNER_FILE.pem}' is not a key for ${algorithm}`;
  switch (algorithm) {
    case 'ES256':
      return type === 'ec' && details?.namedCurve === 'prime256v1' ? null : wrong;
    case 'ES384':
      return type === 'ec' && details?.namedCurve === 'secp384r1' ? null : wrong;
    case 'ES512':
      return type === 'ec' && details?.namedCurve === 'secp521r1' ? null : wrong;
    case 'EdDSA':
      return type === 'ed25519' ? null : wrong;
    case 'RS256':
    case 'RS384':
    case 'RS512':
    case 'PS256':
    case 'PS384':
    case 'PS512':
      return type === 'rsa' ? null : wrong;
    default:
      return algorithm satisfies never;
  }
}

function keyProblem(key: KeyObject, publicJwk: PublicJwk): string | null {
  const derived = publicJwkOfKey(key, publicJwk.alg, publicJwk.kid);
  if ('problem' in derived) return derived.problem;
  if (!samePublicJwk(derived, publicJwk)) {
    return `'${SIGNER_FILE.pem}' is not the private half of the public JWK`;
  }
  return signsFor(key, publicJwk)
    ? null
    : `'${SIGNER_FILE.pem}' makes signatures that its own public key does not verify`;
}

function kidProblem(publicJwk: PublicJwk, kidRule: 'thumbprint' | 'any'): string | null {
  return kidRule === 'any' || publicJwk.kid === thumbprint(publicJwk)
    ? null
    : 'the kid is not the RFC 7638 thumbprint of the key';
}

/**
 * Makes a signature and verifies it, as JWS does (RFC 7518 section 3). Parsing proves little: OpenSSL
 * accepts a private exponent that does not belong to the public key in the same file.
 */
function signsFor(key: KeyObject, publicJwk: PublicJwk): boolean {
  const probe = Buffer.from('signing-keys probe');
  const { digest, options } = signatureOptions(publicJwk.alg);
  try {
    const signature = sign(digest, probe, { key, ...options });
    const publicKey = createPublicKey({ key: publicJwk as webcrypto.JsonWebKey, format: 'jwk' });
    return verify(digest, probe, { key: publicKey, ...options }, signature);
  } catch {
    return false;
  }
}

/** What Node's `sign` and `verify` need to make a JWS signature (RFC 7518 section 3). */
function signatureOptions(alg: Algorithm): {
  digest: string | null;
  options: { padding?: number; saltLength?: number; dsaEncoding?: 'ieee-p1363' };
} {
  if (alg === 'EdDSA') return { digest: null, options: {} };
  const digest = `sha${alg.slice(2)}`;
  if (alg.startsWith('ES')) return { digest, options: { dsaEncoding: 'ieee-p1363' } };
  if (alg.startsWith('RS')) return { digest, options: {} };
  const padding = cryptoConstants.RSA_PKCS1_PSS_PADDING;
  return { digest, options: { padding, saltLength: cryptoConstants.RSA_PSS_SALTLEN_DIGEST } };
}

function privateMembers(key: KeyObject, publicJwk: PublicJwk): webcrypto.JsonWebKey {
  const exported = key.export({ format: 'jwk' });
  const rest = Object.entries(exported).filter(([name]) => !isPublicMember(name, publicJwk));
  return { ...publicJwk, ...Object.fromEntries(rest) };
}

function isPublicMember(name: string, publicJwk: PublicJwk): boolean {
  const names: readonly string[] = PUBLIC_MEMBERS[publicJwk.kty];
  return name === 'kty' || names.includes(name);
}

/** The text must have exactly the expected members, in any order. */
function privateJwkProblem(text: string, expected: Record<string, unknown>): string | null {
  const found = parseRecord(text);
  if (found === null) return `'${SIGNER_FILE.jwk}' is not a JSON object`;
  if (hasMemberTwice(text, found)) return `'${SIGNER_FILE.jwk}' has a member twice`;
  const names = new Set([...Object.keys(expected), ...Object.keys(found)]);
  for (const name of names) {
    if (Object.hasOwn(found, name) && !Object.hasOwn(expected, name)) {
      return `'${SIGNER_FILE.jwk}' has a member that does not belong there`;
    }
    if (found[name] !== expected[name]) {
      return `'${SIGNER_FILE.jwk}' differs in '${name}' from the other entries`;
    }
  }
  return null;
}

function parseRecord(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : null;
  } catch {
    return null;
  }
}
