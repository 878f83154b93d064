/**
 * Objects that were deleted and are still there: the API server has accepted the deletion, but somebody's
 * finalizer keeps them. Only a reading that finds such an object gone shows that it is.
 */
import { FINALIZER } from '../formats/names.ts';
import type { ObjectMeta, PendingDeletion } from './model.ts';
import type { Situation } from './situation.ts';

export interface HeldObject extends PendingDeletion {
  /** Such as `Secret payments-key-1`. */
  readonly object: string;
}

/** The set's own; the set itself only once this operator's finalizer does not hold it any more. */
export function heldObjects(situation: Situation): readonly HeldObject[] {
  const { signer, jwks, keySecrets, set } = situation;
  const secrets = [...keySecrets, ...(signer === null ? [] : [signer])];
  const found = [
    ...secrets.map(({ meta }) => heldBy(`Secret ${meta.name}`, meta)),
    ...(jwks === null ? [] : [heldBy(`ConfigMap ${jwks.meta.name}`, jwks.meta)]),
  ].filter((held) => held !== null);
  const { deletedTime: sinceTime, finalizers } = set;
  if (sinceTime === undefined || finalizers.includes(FINALIZER)) return found;
  return [...found, { object: `SigningKeySet ${set.ref.name}`, sinceTime, finalizers }];
}

function heldBy(object: string, { deleting }: ObjectMeta): HeldObject | null {
  return deleting === undefined ? null : { object, ...deleting };
}

/** The maximum number of objects, and of finalizers of each, that a text names; it counts the rest. */
const NAMED_MAX = 4;

/** @param held at least one */
export function heldText(held: readonly HeldObject[]): string {
  const each = held.slice(0, NAMED_MAX).map(({ object, ...pending }) => {
    return `${object} ${pendingText(pending)}`;
  });
  const more = held.length - each.length;
  return `${each.join('; ')}${more === 0 ? '' : `; so are ${more} more`}. ${REMEDY}`;
}

const REMEDY = 'Kubernetes deletes an object once whoever set its finalizers has removed them';

/** Such as `was deleted at 2026-12-01T09:00:00Z, but the finalizer example.com/hold keeps it`. */
export function pendingText({ sinceTime, finalizers }: PendingDeletion): string {
  const since = `was deleted at ${sinceTime}`;
  if (finalizers.length === 0) return `${since} and is going`;
  const named = finalizers.slice(0, NAMED_MAX).join(', ');
  const more = finalizers.length - NAMED_MAX;
  const others = more > 0 ? ` and ${more} more` : '';
  return finalizers.length === 1
    ? `${since}, but the finalizer ${named} keeps it`
    : `${since}, but the finalizers ${named}${others} keep it`;
}
