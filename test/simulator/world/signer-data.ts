/** What issuers find in the signer Secret while the key of a key Secret signs. */
import { createPrivateKey } from 'node:crypto';
import { ANNOTATION, SIGNER_FILE } from '../../../src/core/formats/names.ts';
import { child, type JsonObject, metadataOf, text } from '../../fake-api/json/json.ts';
import { strangersKey } from './fixture-keys.ts';

export function signerDataOf(keySecret: JsonObject): JsonObject {
  const annotations = child(metadataOf(keySecret), 'annotations');
  const publicJwk = JSON.parse(text(annotations, ANNOTATION.publicJwk)) as JsonObject;
  return dataOf(publicJwk, text(child(keySecret, 'data'), SIGNER_FILE.pem));
}

/** The same of a key that no operator ever makes. */
export function strangersSignerData(): JsonObject {
  const { publicJwk, privatePem } = strangersKey();
  return dataOf(publicJwk, base64(privatePem));
}

function dataOf(publicJwk: JsonObject, pem: string): JsonObject {
  const privateJwk = createPrivateKey(Buffer.from(pem, 'base64')).export({ format: 'jwk' });
  return {
    [SIGNER_FILE.kid]: base64(text(publicJwk, 'kid')),
    [SIGNER_FILE.alg]: base64(text(publicJwk, 'alg')),
    [SIGNER_FILE.pem]: pem,
    [SIGNER_FILE.jwk]: base64(JSON.stringify({ ...privateJwk, ...publicJwk })),
  };
}

function base64(value: string): string {
  return Buffer.from(value).toString('base64');
}
