/** What the objects of a set hold, as issuers, verifiers and people read it. */
import { ANNOTATION, SIGNER_FILE } from '../../../../src/core/formats/names.ts';
import { child, type JsonObject, metadataOf, text } from '../../../fake-api/json/json.ts';
import { type KnownKey, keySetOf, parsed, publicKeyOf } from './public-keys.ts';

/** A published set by kid; each key as the one text that says which key it is. */
export type Keys = ReadonlyMap<string, string>;

/** Two keys are one exactly when their texts are equal. */
export type KeyFacts = KnownKey;

export type SignerFacts =
  | ({ readonly kind: 'Key' } & KeyFacts)
  /** Every value is there and empty: issuers sign nothing. */
  | { readonly kind: 'Empty' }
  | { readonly kind: 'Malformed' };

/** @returns null if a server would not take it, and keeps the last good set. */
export function keysOf(configMap: JsonObject): Keys | null {
  return keySetOf(text(child(configMap, 'data'), 'jwks.json'));
}

/** How long answers may be cached, by what the server tells: `max-age` and `s-maxage`. */
export interface ServedAges {
  readonly maxAgeMs: number;
  readonly sharedMaxAgeMs: number;
}

/** @returns null if `serve.json` is no such thing: then the server goes on with the last one. */
export function servedAgesOf(configMap: JsonObject): ServedAges | null {
  const policy = parsed(text(child(configMap, 'data'), 'serve.json'));
  if (typeof policy !== 'object' || policy === null) return null;
  const { maxAgeSeconds, sharedMaxAgeSeconds } = policy as JsonObject;
  if (typeof maxAgeSeconds !== 'number' || typeof sharedMaxAgeSeconds !== 'number') return null;
  return { maxAgeMs: maxAgeSeconds * 1000, sharedMaxAgeMs: sharedMaxAgeSeconds * 1000 };
}

/** What an issuer finds in its mounted folder. */
export function signerFactsOf(secret: JsonObject): SignerFacts {
  const data = child(secret, 'data');
  const files = Object.values(SIGNER_FILE);
  if (files.every((file) => data[file] === '')) return { kind: 'Empty' };
  if (!files.every((file) => text(data, file) !== '')) return { kind: 'Malformed' };
  const kid = decoded(text(data, SIGNER_FILE.kid));
  const alg = decoded(text(data, SIGNER_FILE.alg));
  const known = publicHalf(decoded(text(data, SIGNER_FILE.jwk)), kid, alg);
  return known === null ? { kind: 'Malformed' } : { kind: 'Key', ...known };
}

/** The key that a key Secret says it holds; null if its annotation says nothing readable. */
export function keyFactsOf(secret: JsonObject): KeyFacts | null {
  return publicKeyOf(parsed(text(annotationsOf(secret), ANNOTATION.publicJwk)));
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

function publicHalf(jwkText: string, kid: string, alg: string): KeyFacts | null {
  const jwk = parsed(jwkText);
  if (typeof jwk !== 'object' || jwk === null) return null;
  const { kty, n, e, crv, x, y, kid: ownKid } = jwk as JsonObject;
  if (ownKid !== undefined && ownKid !== kid) return null;
  return publicKeyOf({ kty, n, e, crv, x, y, kid, alg, use: 'sig' });
}

function decoded(base64: string): string {
  return Buffer.from(base64, 'base64').toString();
}
