/** The set whose objects this one asks to adopt: as long as it lives, nothing is taken from it. */
import { REQUEST } from '../../core/formats/names.ts';
import { parseOwner } from '../../core/reading/ownership.ts';
import type { KubeObject } from '../../platform/kube/resource.ts';
import { SETS } from '../../platform/kube/resources.ts';
import type { LiveReader } from './live-reader.ts';
import { metaOf } from './observed-objects.ts';

/**
 * @param objects signer and JWKS by the names that the set asks for; they may be another set's
 * @returns the UID of the set to adopt from, if it is still there
 */
export async function findLivingAdoptee(
  reader: LiveReader,
  set: KubeObject,
  objects: readonly (KubeObject | null)[],
): Promise<string | null> {
  const uid = set.metadata.annotations?.[REQUEST.adopt];
  if (uid === undefined) return null;
  const owners = objects
    .map((object) => (object === null ? null : parseOwner(metaOf(object))))
    .filter((owner) => owner !== null);
  // A set of another namespace has objects of its own there: these are copies.
  const owner = owners.find(
    (each) => each.uid === uid && each.namespace === set.metadata.namespace,
  );
  if (owner === undefined || owner.name === set.metadata.name) return null;
  const found = await reader.get(SETS, owner.name);
  return found?.metadata.uid === uid ? uid : null;
}
