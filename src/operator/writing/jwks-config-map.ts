/** The JWKS ConfigMap, which verifiers and JWKS servers read. */
import { OWN_FILES } from '../../core/formats/served-set.ts';
import type { Answer } from '../../platform/kube/client.ts';
import { CONFIG_MAPS } from '../../platform/kube/resources.ts';
import { exposes } from '../reading/exposed-entries.ts';
import { type Fields, fieldsOf } from '../reading/fields.ts';
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
  const { binaryData, ...kept } = jwks;
  const metadata = patched(jwks.metadata, write.metadata);
  const others = entriesOfOthers(binaryData);
  const changed = {
    ...kept,
    metadata,
    data: { ...entriesOfOthers(jwks['data']), ...write.data },
    ...(Object.keys(others).length === 0 ? {} : { binaryData: others }),
  };
  return await client.replace(CONFIG_MAPS, changed, options);
}

/** They stay as they are, unless one holds a private key. */
function entriesOfOthers(entries: unknown): Fields {
  const all = Object.entries(fieldsOf(entries));
  return Object.fromEntries(
    all.filter(([name, value]) => !OWN_FILES.includes(name) && !exposes(value)),
  );
}
