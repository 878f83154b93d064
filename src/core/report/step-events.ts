/** Which events a step brings, in addition to those of its stage. */

import type { Ledger } from '../ledger/ledger.ts';
import type { Step } from '../reading/model.ts';
import type { Situation } from '../reading/situation.ts';
import { type LostLedger, recoveredLedger } from '../stages/recovery.ts';
import { withEvents } from '../stages/steps.ts';
import { adoptionEvents, transitionEvents } from './events.ts';

/** Events of an adoption, if the ledger changes its set; then those of each key. */
export function withStageEvents(found: Step, situation: Situation, before: Ledger): Step {
  const { write } = found;
  const isAdopted = write.kind === 'WriteSigner' && write.ledger.set.uid !== before.set.uid;
  const announced = isAdopted ? withEvents(found, ...adoptionEvents(situation)) : found;
  return withTransitions(announced, before);
}

/** Every transition of a key is an event, whichever stage brought it about. */
export function withTransitions<Found extends Step | null>(
  found: Found,
  before: Ledger | null,
): Found | Step {
  if (found?.write.kind !== 'WriteSigner') return found;
  return withEvents(found, ...transitionEvents(before, found.write.ledger));
}

/**
 * A recovery has two writes. The first (JWKS) announces the adoption and the keys that a revocation
 * barred meanwhile; the second (signer) announces whatever changed since.
 */
export function withRecoveryEvents(found: Step, situation: Situation, lost: LostLedger): Step {
  const { newest } = lost;
  if (found.write.kind === 'WriteSigner') {
    return newest === null ? found : withTransitions(found, newest);
  }
  const events = newest === null ? [] : transitionEvents(newest, recoveredLedger(situation, lost));
  const revoked = events.filter(({ reason }) => reason === 'KeyRevoked');
  return withEvents(found, ...adoptionEvents(situation), ...revoked);
}
