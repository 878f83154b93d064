/** Secrets of sets that are gone: with `deletionPolicy: Retain` they stay, and no set shows them. */
import { parseOwner } from '../core/reading/ownership.ts';
import type { KubeObject } from '../platform/kube/resource.ts';

export interface LeftOver {
  /** Where the Secrets are. */
  readonly namespace: string;
  /** The name of the set that they belonged to. */
  readonly set: string;
  /** Its UID. */
  readonly uid: string;
  readonly secrets: number;
}

/**
 * @param sets every living set that is watched
 * @param secrets with their owner annotations
 * @param isWatched whether the sets of a namespace are among `sets`. Of others nobody can tell whether they live
 */
export function leftOverSecrets(
  sets: Iterable<KubeObject>,
  secrets: Iterable<KubeObject>,
  isWatched: (namespace: string) => boolean,
): readonly LeftOver[] {
  const living = new Set<string>();
  for (const { metadata } of sets) living.add(metadata.uid ?? '');
  const found = new Map<string, LeftOver>();
  for (const { metadata } of secrets) {
    const owner = parseOwner({ annotations: metadata.annotations ?? {} });
    if (owner === null || living.has(owner.uid) || !isWatched(owner.namespace)) continue;
    const { name: set, uid } = owner;
    const namespace = metadata.namespace ?? '';
    const key = JSON.stringify([namespace, set, uid]);
    const secretsBefore = found.get(key)?.secrets ?? 0;
    found.set(key, { namespace, set, uid, secrets: secretsBefore + 1 });
  }
  return [...found.values()];
}
