/**
 * Rollback: the key that signed immediately before signs again. It never left the JWKS, so every
 * verifier knows it, and it waits only for its own gate and for a switch in flight.
 */
import { activeKey, type Ledger, type RollbackRefusal } from '../ledger/ledger.ts';
import { refuseRollback, rolledBack } from '../ledger/lifecycle.ts';
import type { Step } from '../reading/model.ts';
import { openRollbackRequest, openRotateRequest } from '../reading/requests.ts';
import type { Situation } from '../reading/situation.ts';
import type { Schedule } from '../schedule/schedule.ts';
import { isDue } from '../schedule/transition.ts';
import { fromKeySecret, guardedStep, step, withEvents, writeSigner } from './steps.ts';

/** What each refusal means, for the status and the event. */
export const ROLLBACK_REFUSED_BECAUSE: Readonly<Record<RollbackRefusal, string>> = {
  NoPreviousKey: 'no earlier key of this set is still published',
  PreviousKeyRevoked: 'the previous key is revoked',
  PreviousKeyRemoved: 'the previous key is already leaving the JWKS',
  PreviousKeyOfOtherKind:
    'the previous key is of another algorithm than spec.algorithm: change spec.algorithm instead',
  PreviousKeySecretLost: 'the private key of the previous key is lost',
  PreviousKeyNotProven:
    'it is not certain that every verifier knows the previous key: its wait started again or became longer',
  Deleting: 'the set is being deleted',
};

/** The switch back; or its refusal, which the ledger notes so that the request is handled. */
export function rollbackStep(situation: Situation, schedule: Schedule): Step | null {
  const { ledger, previous } = schedule;
  const id = openRollbackRequest(situation.set, ledger);
  if (id === null || !isDue(schedule.rollback, situation.nowMs)) return null;
  const active = activeKey(ledger);
  if ('refusal' in previous) return refuse(situation, ledger, id, previous.refusal);
  const { key } = previous;
  const source = fromKeySecret(situation, key);
  if (source === null) return refuse(situation, ledger, id, 'PreviousKeySecretLost');
  const requests = { rollback: id, rotate: openRotateRequest(situation.set, ledger) };
  const next = rolledBack(ledger, key.kid, requests, situation.nowMs);
  const message =
    `Key #${key.ordinal} signs again, as requested` +
    (active === null ? '' : `; key #${active.ordinal} no longer signs`);
  const write = writeSigner(situation, next, source);
  return guardedStep(write, { code: 'RollBack', message }, [
    { type: 'Normal', reason: 'RolledBack', message },
  ]);
}

function refuse(situation: Situation, ledger: Ledger, id: string, why: RollbackRefusal): Step {
  const write = writeSigner(situation, refuseRollback(ledger, id, why), { from: 'unchanged' });
  const message = `The rollback ${id} is refused: ${ROLLBACK_REFUSED_BECAUSE[why]}`;
  const refused = step(write, 'RefuseRollback', message);
  return withEvents(refused, { type: 'Warning', reason: 'RollbackRefused', message });
}
