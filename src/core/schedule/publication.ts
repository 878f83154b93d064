/** When the next key is published. */

import type { WaitingFor } from '../formats/codes.ts';
import { PUBLISHED_KEYS_MAX } from '../formats/served-set.ts';
import { LEDGER_KEYS_MAX } from '../ledger/bounds.ts';
import { explainGate } from '../ledger/explain.ts';
import { publishGate } from '../ledger/gates.ts';
import { activeKey, type Ledger, type LedgerKey } from '../ledger/ledger.ts';
import { hasRoomForAnotherKey } from '../ledger/lifecycle.ts';
import { effectiveTerms } from '../ledger/terms.ts';
import type { Transition, When } from '../reading/model.ts';
import type { Situation } from '../reading/situation.ts';
import type { Demand } from './demand.ts';
import { isFull } from './room.ts';
import { AT_ONCE, byTime, following, opening, UNKNOWN } from './transition.ts';

/**
 * @param leaving when each published key leaves the JWKS, as far as that is known.
 * @returns null if there is one already.
 */
export function publicationTransition(
  situation: Situation,
  ledger: Ledger,
  demand: Demand,
  successor: LedgerKey | null,
  leaving: readonly Transition[],
): Transition | null {
  if (successor !== null || ledger.deletion !== null) return null;
  if (isFull(ledger)) return afterFirst(leaving);
  if (!hasRoomForAnotherKey(ledger)) {
    const explanation = `the ledger holds ${LEDGER_KEYS_MAX} keys, the maximum: one that has left the JWKS must be destroyed first`;
    return publication(UNKNOWN, 'PublishedKeysMax', explanation);
  }
  const active = activeKey(ledger);
  const { rotation } = situation.spec;
  if (active === null || rotation.standby || demand.code !== 'RotationDue') {
    return publication(AT_ONCE, 'Nothing', 'the next key is published at once');
  }
  const gate = publishGate(active, rotation, effectiveTerms(ledger.terms, situation.nowMs));
  const explanation = explainGate(gate, situation.spec);
  return publication(opening(gate), 'PublicationDue', explanation);
}

/** At the maximum: once the first of them has left. */
function afterFirst(leaving: readonly Transition[]): Transition {
  const [first] = [...leaving].sort(byTime);
  const maximum = `${PUBLISHED_KEYS_MAX} keys are published, the maximum`;
  if (first === undefined || first.key === null) {
    return publication(UNKNOWN, 'PublishedKeysMax', `${maximum}: one must leave the JWKS first`);
  }
  const explanation = `${maximum}: key #${first.key.ordinal} must leave the JWKS first (${first.explanation})`;
  return publication(following(first), 'PublishedKeysMax', explanation);
}

function publication(when: When, waitingFor: WaitingFor, explanation: string): Transition {
  return { action: 'Publish', key: null, when, waitingFor, explanation };
}
