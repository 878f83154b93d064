/** Which key a rollback goes back to, and when. */
import { explainGate } from '../ledger/explain.ts';
import { activationGate, isOpen, takenUpGate } from '../ledger/gates.ts';
import {
  activeKey,
  keyByKid,
  type Ledger,
  type LedgerKey,
  type RollbackRefusal,
  sameKind,
} from '../ledger/ledger.ts';
import type { Transition } from '../reading/model.ts';
import { openRollbackRequest } from '../reading/requests.ts';
import { isDisturbed, showsKey } from '../reading/shown.ts';
import { isRevoked, type Situation, secretOf } from '../reading/situation.ts';
import { AT_ONCE, opening } from './transition.ts';

export type PreviousSigner = { readonly key: LedgerKey } | { readonly refusal: RollbackRefusal };

/** The key that a rollback would go back to, or why there is none. */
export function previousSigner(situation: Situation, ledger: Ledger): PreviousSigner {
  const { spec, nowMs, jwks } = situation;
  const { previousKid } = ledger;
  const key = previousKid === null ? null : keyByKid(ledger, previousKid);
  const refused = (refusal: RollbackRefusal) => ({ refusal });
  if (ledger.deletion !== null) return refused('Deleting');
  // By the kid, because a revoked key soon is only a tombstone.
  if (previousKid !== null && isRevoked(situation, previousKid))
    return refused('PreviousKeyRevoked');
  if (key === null || key.state === 'Active') return refused('NoPreviousKey');
  if (key.bar !== null) return refused('PreviousKeyRemoved');
  if (!sameKind(key, spec.kind)) return refused('PreviousKeyOfOtherKind');
  if (secretOf(situation, key) === null) return refused('PreviousKeySecretLost');
  const isShown = showsKey(jwks, key) && !isDisturbed(situation, ledger);
  const isProven = isShown && isOpen(activationGate(key), nowMs);
  return isProven ? { key } : refused('PreviousKeyNotProven');
}

/** When a requested rollback is carried out or refused; null if none is requested. */
export function rollbackTransition(
  situation: Situation,
  ledger: Ledger,
  previous: PreviousSigner,
): Transition | null {
  if (openRollbackRequest(situation.set, ledger) === null) return null;
  const key = 'key' in previous ? previous.key : null;
  const active = activeKey(ledger);
  if (active === null) {
    const explanation = 'a rollback was requested';
    return { action: 'RollBack', key, when: AT_ONCE, waitingFor: 'Nothing', explanation };
  }
  const gate = takenUpGate(active);
  const explanation = `a rollback was requested; ${explainGate(gate, situation.spec)}`;
  return {
    action: 'RollBack',
    key,
    when: opening(gate),
    waitingFor: 'SwitchComplete',
    explanation,
  };
}
