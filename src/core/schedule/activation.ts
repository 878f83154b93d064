/** Which key signs next, and when. */
import type { WaitingFor } from '../formats/codes.ts';
import { explainGate } from '../ledger/explain.ts';
import { activationGate, firstToOpen, type Gate, lastOf, takenUpGate } from '../ledger/gates.ts';
import { activeKey, type Ledger, type LedgerKey, sameKind } from '../ledger/ledger.ts';
import type { Transition } from '../reading/model.ts';
import { type Situation, secretOf } from '../reading/situation.ts';
import type { Demand } from './demand.ts';
import { AT_ONCE, opening, UNKNOWN } from './transition.ts';

/** Why a rotation is due, if not by its interval; goes before the arithmetic. */
const DEMANDED: Readonly<Record<Demand['code'], string>> = {
  RotationDue: '',
  RotationRequested: 'a rotation was requested; ',
  AlgorithmChanged: 'the algorithm changes; ',
  // `Ready` says so, with its reason.
  NoActiveKey: '',
};

/** The key that signs next: the oldest one that is of the right kind, unbarred, and has its Secret. */
export function successorOf(situation: Situation, ledger: Ledger): LedgerKey | null {
  const { kind } = situation.spec;
  const standbys = ledger.keys.filter((key) => isStandby(situation, key));
  return standbys.find((key) => sameKind(key, kind)) ?? null;
}

function isStandby(situation: Situation, key: LedgerKey): boolean {
  return key.state === 'Pending' && key.bar === null && secretOf(situation, key) !== null;
}

/**
 * Whether no key signs because of a revocation, and the user prefers rejected tokens to none. Read
 * again in each pass, so that an edit of the policy counts at once.
 */
export function signsImmediately({ spec }: Situation, ledger: Ledger): boolean {
  const isClosed = ledger.closed && activeKey(ledger) === null && ledger.deletion === null;
  return isClosed && spec.onRevokeWithoutStandby === 'SignImmediately';
}

/** When the successor is activated. */
export function activationTransition(
  situation: Situation,
  ledger: Ledger,
  demand: Demand,
  successor: LedgerKey | null,
): Transition | null {
  if (signsImmediately(situation, ledger)) return immediateActivation(situation, ledger, successor);
  if (successor === null) return null;
  const isVoluntary = demand.code !== 'NoActiveKey';
  if (situation.spec.rotation.suspend && isVoluntary) return suspended(successor);
  const last = lastOf(waitsFor(successor, activeKey(ledger), demand));
  const arithmetic = explainGate(last.gate, situation.spec);
  return {
    action: 'Activate',
    key: successor,
    when: opening(last.gate),
    waitingFor: last.waitingFor,
    explanation: `${DEMANDED[demand.code]}${arithmetic}`,
  };
}

interface Wait {
  readonly waitingFor: WaitingFor;
  readonly gate: Gate;
}

/** All of them must be open. */
function waitsFor(
  successor: LedgerKey,
  active: LedgerKey | null,
  demand: Demand,
): readonly [Wait, ...Wait[]] {
  const known: Wait = { waitingFor: 'ActivationGate', gate: activationGate(successor) };
  const others: Wait[] = [];
  if (active !== null) others.push({ waitingFor: 'SwitchComplete', gate: takenUpGate(active) });
  if ('gate' in demand) others.push({ waitingFor: demand.code, gate: demand.gate });
  return [known, ...others];
}

function suspended(key: LedgerKey): Transition {
  const explanation =
    'spec.rotation.suspend is true: no scheduled or requested rotation until it is false';
  return { action: 'Activate', key, when: UNKNOWN, waitingFor: 'Suspended', explanation };
}

/** Of the pending keys that were seen in the JWKS, the one whose gate opens first signs. */
function immediateActivation(
  situation: Situation,
  ledger: Ledger,
  successor: LedgerKey | null,
): Transition | null {
  const observed = firstToOpen(
    ledger.keys.filter((key) => isStandby(situation, key) && key.publishedSeenMs !== null),
  );
  const key = observed ?? successor;
  if (key === null) return null;
  const explanation =
    'with spec.onRevokeWithoutStandby: SignImmediately, the key signs as soon as it is seen in the JWKS';
  const when = observed === null ? UNKNOWN : AT_ONCE;
  return { action: 'Activate', key, when, waitingFor: 'NoActiveKey', explanation };
}
