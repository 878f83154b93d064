/** When an ordered deletion takes its next step. */
import { REQUEST } from '../formats/names.ts';
import { explainGate } from '../ledger/explain.ts';
import { deletionGate, lastOf } from '../ledger/gates.ts';
import { type Ledger, neededKeys } from '../ledger/ledger.ts';
import { effectiveTerms, largestTerms } from '../ledger/terms.ts';
import type { Transition } from '../reading/model.ts';
import { heldObjects, heldText } from '../reading/pending-deletions.ts';
import { skipsDeletionWait } from '../reading/requests.ts';
import type { Situation } from '../reading/situation.ts';
import { removalOf } from './removal.ts';
import { AT_ONCE, isDue, opening, UNKNOWN } from './transition.ts';

/** Why a deletion does not wait, for its steps. */
export const DELETION_WAIT_SKIPPED = `the wait is skipped because ${REQUEST.skipDeletionWait} is set`;

/** @returns null if no deletion has begun. */
export function deletionTransition(situation: Situation, ledger: Ledger): Transition | null {
  const next = unskippedDeletion(situation, ledger);
  const isSkipped = skipsDeletionWait(situation.set) && !awaitsJwks(ledger);
  return next === null || !isSkipped ? next : skipped(next, situation.nowMs);
}

/**
 * A request skips waits, not what must be seen: if keys and ledger went before the JWKS, which a finalizer
 * may hold, the ledger would count as lost and be recovered again and again.
 */
function awaitsJwks({ deletion }: Ledger): boolean {
  return deletion?.removing === true && deletion.jwksRemovedSeenMs === null;
}

/**
 * What is shown of it. Once its time has come, what is still there may be kept by someone's finalizer:
 * then nobody knows when the deletion goes on.
 */
export function shownDeletion(
  situation: Situation,
  ledger: Ledger,
  next: Transition | null,
): Transition | null {
  if (next === null || !(isDue(next, situation.nowMs) || awaitsJwks(ledger))) return next;
  const held = heldObjects(situation);
  if (held.length === 0) return next;
  const action = awaitsJwks(ledger) ? 'DeleteJwks' : next.action;
  const waits = {
    when: UNKNOWN,
    waitingFor: 'FinalizersRemain',
    explanation: heldText(held),
  } as const;
  return { action, key: null, ...waits };
}

/** The same, whether or not its wait is skipped. */
export function unskippedDeletion(situation: Situation, ledger: Ledger): Transition | null {
  if (ledger.deletion === null) return null;
  return ledger.deletion.removing
    ? restDeletion(situation, ledger)
    : jwksDeletion(situation, ledger);
}

/** What was skipped stays readable; a wait that is over by itself was not skipped. */
function skipped(next: Transition, nowMs: number): Transition {
  const explanation = `${DELETION_WAIT_SKIPPED}; it would have been: ${next.explanation}`;
  return { ...next, when: AT_ONCE, ...(isDue(next, nowMs) ? {} : { explanation }) };
}

/** The JWKS is deleted when every key that signed may leave it. */
function jwksDeletion(situation: Situation, ledger: Ledger): Transition {
  const [first, ...others] = neededKeys(ledger).map((key) => removalOf(situation, key));
  if (first === undefined) {
    const explanation = 'no key of the set has a token that is still valid';
    const waitingFor = 'TokensExpire';
    return { action: 'DeleteJwks', key: null, when: AT_ONCE, waitingFor, explanation };
  }
  const { gate, ...waits } = lastOf([first, ...others]);
  return { action: 'DeleteJwks', key: null, when: opening(gate), ...waits };
}

/** The rest is deleted later: every cache must have dropped the JWKS. */
function restDeletion(situation: Situation, ledger: Ledger): Transition {
  const terms = ledger.keys.reduce(
    (sum, key) => largestTerms(sum, key.largest),
    effectiveTerms(ledger.terms, situation.nowMs),
  );
  const gate = deletionGate(ledger, terms);
  const explanation = explainGate(gate, situation.spec);
  const waitingFor = 'CachesExpire';
  return { action: 'Delete', key: null, when: opening(gate), waitingFor, explanation };
}
