/**
 * What is to come: the transitions that a set waits for, each with its time and the arithmetic
 * behind it. The plan acts on the ones whose time has come; the status and the command line show
 * the same list.
 */

import { REQUEST } from '../formats/names.ts';
import { PUBLISHED_KEYS_MAX } from '../formats/served-set.ts';
import { formatInstant } from '../formats/time.ts';
import { ceilToSecondMs, explainGate } from '../ledger/explain.ts';
import {
  activationGate,
  deletionGate,
  dueGate,
  firstToOpen,
  type Gate,
  isOpen,
  lastOf,
  PUBLISH_MARGIN_MS,
  publishGate,
  takenUpGate,
} from '../ledger/gates.ts';
import {
  activeKey,
  type EndReason,
  isLeaving,
  keyByKid,
  type Ledger,
  type LedgerKey,
  neededKeys,
  publishedKeys,
  type RollbackRefusal,
  sameKind,
} from '../ledger/ledger.ts';
import { hasRoomForAnotherKey } from '../ledger/lifecycle.ts';
import { effectiveTerms, largestTerms, leadMs } from '../ledger/terms.ts';
import type { Action, Transition } from '../reading/model.ts';
import { isDisturbed, showsKey } from '../reading/observations.ts';
import { openRollbackRequest, openRotateRequest } from '../reading/requests.ts';
import { isRevoked, type Situation, secretOf } from '../reading/situation.ts';
import { removalOf } from './removal.ts';

/** The time of what waits for nothing. */
export const AT_ONCE_MS = 0;

/** Why the next rotation is due, and when. */
export interface Demand {
  readonly code: 'RotationDue' | 'RotationRequested' | 'AlgorithmChanged' | 'NoActiveKey';
  readonly gate: Gate | null;
}

/** Said before the arithmetic, where it is not the interval that asks for a rotation. */
const DEMANDED: Readonly<Record<Demand['code'], string>> = {
  RotationDue: '',
  RotationRequested: 'a rotation is requested; ',
  AlgorithmChanged: 'the algorithm changes; ',
  NoActiveKey: 'no key signs; ',
};

/** Without a gate it is due now. */
export function demandOf(situation: Situation, ledger: Ledger): Demand {
  const active = activeKey(ledger);
  if (active === null) return { code: 'NoActiveKey', gate: null };
  if (!sameKind(active, situation.spec.kind)) return { code: 'AlgorithmChanged', gate: null };
  if (openRotateRequest(situation.set, ledger) !== null)
    return { code: 'RotationRequested', gate: null };
  return { code: 'RotationDue', gate: dueGate(active, situation.spec.rotation) };
}

/**
 * When the active key has signed for its interval, whatever asks for the next rotation and whatever
 * holds it up: from here on one is late. Null where no key signs, and in an ordered deletion.
 */
export function rotationDueGate({ spec }: Situation, ledger: Ledger): Gate | null {
  const active = activeKey(ledger);
  return active === null || ledger.deletion !== null ? null : dueGate(active, spec.rotation);
}

/**
 * A rotation counts as overdue once a key could have been published and proven since it was due:
 * then something is in its way. A request or a change of the algorithm, which may be in its way as
 * well, makes it no less overdue.
 */
export function rotationOverdueMs(situation: Situation, ledger: Ledger): number | null {
  const dueMs = rotationDueGate(situation, ledger)?.opensAtMs ?? null;
  if (dueMs === null) return null;
  return dueMs + leadMs(effectiveTerms(ledger.terms, situation.nowMs)) + PUBLISH_MARGIN_MS;
}

/** The key that signs next: of the asked kind, unbarred, with its Secret; the oldest of them. */
export function successorOf(situation: Situation, ledger: Ledger): LedgerKey | null {
  return (
    ledger.keys.find(
      (key) =>
        key.state === 'Pending' &&
        key.bar === null &&
        sameKind(key, situation.spec.kind) &&
        secretOf(situation, key) !== null,
    ) ?? null
  );
}

/**
 * Whether none signs because of a revocation, and the user prefers rejected tokens to none. Read
 * anew in each pass, so that an edit of the policy counts at once.
 */
export function signsImmediately({ spec }: Situation, ledger: Ledger): boolean {
  const isClosed = ledger.closed && activeKey(ledger) === null && ledger.deletion === null;
  return isClosed && spec.onRevokeWithoutStandby === 'SignImmediately';
}

