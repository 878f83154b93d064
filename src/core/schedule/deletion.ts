/** When an ordered deletion takes its next step. */
import { REQUEST } from '../formats/names.ts';
import { explainGate } from '../ledger/explain.ts';
import { deletionGate, lastOf } from '../ledger/gates.ts';
import { type Ledger, neededKeys } from '../ledger/ledger.ts';
import { effectiveTerms, largestTerms } from '../ledger/terms.ts';
import type { Transition } from '../reading/model.ts';
import { skipsDeletionWait } from '../reading/requests.ts';
import type { Situation } from '../reading/situation.ts';
import { removalOf } from './removal.ts';
import { AT_ONCE, isDue, opening } from './transition.ts';

/** Why a deletion does not wait, for its steps. */
export const DELETION_WAIT_SKIPPED = `the wait is skipped because ${REQUEST.skipDeletionWait} is set`;

/** @returns null if no deletion has begun. */
export function deletionTransition(situation: Situation, ledger: Ledger): Transition | null {
  const next = unskippedDeletion(situation, ledger);
  if (next === null || !skipsDeletionWait(situation.set)) return next;
  return skipped(next, situation.nowMs);
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
  const [first, ...others] = neededKeys(ledger).map((key) =>
    removalOf(situation, key, ledger.terms.declared),
  );
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
  const explanation = explainGate(gate, ledger.terms.declared);
  const waitingFor = 'CachesExpire';
  return { action: 'Delete', key: null, when: opening(gate), waitingFor, explanation };
}
