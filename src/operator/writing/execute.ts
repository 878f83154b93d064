/** One write of the core as one request: exactly what was read, changed as the step says. */
import type { SigningKeySetStatus } from '../../api/signing-key-set.generated.ts';
import { publicJwkText } from '../../core/formats/jwk.ts';
import { ANNOTATION, FINALIZER, SECRET_TYPE, SIGNER_FILE } from '../../core/formats/names.ts';
import type { MetadataPatch, Write } from '../../core/reading/model.ts';
import type { KeyPair } from '../../platform/keys/key-maker.ts';
import { privateJwkOf } from '../../platform/keys/key-material.ts';
import type { Answer, KubeClient, WriteOptions } from '../../platform/kube/client.ts';
import type { KubeObject, ObjectMeta } from '../../platform/kube/resource.ts';
import { CONFIG_MAPS, SECRETS, SETS } from '../../platform/kube/resources.ts';
import type { Snapshot } from '../reading/observe.ts';
import { dataOf } from '../reading/secret-facts.ts';
import { restartPatch, WORKLOADS } from '../reading/workloads.ts';

/** The step can't be done as planned; reading anew tells what to do instead. */
export class StepOutdated extends Error {
  override readonly name = 'StepOutdated';
  readonly code = 'STEP_OUTDATED';
}

export interface Execution {
  readonly client: KubeClient;
  readonly namespace: string;
  readonly snapshot: Snapshot;
  readonly options: WriteOptions;
  /** For a CreateKeySecret: made beforehand, because it can take longer than a write may. */
  readonly keyPair: KeyPair | null;
}

/** Rejects with a KubeApiError or a {@link StepOutdated}. */
export async function execute(write: Write, run: Execution): Promise<Answer> {
  const { client, namespace, options, snapshot } = run;
  switch (write.kind) {
    case 'CreateKeySecret':
      return await client.create(SECRETS, newKeySecret(write, namespace, run.keyPair), options);
    case 'RestoreKeySecret':
      return await client.create(SECRETS, restoredKeySecret(write, namespace, snapshot), options);
    case 'PatchKeySecretMetadata':
      return await client.patch(
        SECRETS,
        { namespace, name: write.name },
        // A resourceVersion in a patch makes it conditional, as in a PUT.
        { metadata: { ...write.expects, ...write.metadata } },
        options,
      );
    case 'WriteSigner':
      return await writeSigner(write, run);
    case 'WriteJwks':
      return await writeJwks(write, run);
    case 'RestartWorkload':
      return await client.patch(
        WORKLOADS[write.workload.kind],
        { namespace, name: write.workload.name },
        restartPatch(write),
        options,
      );
    case 'WriteStatus': {
      // The core's words must fit the schema's: checked here, where both are known.
      const status: Partial<SigningKeySetStatus> = write.status;
      return await client.replaceStatus(SETS, { ...snapshot.objects.set, status }, options);
    }
    case 'WriteFinalizer':
      return await client.replace(
        SETS,
        withFinalizer(snapshot.objects.set, write.present),
        options,
      );
    case 'DeleteKeySecret':
    case 'DeleteSigner':
      return await remove(write, SECRETS, run);
    case 'DeleteJwks':
      return await remove(write, CONFIG_MAPS, run);
  }
}

type Of<Kind extends Write['kind']> = Extract<Write, { kind: Kind }>;

async function remove(
  write: Of<'DeleteKeySecret' | 'DeleteSigner' | 'DeleteJwks'>,
  resource: typeof SECRETS,
  { client, namespace, options }: Execution,
): Promise<Answer> {
  const preconditions = write.expects;
  const ref = { namespace, name: write.name };
  return await client.delete(resource, ref, { ...options, preconditions });
}

function newKeySecret(
  write: Of<'CreateKeySecret'>,
  namespace: string,
  pair: KeyPair | null,
): KubeObject {
  if (pair === null) throw new StepOutdated('the key is not made yet');
  const annotations = { [ANNOTATION.publicJwk]: publicJwkText(pair.publicJwk) };
  return keySecret(write.name, namespace, write.metadata, annotations, base64(pair.privatePem));
}

function restoredKeySecret(
  write: Of<'RestoreKeySecret'>,
  namespace: string,
  snapshot: Snapshot,
): KubeObject {
  const pem =
    snapshot.objects.signer === null ? '' : dataOf(snapshot.objects.signer)[SIGNER_FILE.pem];
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

async function writeSigner(write: Of<'WriteSigner'>, run: Execution): Promise<Answer> {
  const { client, namespace, snapshot, options } = run;
  const data = await signerData(write, run);
  if (write.expects === 'absent') {
    const metadata = patched({ name: write.name, namespace }, write.metadata);
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata, type: SECRET_TYPE.signer, data };
    return await client.create(SECRETS, secret, options);
  }
  const { signer } = snapshot.objects;
  if (signer === null) throw new StepOutdated('the signer Secret is gone');
  const changed = { ...signer, metadata: patched(signer.metadata, write.metadata), data };
  return await client.replace(SECRETS, changed, options);
}

async function signerData(
  { source, expects }: Of<'WriteSigner'>,
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
        throw new StepOutdated(`Secret ${source.name} is another`);
      return signerDataOf(object, source.kid, snapshot);
    }
  }
}

/** `kid`, `alg`, `private.pem` and `private.jwk` of one and the same key. */
function signerDataOf(
  secret: KubeObject,
  kid: string,
  { observed }: Snapshot,
): Readonly<Record<string, string>> {
  const pem = dataOf(secret)[SIGNER_FILE.pem] ?? '';
  const known = observed.keySecrets.find(({ meta }) => meta.uid === secret.metadata.uid)?.content;
  if (known?.kind !== 'Key' || known.kid !== kid)
    throw new StepOutdated(`Secret holds another key`);
  const jwk = privateJwkOf(Buffer.from(pem, 'base64').toString(), known.publicJwk);
  if (typeof jwk !== 'string')
    throw new StepOutdated(`Secret ${secret.metadata.name}: ${jwk.problem}`);
  return {
    [SIGNER_FILE.kid]: base64(kid),
    [SIGNER_FILE.alg]: base64(known.publicJwk.alg),
    [SIGNER_FILE.pem]: pem,
    [SIGNER_FILE.jwk]: base64(jwk),
  };
}

async function writeJwks(write: Of<'WriteJwks'>, run: Execution): Promise<Answer> {
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

function withFinalizer(set: KubeObject, present: boolean): KubeObject {
  const others = (set.metadata.finalizers ?? []).filter((name) => name !== FINALIZER);
  const finalizers = present ? [...others, FINALIZER] : others;
  return { ...set, metadata: { ...set.metadata, finalizers } };
}

function patched(metadata: ObjectMeta, patch: MetadataPatch): ObjectMeta {
  return {
    ...metadata,
    labels: merged(metadata.labels, patch.labels),
    annotations: merged(metadata.annotations, patch.annotations),
  };
}

function merged(
  current: Readonly<Record<string, string>> | undefined,
  patch: Readonly<Record<string, string | null>>,
): Readonly<Record<string, string>> {
  const all = Object.entries({ ...current, ...patch });
  return Object.fromEntries(all.filter((entry): entry is [string, string] => entry[1] !== null));
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
