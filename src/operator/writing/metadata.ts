/** Labels and annotations as a write leaves them: others than those of the patch stay as they are. */
import type { MetadataPatch } from '../../core/reading/model.ts';
import type { ObjectMeta } from '../../platform/kube/resource.ts';

export function patched(metadata: ObjectMeta, patch: MetadataPatch): ObjectMeta {
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
