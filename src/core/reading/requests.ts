/**
 * Requests by annotation. An id is new if it differs from the id of the same kind that the ledger
 * handled last. Removing the annotation before it is handled withdraws the request.
 */

import { REQUEST, REQUEST_ID_LENGTH_MAX } from '../formats/names.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { ObservedSet } from './model.ts';

type Annotations = Readonly<Record<string, string>>;

/** The id of a request on the set; null if there is none, or if it is longer than the status holds. */
export function requestId(annotations: Annotations, request: string): string | null {
  const id = annotations[request];
  return id === undefined || id.length > REQUEST_ID_LENGTH_MAX ? null : id;
}

/** Ids that are there when a set is first seen count as handled: a copied manifest repeats nothing. */
export function presentRequests(annotations: Annotations): Ledger['handled'] {
  return {
    rotate: requestId(annotations, REQUEST.rotate),
    rollback: requestId(annotations, REQUEST.rollback),
  };
}

/** The id of a rotation request that is not handled yet, or null. */
export function openRotateRequest({ annotations }: ObservedSet, ledger: Ledger): string | null {
  const id = requestId(annotations, REQUEST.rotate);
  return id === ledger.handled.rotate ? null : id;
}

/** The id of a rollback request that is not handled yet, or null. */
export function openRollbackRequest({ annotations }: ObservedSet, ledger: Ledger): string | null {
  const id = requestId(annotations, REQUEST.rollback);
  return id === ledger.handled.rollback ? null : id;
}

/** The annotation must hold the set's own UID, so that a copied manifest skips nothing. */
export function skipsDeletionWait({ annotations, ref }: ObservedSet): boolean {
  return annotations[REQUEST.skipDeletionWait] === ref.uid;
}
