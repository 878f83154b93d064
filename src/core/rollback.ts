/**
 * Rollback: the key that signed immediately before signs again. Every verifier knows it, since it
 * never left the JWKS, so that only its own gate and a switch in flight are waited for.
 */
import { activationGate, isOpen, nextSwitchGate } from './gates.ts';
import {
  activeKey,
  keyByKid,
  type Ledger,
  type LedgerKey,
  type RollbackRefusal,
  sameKind,
} from './ledger.ts';
import { refuseRollback, rollBackTo } from './lifecycle.ts';
import type { Step } from './model.ts';
import { isDisturbed, showsKey } from './observations.ts';
import { openRollbackRequest, openRotateRequest } from './requests.ts';
import { isRevoked, type Situation, secretOf } from './situation.ts';
import { fromKeySecret, guardedStep, step, withEvents, writeSigner } from './steps.ts';

/** The key that a rollback would go back to, or why there is none. */
export function previousSigner(
  situation: Situation,
  ledger: Ledger,
): { readonly key: LedgerKey } | { readonly refusal: RollbackRefusal } {
  const { spec, nowMs, jwks } = situation;
  const { previousKid } = ledger;
  const key = previousKid === null ? null : keyByKid(ledger, previousKid);
  const refused = (refusal: RollbackRefusal) => ({ refusal });
  if (ledger.deletion !== null) return refused('Deleting');
  // Asked by the kid: a revoked key soon is no more than a tombstone.
  if (previousKid !== null && isRevoked(situation, previousKid))
    return refused('PreviousKeyRevoked');
  if (key === null || key.state === 'Active') return refused('NoPreviousKey');
  if (key.bar !== null) return refused('PreviousKeyRemoved');
  if (!sameKind(key, spec.kind)) return refused('PreviousKeyOfOtherKind');
  if (secretOf(situation, key) === null) return refused('PreviousKeySecretLost');
  const isShown = showsKey(jwks, key) && !isDisturbed(jwks, ledger);
  const isProven = isShown && isOpen(activationGate(key), nowMs);
  return isProven ? { key } : refused('PreviousKeyNotProven');
}

/** What each refusal means, for the status and the event. */
export const ROLLBACK_REFUSED_BECAUSE: Readonly<Record<RollbackRefusal, string>> = {
  NoPreviousKey: 'no earlier key of this set is still published',
  PreviousKeyRevoked: 'the key that signed before is revoked',
  PreviousKeyRemoved: 'the key that signed before is already on its way out of the JWKS',
  PreviousKeyOfOtherKind:
    'the key that signed before is of another algorithm than spec.algorithm: change that instead',
  PreviousKeySecretLost: 'the private key that signed before is gone',
  PreviousKeyNotProven:
    'it is not proven that every verifier knows the key that signed before: the JWKS was changed by another hand',
  Deleting: 'the set is being deleted',
};

/** The switch back; or its refusal, which is noted so that the request is handled. */
export function rollBack(situation: Situation, ledger: Ledger): Step | null {
  const id = openRollbackRequest(situation, ledger);
  if (id === null) return null;
  const active = activeKey(ledger);
  const isSwitching = active !== null && !isOpen(nextSwitchGate(active), situation.nowMs);
  if (isSwitching) return null;
  const previous = previousSigner(situation, ledger);
  if ('refusal' in previous) return refuse(situation, ledger, id, previous.refusal);
  const { key } = previous;
  const source = fromKeySecret(situation, key);
  if (source === null) return refuse(situation, ledger, id, 'PreviousKeySecretLost');
  const requests = { rollback: id, rotate: openRotateRequest(situation, ledger) };
  const next = rollBackTo(ledger, key.kid, requests, situation.nowMs);
  const message =
    `key #${key.ordinal} signs again, as requested` +
    (active === null ? '' : `, key #${active.ordinal} no longer does`);
  const write = writeSigner(situation, next, source);
  return guardedStep(write, { code: 'RollBack', message }, [
    { type: 'Normal', reason: 'RolledBack', message },
  ]);
}

function refuse(situation: Situation, ledger: Ledger, id: string, why: RollbackRefusal): Step {
  const write = writeSigner(situation, refuseRollback(ledger, id, why), { from: 'unchanged' });
  const message = `the rollback ${id} is refused: ${ROLLBACK_REFUSED_BECAUSE[why]}`;
  const refused = step(write, 'RefuseRollback', message);
  return withEvents(refused, { type: 'Warning', reason: 'RollbackRefused', message });
}