/** Then the pending key signs whose gate opens first, of those that were seen in the JWKS. */
function firstObserved(situation: Situation, ledger: Ledger): LedgerKey | null {
  const observed = ledger.keys.filter(
    (key) =>
      key.state === 'Pending' &&
      key.bar === null &&
      key.publishedSeenMs !== null &&
      secretOf(situation, key) !== null,
  );
  return firstToOpen(observed);
}

/** When the successor is activated. */
export function activation(situation: Situation, ledger: Ledger): Transition | null {
  if (signsImmediately(situation, ledger)) return immediateActivation(situation, ledger);
  const key = successorOf(situation, ledger);
  if (key === null) return null;
  const active = activeKey(ledger);
  const demand = demandOf(situation, ledger);
  const isVoluntary = demand.code !== 'NoActiveKey';
  const of = (atMs: number | null, waitingFor: string, explanation: string): Transition => {
    return { action: 'Activate', key, atMs, waitingFor, explanation };
  };
  if (situation.spec.rotation.suspend && isVoluntary) {
    return of(
      null,
      'Suspended',
      'spec.rotation.suspend is true: no key is activated until it is false',
    );
  }
  const gates = { ActivationGate: activationGate(key) } as Record<string, Gate>;
  if (active !== null) gates['SwitchComplete'] = takenUpGate(active);
  if (demand.gate !== null) gates[demand.code] = demand.gate;
  const last = lastOf(Object.values(gates));
  const waitingFor = Object.keys(gates).find((name) => gates[name] === last) ?? demand.code;
  const explanation = last === null ? '' : explainGate(last, ledger.terms.declared);
  return of(last?.opensAtMs ?? null, waitingFor, `${DEMANDED[demand.code]}${explanation}`);
}

function immediateActivation(situation: Situation, ledger: Ledger): Transition | null {
  const observed = firstObserved(situation, ledger);
  const key = observed ?? successorOf(situation, ledger);
  if (key === null) return null;
  const explanation =
    'no key signs, and spec.onRevokeWithoutStandby is SignImmediately: it signs once it is seen in the JWKS';
  const atMs = observed === null ? null : AT_ONCE_MS;
  return { action: 'Activate', key, atMs, waitingFor: 'NoActiveKey', explanation };
}

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

/** When the key that signed before signs again, or its refusal is told; null where none is asked. */
export function rollbackTransition(situation: Situation, ledger: Ledger): Transition | null {
  if (openRollbackRequest(situation.set, ledger) === null) return null;
  const active = activeKey(ledger);
  const previous = previousSigner(situation, ledger);
  const of = (atMs: number | null, waitingFor: string, explanation: string): Transition => {
    const key = 'key' in previous ? previous.key : null;
    return { action: 'RollBack', key, atMs, waitingFor, explanation };
  };
  if (active === null) return of(AT_ONCE_MS, 'Nothing', 'a rollback is requested');
  const gate = takenUpGate(active);
  const explanation = explainGate(gate, ledger.terms.declared);
  return of(gate.opensAtMs, 'SwitchComplete', `a rollback is requested; ${explanation}`);
}

/** When the next key is published; null where there is one already. */
export function publication(situation: Situation, ledger: Ledger): Transition | null {
  if (successorOf(situation, ledger) !== null || ledger.deletion !== null) return null;
  const of = (atMs: number | null, waitingFor: string, explanation: string): Transition => {
    return { action: 'Publish', key: null, atMs, waitingFor, explanation };
  };
  if (publishedKeys(ledger).length + ledger.keys.filter(isLeaving).length >= PUBLISHED_KEYS_MAX) {
    return of(
      null,
      'PublishedKeysMax',
      `${PUBLISHED_KEYS_MAX} keys are published: one must go first`,
    );
  }
  if (!hasRoomForAnotherKey(ledger)) {
    return of(null, 'LedgerFull', 'the ledger holds as many ended keys as it can');
  }
  const active = activeKey(ledger);
  const { standby } = situation.spec.rotation;
  const { code } = demandOf(situation, ledger);
  if (active === null || standby || code !== 'RotationDue') {
    return of(AT_ONCE_MS, 'Nothing', 'the next key is published at once');
  }
  const terms = effectiveTerms(ledger.terms, situation.nowMs);
  const gate = publishGate(active, situation.spec.rotation, terms);
  return of(gate.opensAtMs, 'PublicationDue', explainGate(gate, ledger.terms.declared));
}

