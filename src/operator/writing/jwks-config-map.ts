/** The JWKS ConfigMap, which verifiers and JWKS servers read. */
import type { Answer } from '../../platform/kube/client.ts';
import { CONFIG_MAPS } from '../../platform/kube/resources.ts';
import { type Execution, StepOutdated, type WriteOf } from './execution.ts';
import { patched } from './metadata.ts';

export async function writeJwks(write: WriteOf<'WriteJwks'>, run: Execution): Promise<Answer> {
  const { client, namespace, snapshot, options } = run;
  if (write.expects === 'absent') {
    const metadata = patched({ name: write.name, namespace }, write.metadata);
    const configMap = { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: write.data };
    return await client.create(CONFIG_MAPS, configMap, options);
  }
  const { jwks } = snapshot.objects;
  if (jwks === null) throw new StepOutdated('the JWKS ConfigMap is gone');
  const { binaryData: _, ...kept } = jwks;
  const metadata = patched(jwks.metadata, write.metadata);
  return await client.replace(CONFIG_MAPS, { ...kept, metadata, data: write.data }, options);
}
