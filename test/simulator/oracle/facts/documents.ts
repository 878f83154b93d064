/** What the objects of a set hold, as issuers, verifiers and people read it. */
import { type PublicJwk, parsePublicJwk, publicJwkText } from '../../../../src/core/formats/jwk.ts';
import { ANNOTATION, SIGNER_FILE } from '../../../../src/core/formats/names.ts';
import { JWKS_FILE, parseJwks } from '../../../../src/core/formats/served-set.ts';
import type { KeyKind } from '../../../../src/core/formats/spec.ts';
import { child, type JsonObject, metadataOf, text } from '../../../fake-api/json/json.ts';

/** A published set by kid; each key as the one text that says which key it is. */
export type Keys = ReadonlyMap<string, string>;

export interface KeyFacts {
  readonly kid: string;
  /** The public key as text: two keys are one exactly when these are equal. */
  readonly key: string;
}

export type SignerFacts =
  | ({ readonly kind: 'Key' } & KeyFacts)
  /** Every value is there and empty: issuers sign nothing. */
  | { readonly kind: 'Empty' }
  | { readonly kind: 'Malformed' };

/** @returns null if a server would not take it, and keeps the last good set. */
export function keysOf(configMap: JsonObject): Keys | null {
  const keys = parseJwks(text(child(configMap, 'data'), JWKS_FILE));
  if ('problem' in keys) return null;
  return new Map(keys.map((key) => [key.kid, publicJwkText(key)]));
}

/** What an issuer finds in its mounted folder. */
export function signerFactsOf(secret: JsonObject): SignerFacts {
  const data = child(secret, 'data');
  const files = Object.values(SIGNER_FILE);
  if (files.every((file) => data[file] === '')) return { kind: 'Empty' };
  if (!files.every((file) => text(data, file) !== '')) return { kind: 'Malformed' };
  const kid = decoded(text(data, SIGNER_FILE.kid));
  const alg = decoded(text(data, SIGNER_FILE.alg));
  const jwk = publicHalf(decoded(text(data, SIGNER_FILE.jwk)), kid, alg);
  return jwk === null ? { kind: 'Malformed' } : { kind: 'Key', kid, key: publicJwkText(jwk) };
}

/** The key that a key Secret says it holds; null if its annotation says nothing readable. */
export function keyFactsOf(secret: JsonObject): KeyFacts | null {
  const jwk = parsePublicJwk(parsed(text(annotationsOf(secret), ANNOTATION.publicJwk)));
  return 'problem' in jwk ? null : { kid: jwk.kid, key: publicJwkText(jwk) };
}

/** Only ever compared; empty if there is none. */
export function privateKeyIn(secret: JsonObject): string {
  return text(child(secret, 'data'), SIGNER_FILE.pem);
}

export function annotationsOf(object: JsonObject): JsonObject {
  return child(metadataOf(object), 'annotations');
}

export interface Owner {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

export function ownerOf(object: JsonObject): Owner | null {
  const owner = parsed(text(annotationsOf(object), ANNOTATION.owner));
  if (typeof owner !== 'object' || owner === null || Array.isArray(owner)) return null;
  const { namespace, name, uid } = owner as JsonObject;
  if (typeof namespace !== 'string' || typeof name !== 'string') return null;
  return { namespace, name, uid: typeof uid === 'string' ? uid : '' };
}

/** What kind of key it is: two of one kind can replace each other. */
export function kindOf(key: string): string {
  const { alg, n } = JSON.parse(key) as PublicJwk;
  return n === undefined ? alg : `${alg} of ${n.length} digits`;
}

/** Whether it is such a key as a spec asks for. */
export function isOfKind(key: string, { algorithm, rsaModulusLength }: KeyKind): boolean {
  const { alg, n } = JSON.parse(key) as PublicJwk;
  if (alg !== algorithm || rsaModulusLength === null) return alg === algorithm;
  return n?.length === Math.ceil(rsaModulusLength / 6);
}

function publicHalf(jwkText: string, kid: string, alg: string): PublicJwk | null {
  const jwk = parsed(jwkText);
  if (typeof jwk !== 'object' || jwk === null) return null;
  const { kty, n, e, crv, x, y, kid: ownKid } = jwk as JsonObject;
  if (ownKid !== undefined && ownKid !== kid) return null;
  const members = { kty, n, e, crv, x, y, kid, alg, use: 'sig' };
  const key = parsePublicJwk(members);
  return 'problem' in key ? null : key;
}

function decoded(base64: string): string {
  return Buffer.from(base64, 'base64').toString();
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