/** When each key leaves the JWKS that is on its way out. */
export function removals(situation: Situation, ledger: Ledger): readonly Transition[] {
  return ledger.keys.flatMap((key): readonly Transition[] => {
    const reason = key.bar === null ? endReason(situation, ledger, key) : null;
    if (reason === null) return [];
    if (publishedKeys(ledger).length === 1) {
      const explanation = 'it is the only published key: another one must be published first';
      return [{ action: 'Remove', key, atMs: null, waitingFor: 'AnotherKey', explanation, reason }];
    }
    if (!key.mayHaveSigned) {
      const explanation = 'it never signed: it goes at once';
      const atMs = AT_ONCE_MS;
      return [{ action: 'Remove', key, atMs, waitingFor: 'Nothing', explanation, reason }];
    }
    const { gate, ...waits } = removalOf(situation, key, ledger.terms.declared);
    return [{ action: 'Remove', key, atMs: gate.opensAtMs, ...waits, reason }];
  });
}

/** Why an unbarred key is to end, or null where it is to stay. */
function endReason(situation: Situation, ledger: Ledger, key: LedgerKey): EndReason | null {
  if (key.state === 'Retiring') return 'Retired';
  if (key.state !== 'Pending') return null;
  if (secretOf(situation, key) === null) return 'SecretLost';
  const { kind } = situation.spec;
  const active = activeKey(ledger);
  const isActiveRight = active !== null && sameKind(active, kind);
  return isActiveRight && !sameKind(key, kind) ? 'Superseded' : null;
}

/** When an ordered deletion takes its next step. */
export function deletionTransition(situation: Situation, ledger: Ledger): Transition | null {
  const { deletion } = ledger;
  if (deletion === null) return null;
  const of = (action: Action, waitingFor: string, gate: Gate | null): Transition => ({
    action,
    key: null,
    atMs: gate === null || skipsDeletionWait(situation) ? AT_ONCE_MS : gate.opensAtMs,
    waitingFor,
    explanation:
      gate === null ? 'nothing is left to wait for' : explainGate(gate, ledger.terms.declared),
  });
  if (!deletion.removing) {
    return deleteJwksTransition(situation, ledger);
  }
  const terms = ledger.keys.reduce(
    (sum, key) => largestTerms(sum, key.largest),
    effectiveTerms(ledger.terms, situation.nowMs),
  );
  return of('Delete', 'CachesExpire', deletionGate(ledger, terms));
}

/** The JWKS goes with the last of the keys that signed. */
function deleteJwksTransition(situation: Situation, ledger: Ledger): Transition {
  const removals = neededKeys(ledger).map((key) =>
    removalOf(situation, key, ledger.terms.declared),
  );
  const last = lastOf(removals.map(({ gate }) => gate));
  const removal = removals.find(({ gate }) => gate === last);
  const isSkipped = skipsDeletionWait(situation);
  return {
    action: 'DeleteJwks',
    key: null,
    atMs: last === null || isSkipped ? AT_ONCE_MS : last.opensAtMs,
    waitingFor: removal?.waitingFor ?? 'TokensExpire',
    explanation: removal?.explanation ?? 'nothing is left to wait for',
  };
}

/** The annotation names the set's own UID, so that a copied manifest skips nothing. */
export function skipsDeletionWait({ set }: Situation): boolean {
  return set.annotations[REQUEST.skipDeletionWait] === set.ref.uid;
}

/**
 * Everything that a set waits for: what the user has just requested, then the rest, soonest
 * first; what has no time yet comes last.
 */
export function scheduleOf(situation: Situation, ledger: Ledger): readonly Transition[] {
  const transitions =
    ledger.deletion === null
      ? [
          rollbackTransition(situation, ledger),
          activation(situation, ledger),
          publication(situation, ledger),
          ...removals(situation, ledger),
        ]
      : [deletionTransition(situation, ledger)];
  const isRequested = demandOf(situation, ledger).code === 'RotationRequested';
  const rank = ({ action, atMs }: Transition) => {
    if (action === 'RollBack') return -2;
    return isRequested && action !== 'Remove' ? -1 : (atMs ?? Number.POSITIVE_INFINITY);
  };
  return transitions
    .filter((transition) => transition !== null)
    .sort((a, b) => (rank(a) === rank(b) ? 0 : rank(a) - rank(b)));
}

/** Whether a transition's time has come. */
export function isDue(transition: Transition | null, nowMs: number): transition is Transition {
  return transition?.atMs != null && transition.atMs <= nowMs;
}

export function isGateOpen(key: LedgerKey, nowMs: number): boolean {
  return isOpen(activationGate(key), nowMs);
}

/** The time of a transition as the status shows it: whole seconds, rounded up; none if at once. */
export function transitionTime({ atMs }: Transition): string | undefined {
  if (atMs === null || atMs === AT_ONCE_MS) return undefined;
  return formatInstant(ceilToSecondMs(atMs));
}
