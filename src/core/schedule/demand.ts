/** Why the next rotation is due, and when it becomes overdue. */
import { dueGate, type Gate, PUBLISH_MARGIN_MS } from '../ledger/gates.ts';
import { activeKey, type Ledger, sameKind } from '../ledger/ledger.ts';
import { effectiveTerms, leadMs } from '../ledger/terms.ts';
import { openRotateRequest } from '../reading/requests.ts';
import type { Situation } from '../reading/situation.ts';

export type Demand =
  /** By the interval of the active key: due once this gate is open. */
  | { readonly code: 'RotationDue'; readonly gate: Gate }
  /** Due now. */
  | { readonly code: 'RotationRequested' | 'AlgorithmChanged' | 'NoActiveKey' };

export function demandOf(situation: Situation, ledger: Ledger): Demand {
  const active = activeKey(ledger);
  if (active === null) return { code: 'NoActiveKey' };
  if (!sameKind(active, situation.spec.kind)) return { code: 'AlgorithmChanged' };
  if (openRotateRequest(situation.set, ledger) !== null) return { code: 'RotationRequested' };
  return { code: 'RotationDue', gate: dueGate(active, situation.spec.rotation) };
}

/**
 * When the active key has signed for its interval, whatever demands the next rotation and whatever
 * holds it up. Null if no key signs, and in an ordered deletion.
 */
export function rotationDueGate({ spec }: Situation, ledger: Ledger): Gate | null {
  const active = activeKey(ledger);
  return active === null || ledger.deletion !== null ? null : dueGate(active, spec.rotation);
}

/**
 * A rotation is overdue once a key could have been published and proven since it was due: then
 * something holds it up. That may be a request or a change of the algorithm; it is overdue all the
 * same.
 */
export function rotationOverdueMs(
  { nowMs }: Situation,
  ledger: Ledger,
  due: Gate | null,
): number | null {
  const dueMs = due?.opensAtMs ?? null;
  if (dueMs === null) return null;
  return dueMs + leadMs(effectiveTerms(ledger.terms, nowMs)) + PUBLISH_MARGIN_MS;
}
