/**
 * Objects of other people under the set's names. They carry no mark of an owner, and are otherwise as
 * tempting as can be: of the right type, with a sound key in them, and a key Secret is labelled, as
 * one is that was copied without its annotations.
 */
import { publicJwkText } from '../../../src/core/formats/jwk.ts';
import { ANNOTATION, LABEL, SECRET_TYPE, SIGNER_FILE } from '../../../src/core/formats/names.ts';
import { privateJwkOf } from '../../../src/platform/keys/key-material.ts';
import type { JsonObject } from '../../fake-api/json/json.ts';
import { strangersKey } from './fixture-keys.ts';
import { SET_NAME } from './world.ts';

/** @param metadata its namespace and name */
export function strangersObject(what: string, metadata: JsonObject): JsonObject {
  const { kid, publicJwk, privatePem } = strangersKey();
  const jwkText = publicJwkText(publicJwk);
  if (what === 'jwks') return { metadata, data: { 'jwks.json': `{"keys":[${jwkText}]}` } };
  if (what === 'signer') {
    const privateJwk = String(privateJwkOf(privatePem, publicJwk));
    const values = [kid, publicJwk.alg, privatePem, privateJwk];
    const { kid: kidFile, alg, pem, jwk } = SIGNER_FILE;
    return { metadata, type: SECRET_TYPE.signer, data: inBase64([kidFile, alg, pem, jwk], values) };
  }
  const annotations = { [ANNOTATION.publicJwk]: jwkText };
  const data = inBase64([SIGNER_FILE.pem], [privatePem]);
  const marked = { ...metadata, annotations, labels: { [LABEL.set]: SET_NAME } };
  return { metadata: marked, type: SECRET_TYPE.key, immutable: true, data };
}

function inBase64(files: readonly string[], values: readonly string[]): JsonObject {
  return Object.fromEntries(
    files.map((file, index) => [file, Buffer.from(values[index] ?? '').toString('base64')]),
  );
}
