/** The signer Secret: the ledger, and the key that signs, in one write. */
import { SECRET_TYPE, SIGNER_FILE } from '../../core/formats/names.ts';
import { privateJwkOf } from '../../platform/keys/key-material.ts';
import type { Answer } from '../../platform/kube/client.ts';
import type { KubeObject } from '../../platform/kube/resource.ts';
import { SECRETS } from '../../platform/kube/resources.ts';
import type { SetSnapshot } from '../reading/observe.ts';
import { dataOf } from '../reading/secret-content.ts';
import { type Execution, StepOutdated, type WriteOf } from './execution.ts';
import { withRecord } from './managed-fields.ts';
import { patched } from './metadata.ts';

export async function writeSigner(write: WriteOf<'WriteSigner'>, run: Execution): Promise<Answer> {
  const { client, namespace, snapshot, options } = run;
  const data = await signerData(write, run);
  if (write.expects === 'absent') {
    const metadata = patched({ name: write.name, namespace }, write.metadata);
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata, type: SECRET_TYPE.signer, data };
    return await client.create(SECRETS, secret, options);
  }
  const { signer } = snapshot.objects;
  if (signer === null) throw new StepOutdated('the signer Secret is gone');
  const metadata = withRecord(patched(signer.metadata, write.metadata), Object.keys(data));
  const changed = { ...signer, metadata, data };
  return await client.replace(SECRETS, changed, options);
}

async function signerData(
  { source, expects }: WriteOf<'WriteSigner'>,
  { client, namespace, snapshot, options }: Execution,
): Promise<Readonly<Record<string, string>>> {
  switch (source.from) {
    case 'nothing':
      return Object.fromEntries(Object.values(SIGNER_FILE).map((file) => [file, '']));
    case 'unchanged': {
      const { signer } = snapshot.objects;
      if (signer === null || expects === 'absent')
        throw new StepOutdated('the signer Secret is gone');
      return dataOf(signer);
    }
    case 'keySecret': {
      const ref = { namespace, name: source.name };
      const { object } = await client.get(SECRETS, ref, { signal: options.signal });
      if (object.metadata.uid !== source.uid)
        throw new StepOutdated(`Secret ${source.name} was replaced`);
      return signerDataOf(object, source.kid, snapshot);
    }
  }
}

/** `kid`, `alg`, `private.pem` and `private.jwk` of one and the same key. */
function signerDataOf(
  secret: KubeObject,
  kid: string,
  { observed }: SetSnapshot,
): Readonly<Record<string, string>> {
  const pem = dataOf(secret)[SIGNER_FILE.pem] ?? '';
  const known = observed.keySecrets.find(({ meta }) => meta.uid === secret.metadata.uid)?.content;
  if (known?.kind !== 'Key' || known.kid !== kid)
    throw new StepOutdated(`Secret ${secret.metadata.name} holds another key`);
  const bytes = Buffer.from(pem, 'base64');
  const jwk = privateJwkOf(bytes, known.publicJwk);
  bytes.fill(0);
  if (typeof jwk !== 'string')
    throw new StepOutdated(`Secret ${secret.metadata.name}: ${jwk.problem}`);
  return {
    [SIGNER_FILE.kid]: base64(kid),
    [SIGNER_FILE.alg]: base64(known.publicJwk.alg),
    [SIGNER_FILE.pem]: pem,
    [SIGNER_FILE.jwk]: base64(jwk),
  };
}

function base64(text: string): string {
  const bytes = Buffer.from(text);
  const encoded = bytes.toString('base64');
  bytes.fill(0);
  return encoded;
}
