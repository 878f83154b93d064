/**
 * Public keys as a verifier reads them (RFC 7517, RFC 7518, RFC 8037), by the oracle's own lights: what the
 * operator takes for a key may be none.
 */
import { isObject, type JsonObject } from '../../../fake-api/json/json.ts';

/** The members of a JWK that make it the key that it is, by type. */
const MEMBERS: Readonly<Record<string, readonly string[]>> = {
  RSA: ['n', 'e'],
  EC: ['crv', 'x', 'y'],
  OKP: ['crv', 'x'],
};
const PRIVATE = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'];
/** Which key an algorithm signs with: its type, and its curve if it has one. */
const KEY_OF: Readonly<Record<string, string>> = {
  ES256: 'EC P-256',
  ES384: 'EC P-384',
  ES512: 'EC P-521',
  EdDSA: 'OKP Ed25519',
};
const KEYS_MAX = 8;
const BYTES_MAX = 50 * 1024;
const MEMBER_LENGTH_MAX = 2048;

/** A key under its kid. Its text is the same for the same key only. */
export interface KnownKey {
  readonly kid: string;
  readonly key: string;
}

/** @returns null if it is no public key that signs */
export function publicKeyOf(jwk: unknown): KnownKey | null {
  if (!isObject(jwk) || PRIVATE.some((name) => Object.hasOwn(jwk, name))) return null;
  const { kty, kid, alg, use } = jwk;
  const names = MEMBERS[String(kty)];
  if (names === undefined || use !== 'sig' || typeof alg !== 'string') return null;
  if (typeof kid !== 'string' || !/^[!-~]{1,128}$/.test(kid) || !fits(jwk, alg)) return null;
  const values = names.map((name) => jwk[name]);
  if (!values.every(isMember)) return null;
  const members = names.map((name, index) => [name, values[index]]);
  return { kid, key: JSON.stringify({ kty, alg, ...Object.fromEntries(members) }) };
}

/** @returns null if it is no set that a verifier can read: then it goes on with the last one */
export function keySetOf(document: string): ReadonlyMap<string, string> | null {
  if (document.length > BYTES_MAX) return null;
  const set = parsed(document);
  const keys = isObject(set) ? set['keys'] : null;
  if (!Array.isArray(keys) || keys.length === 0 || keys.length > KEYS_MAX) return null;
  const known = keys.map(publicKeyOf);
  const found = new Map(known.flatMap((each) => (each === null ? [] : [[each.kid, each.key]])));
  return found.size === keys.length ? found : null;
}

/** Such as `ES256`, or `RS256 of 342 digits`: two of one kind can replace each other. */
export function kindOf(key: string): string {
  const { alg, n } = JSON.parse(key) as JsonObject;
  return typeof n === 'string' ? `${String(alg)} of ${n.length} digits` : String(alg);
}

/** The kind that a spec asks for. */
export function kindAskedFor(algorithm: string, modulusBits: number): string {
  return /^[RP]S/.test(algorithm)
    ? `${algorithm} of ${Math.ceil(modulusBits / 6)} digits`
    : algorithm;
}

function fits({ kty, crv }: JsonObject, alg: string): boolean {
  if (/^[RP]S(?:256|384|512)$/.test(alg)) return kty === 'RSA';
  return KEY_OF[alg] === `${String(kty)} ${String(crv)}`;
}

function isMember(value: unknown): boolean {
  return typeof value === 'string' && value.length <= MEMBER_LENGTH_MAX && /^[\w-]+$/.test(value);
}

export function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
