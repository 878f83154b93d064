/** One write of the core as one request: exactly what was read, changed as the step says. */
import type { SigningKeySetStatus } from '../../api/signing-key-set.generated.ts';
import { ANNOTATION, FINALIZER } from '../../core/formats/names.ts';
import type { Write } from '../../core/reading/model.ts';
import { parseOwner } from '../../core/reading/ownership.ts';
import type { Answer } from '../../platform/kube/client.ts';
import type { KubeObject } from '../../platform/kube/resource.ts';
import { CONFIG_MAPS, SECRETS, SETS } from '../../platform/kube/resources.ts';
import { metaOf } from '../reading/observed-objects.ts';
import { WORKLOADS } from '../reading/workloads.ts';
import { type Execution, StepOutdated, type WriteOf } from './execution.ts';
import { writeJwks } from './jwks-config-map.ts';
import { newKeySecret, restoredKeySecret } from './key-secret.ts';
import { writeSigner } from './signer-secret.ts';

/** Rejects with a KubeApiError or a StepOutdated. */
export async function execute(write: Write, run: Execution): Promise<Answer> {
  const { client, options } = run;
  switch (write.kind) {
    case 'CreateKeySecret':
      return await createKeySecret(write, run);
    case 'RestoreKeySecret':
      return await client.create(SECRETS, restoredKeySecret(write, run), options);
    case 'PatchKeySecretMetadata':
      return await patchKeySecret(write, run);
    case 'WriteSigner':
      return await writeSigner(write, run);
    case 'WriteJwks':
      return await writeJwks(write, run);
    case 'RestartWorkload':
      return await restartWorkload(write, run);
    case 'WriteStatus':
      return await writeStatus(write, run);
    case 'WriteFinalizer':
      return await client.replace(SETS, withFinalizer(write, run), options);
    case 'DeleteKeySecret':
    case 'DeleteSigner':
      return await remove(write, SECRETS, run);
    case 'DeleteJwks':
      return await remove(write, CONFIG_MAPS, run);
  }
}

/**
 * A policy may have taken off what shows whose the Secret is. It would be nobody's from then on, and its private key
 * would be left over: it goes at once.
 */
async function createKeySecret(write: WriteOf<'CreateKeySecret'>, run: Execution): Promise<Answer> {
  const { client, namespace, options, snapshot } = run;
  const answer = await client.create(SECRETS, newKeySecret(write, run), options);
  const meta = metaOf(answer.object);
  if (parseOwner(meta)?.uid === snapshot.observed.set.ref.uid) return answer;
  const { uid, resourceVersion } = meta;
  const preconditions = { uid, resourceVersion };
  await client.delete(SECRETS, { namespace, name: write.name }, { ...options, preconditions });
  throw new StepOutdated('the new key Secret does not have the owner that it was sent with');
}

async function patchKeySecret(
  { name, expects, metadata }: WriteOf<'PatchKeySecretMetadata'>,
  { client, namespace, options }: Execution,
): Promise<Answer> {
  // A resourceVersion in a patch makes it conditional, as in a PUT.
  const body = { metadata: { ...expects, ...metadata } };
  return await client.patch(SECRETS, { namespace, name }, body, options);
}

async function restartWorkload(
  { workload: { kind, name }, expects, restartedFor }: WriteOf<'RestartWorkload'>,
  { client, namespace, options }: Execution,
): Promise<Answer> {
  const annotations = { [ANNOTATION.restartedFor]: restartedFor };
  const body = { metadata: expects, spec: { template: { metadata: { annotations } } } };
  return await client.patch(WORKLOADS[kind], { namespace, name }, body, options);
}

async function writeStatus(
  write: WriteOf<'WriteStatus'>,
  { client, snapshot, options }: Execution,
): Promise<Answer> {
  // The core's words must fit the schema's: checked here, where both are known.
  const status: Partial<SigningKeySetStatus> = write.status;
  return await client.replaceStatus(SETS, { ...snapshot.objects.set, status }, options);
}

async function remove(
  { name, expects }: WriteOf<'DeleteKeySecret' | 'DeleteSigner' | 'DeleteJwks'>,
  resource: typeof SECRETS,
  { client, namespace, options }: Execution,
): Promise<Answer> {
  return await client.delete(resource, { namespace, name }, { ...options, preconditions: expects });
}

function withFinalizer(
  { present }: WriteOf<'WriteFinalizer'>,
  { snapshot }: Execution,
): KubeObject {
  const { set } = snapshot.objects;
  const others = (set.metadata.finalizers ?? []).filter((name) => name !== FINALIZER);
  const finalizers = present ? [...others, FINALIZER] : others;
  return { ...set, metadata: { ...set.metadata, finalizers } };
}
