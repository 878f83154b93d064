/** Looks at the set and its objects over the API, and tells the chronicle. */
import type { Chronicle, SetStatus } from './chronicle.ts';
import type { SampleSet } from './sample-set.ts';
import { type ApiAccess, type WatchedObject, watchObjects } from './watch-objects.ts';

/** @returns a promise that resolves once the signal has aborted and all watches have ended. */
export async function keepLookout(
  api: ApiAccess,
  set: SampleSet,
  chronicle: Chronicle,
  signal: AbortSignal,
): Promise<void> {
  const look = (prefix: string, kind: string, name: string, see: See) =>
    watchObjects(
      api,
      {
        path: `${prefix}/namespaces/${set.namespace}/${kind}`,
        fieldSelector: `metadata.name=${name}`,
      },
      see,
      signal,
    );
  await Promise.all([
    look('/apis/signingkeys.dev/v1alpha1', 'signingkeysets', set.name, (object) => {
      if (object === null) return;
      chronicle.seeStatus((object['status'] ?? {}) as SetStatus);
      const { revocations = [] } = (object['spec'] ?? {}) as SetSpec;
      chronicle.seeRevocations(revocations.map(({ kid }) => kid));
    }),
    look('/api/v1', 'secrets', set.signerName, (object) => {
      const kid = object?.data?.['kid'];
      chronicle.signerKid = kid === undefined ? null : Buffer.from(kid, 'base64').toString('utf8');
    }),
    look('/api/v1', 'configmaps', set.jwksName, (object) => {
      const uid = object?.metadata.uid ?? null;
      if (uid !== null && chronicle.jwksUid === null && chronicle.jwksDeletions > 0) {
        chronicle.say('the operator wrote the JWKS ConfigMap again', 'good');
      }
      chronicle.jwksUid = uid;
      const text = object?.data?.['jwks.json'];
      if (text === undefined) return;
      const { keys } = JSON.parse(text) as { readonly keys: readonly { readonly kid: string }[] };
      chronicle.seePublished(keys.map(({ kid }) => kid));
    }),
  ]);
}

interface SetSpec {
  readonly revocations?: readonly { readonly kid: string }[];
}

type See = (object: WatchedObject | null) => void;
