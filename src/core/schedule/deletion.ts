/** When an ordered deletion takes its next step. */
import { explainGate } from '../ledger/explain.ts';
import { deletionGate, lastOf } from '../ledger/gates.ts';
import { type Ledger, neededKeys } from '../ledger/ledger.ts';
import { effectiveTerms, largestTerms } from '../ledger/terms.ts';
import type { Transition } from '../reading/model.ts';
import { skipsDeletionWait } from '../reading/requests.ts';
import type { Situation } from '../reading/situation.ts';
import { removalOf } from './removal.ts';
import { AT_ONCE, opening } from './transition.ts';

/** @returns null where no deletion has begun. */
export function deletionTransition(situation: Situation, ledger: Ledger): Transition | null {
  if (ledger.deletion === null) return null;
  const next = ledger.deletion.removing
    ? deleteRest(situation, ledger)
    : deleteJwks(situation, ledger);
  return skipsDeletionWait(situation.set) ? { ...next, when: AT_ONCE } : next;
}

/** The JWKS goes with the last of the keys that signed. */
function deleteJwks(situation: Situation, ledger: Ledger): Transition {
  const [first, ...others] = neededKeys(ledger).map((key) =>
    removalOf(situation, key, ledger.terms.declared),
  );
  if (first === undefined) {
    const explanation = 'nothing is left to wait for';
    const waitingFor = 'TokensExpire';
    return { action: 'DeleteJwks', key: null, when: AT_ONCE, waitingFor, explanation };
  }
  const { gate, ...waits } = lastOf([first, ...others]);
  return { action: 'DeleteJwks', key: null, when: opening(gate), ...waits };
}

/** The rest goes once no cache asks for the JWKS any more. */
function deleteRest(situation: Situation, ledger: Ledger): Transition {
  const terms = ledger.keys.reduce(
    (sum, key) => largestTerms(sum, key.largest),
    effectiveTerms(ledger.terms, situation.nowMs),
  );
  const gate = deletionGate(ledger, terms);
  const explanation = explainGate(gate, ledger.terms.declared);
  const waitingFor = 'CachesExpire';
  return { action: 'Delete', key: null, when: opening(gate), waitingFor, explanation };
}
