/**
 * What a sound ledger means, assessed once a pass: why the next rotation is due, and every
 * transition that the set waits for, with its time and arithmetic. The stages carry out those whose
 * time has come; conditions, status and metrics show the same ones.
 */
import type { Gate } from '../ledger/gates.ts';
import type { Ledger, LedgerKey } from '../ledger/ledger.ts';
import type { Transition } from '../reading/model.ts';
import type { Situation } from '../reading/situation.ts';
import { activationTransition, successorOf } from './activation.ts';
import { deletionTransition, shownDeletion } from './deletion.ts';
import { type Demand, demandOf, rotationDueGate, rotationOverdueMs } from './demand.ts';
import { publicationTransition } from './publication.ts';
import { leavingRemovals, removals } from './removal.ts';
import { type PreviousSigner, previousSigner, rollbackTransition } from './rollback.ts';
import { byTime } from './transition.ts';

export interface Schedule {
  readonly ledger: Ledger;
  readonly demand: Demand;
  /** The key that signs next; null if there is none yet. */
  readonly successor: LedgerKey | null;
  /** Null if no key signs, and in an ordered deletion. */
  readonly rotationDue: Gate | null;
  readonly rotationOverdueMs: number | null;
  readonly previous: PreviousSigner;
  readonly rollback: Transition | null;
  readonly activation: Transition | null;
  readonly publication: Transition | null;
  readonly removals: readonly Transition[];
  /** When its next step may be taken, whatever keeps the objects that were deleted already. */
  readonly deletion: Transition | null;
  /** All that count: what the user has just requested, then the rest, soonest first. */
  readonly upcoming: readonly Transition[];
}

export function scheduleOf(situation: Situation, ledger: Ledger): Schedule {
  const demand = demandOf(situation, ledger);
  const successor = successorOf(situation, ledger);
  const rotationDue = rotationDueGate(situation, ledger);
  const previous = previousSigner(situation, ledger);
  const ending = removals(situation, ledger, successor);
  const leaving = [...ending, ...leavingRemovals(situation, ledger)];
  const parts = {
    rollback: rollbackTransition(situation, ledger, previous),
    activation: activationTransition(situation, ledger, demand, successor),
    publication: publicationTransition(situation, ledger, demand, successor, leaving),
    removals: ending,
    deletion: deletionTransition(situation, ledger),
  };
  return {
    ledger,
    demand,
    successor,
    rotationDue,
    rotationOverdueMs: rotationOverdueMs(situation, ledger, rotationDue),
    previous,
    ...parts,
    upcoming: inOrder(
      { ...parts, deletion: shownDeletion(situation, ledger, parts.deletion) },
      demand,
    ),
  };
}

type Parts = Pick<Schedule, 'rollback' | 'activation' | 'publication' | 'removals' | 'deletion'>;

/** Once an ordered deletion has begun, only that counts. */
function inOrder(parts: Parts, demand: Demand): readonly Transition[] {
  const { rollback, activation, publication, deletion } = parts;
  if (deletion !== null) return [deletion];
  const isRequested = demand.code === 'RotationRequested';
  const rotation = [activation, publication].filter((transition) => transition !== null);
  const rest = [...(isRequested ? [] : rotation), ...parts.removals].sort(byTime);
  return [...(rollback === null ? [] : [rollback]), ...(isRequested ? rotation : []), ...rest];
}
