/** The Secret of a single key: a new one, or one that is restored from the signer Secret. */
import { publicJwkText } from '../../core/formats/jwk.ts';
import { ANNOTATION, SECRET_TYPE, SIGNER_FILE } from '../../core/formats/names.ts';
import type { MetadataPatch } from '../../core/reading/model.ts';
import type { KubeObject } from '../../platform/kube/resource.ts';
import { dataOf } from '../reading/secret-content.ts';
import { type Execution, StepOutdated, type WriteOf } from './execution.ts';
import { patched } from './metadata.ts';

export function newKeySecret(
  write: WriteOf<'CreateKeySecret'>,
  { namespace, keyPair }: Execution,
): KubeObject {
  if (keyPair === null) throw new StepOutdated('the key is not made yet');
  const annotations = { [ANNOTATION.publicJwk]: publicJwkText(keyPair.publicJwk) };
  const bytes = Buffer.from(keyPair.privatePem);
  const pem = bytes.toString('base64');
  bytes.fill(0);
  return keySecret(write.name, namespace, write.metadata, annotations, pem);
}

export function restoredKeySecret(
  write: WriteOf<'RestoreKeySecret'>,
  { namespace, snapshot }: Execution,
): KubeObject {
  const { signer } = snapshot.objects;
  const pem = signer === null ? '' : dataOf(signer)[SIGNER_FILE.pem];
  if (pem === undefined || pem === '') throw new StepOutdated('the signer Secret holds no key');
  return keySecret(write.name, namespace, write.metadata, {}, pem);
}

function keySecret(
  name: string,
  namespace: string,
  patch: MetadataPatch,
  annotations: Readonly<Record<string, string>>,
  pem: string,
): KubeObject {
  const metadata = patched({ name, namespace }, patch);
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { ...metadata, annotations: { ...metadata.annotations, ...annotations } },
    type: SECRET_TYPE.key,
    immutable: true,
    data: { [SIGNER_FILE.pem]: pem },
  };
}
