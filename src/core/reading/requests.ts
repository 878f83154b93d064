/**
 * Requests by annotation: an id is new as long as it differs from the one of its verb that a
 * ledger write has handled. Taking the annotation away before that withdraws the request.
 */

import { REQUEST, REQUEST_ID_LENGTH_MAX } from '../formats/names.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { ObservedSet } from './model.ts';

type Annotations = Readonly<Record<string, string>>;

/** The id of a request on the set; null where there is none, or it is longer than the status holds. */
export function requestId(annotations: Annotations, request: string): string | null {
  const id = annotations[request];
  return id === undefined || id.length > REQUEST_ID_LENGTH_MAX ? null : id;
}

/** Ids present when a set is first seen count as handled: a copied manifest replays none. */
export function presentRequests(annotations: Annotations): Ledger['handled'] {
  return {
    rotate: requestId(annotations, REQUEST.rotate),
    rollback: requestId(annotations, REQUEST.rollback),
  };
}

/** The id of a rotation that is asked for and not handled yet, or null. */
export function openRotateRequest({ annotations }: ObservedSet, ledger: Ledger): string | null {
  const id = requestId(annotations, REQUEST.rotate);
  return id === ledger.handled.rotate ? null : id;
}

/** The id of a rollback that is asked for and not handled yet, or null. */
export function openRollbackRequest({ annotations }: ObservedSet, ledger: Ledger): string | null {
  const id = requestId(annotations, REQUEST.rollback);
  return id === ledger.handled.rollback ? null : id;
}

/** The annotation names the set's own UID, so that a copied manifest skips nothing. */
export function skipsDeletionWait({ annotations, ref }: ObservedSet): boolean {
  return annotations[REQUEST.skipDeletionWait] === ref.uid;
}
