/**
 * The set whose objects this one asks to adopt. As long as it lives, nothing is taken from it; once it is
 * gone, some of its Secrets stay.
 */
import { REQUEST } from '../../core/formats/names.ts';
import type { SetRef } from '../../core/ledger/ledger.ts';
import { parseOwner } from '../../core/reading/ownership.ts';
import type { KubeObject } from '../../platform/kube/resource.ts';
import { SETS } from '../../platform/kube/resources.ts';
import { listKeySecrets } from './key-secrets.ts';
import type { LiveReader } from './live-reader.ts';
import { metaOf } from './observed-objects.ts';

export interface Adoptee {
  /** Its UID, if it is still there; else null. */
  readonly living: string | null;
  /** The names of the Secrets of its single keys in this namespace, if it had another name. */
  readonly keySecrets: readonly string[];
}

const NOBODY: Adoptee = { living: null, keySecrets: [] };

/**
 * The set to adopt from, until its signer and its JWKS are adopted.
 * @param objects signer and JWKS by the names that the set asks for; they may be another set's
 */
export async function findAdoptee(
  reader: LiveReader,
  set: KubeObject,
  objects: readonly (KubeObject | null)[],
): Promise<Adoptee> {
  const uid = set.metadata.annotations?.[REQUEST.adopt];
  if (uid === undefined) return NOBODY;
  const owner = objects
    .map((object) => (object === null ? null : parseOwner(metaOf(object))))
    .find((each) => each?.uid === uid);
  if (!owner || owner.name === set.metadata.name) return NOBODY;
  const keySecrets = await keySecretsOf(reader, owner);
  // A set of another namespace has objects of its own there: these are copies.
  if (owner.namespace !== set.metadata.namespace) return { living: null, keySecrets };
  const found = await reader.get(SETS, owner.name);
  return { living: found?.metadata.uid === uid ? uid : null, keySecrets };
}

async function keySecretsOf(reader: LiveReader, { name, uid }: SetRef): Promise<readonly string[]> {
  const listed = await listKeySecrets(reader, name);
  return listed
    .map(metaOf)
    .filter((meta) => parseOwner(meta)?.uid === uid)
    .map((meta) => meta.name)
    .sort();
}
