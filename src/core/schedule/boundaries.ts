/**
 * Every instant at which a decision may change by itself. More than are needed, on purpose: a
 * pass that finds nothing to do costs little, a missed one would be a hidden dependence on time.
 */

import {
  activationGate,
  type Gate,
  namedGates,
  removalGate,
  restartGate,
  servedSinceGate,
  takenUpGate,
} from '../ledger/gates.ts';
import { activeKey, type Ledger, type Tombstone } from '../ledger/ledger.ts';
import { nextTermChangeMs } from '../ledger/terms.ts';
import { noteDeclarations, withRaisedTerms } from '../reading/observations.ts';
import { concernsPods } from '../reading/old-pods.ts';
import type { Situation } from '../reading/situation.ts';
import {
  activation,
  deletionTransition,
  demandOf,
  publication,
  removals,
  rotationOverdueMs,
} from './schedule.ts';

/** In any order, past ones included; on the judging clock. */
export function boundariesOf(situation: Situation): readonly number[] {
  const { ledgerState } = situation;
  if (ledgerState.kind !== 'Sound') return [];
  return ledgersOf(situation, ledgerState.ledger).flatMap((ledger) => timesOf(situation, ledger));
}

/** As it is, and as it will be once it knows the terms of the spec: steps and status tell of both. */
function ledgersOf(situation: Situation, ledger: Ledger): readonly Ledger[] {
  const raised = withRaisedTerms(ledger, situation);
  const declared = noteDeclarations(ledger, situation, false);
  return [...new Set([ledger, raised, declared])];
}

function timesOf(situation: Situation, ledger: Ledger): readonly number[] {
  const { nowMs } = situation;
  const transitions = [
    activation(situation, ledger),
    publication(situation, ledger),
    deletionTransition(situation, ledger),
    ...removals(situation, ledger),
  ];
  const times = [
    ...gatesOf(situation, ledger).map(({ opensAtMs }) => opensAtMs),
    ...transitions.map((transition) => transition?.atMs ?? null),
    rotationOverdueMs(situation, ledger),
    nextTermChangeMs(ledger.terms, nowMs),
    // A term that is raised lengthens only the trust that has not run out.
    ...ledger.tombstones.map(trustEndMs),
  ];
  return times.filter((atMs) => atMs !== null);
}

function trustEndMs({ removedSeenMs, trustMs }: Tombstone): number | null {
  return removedSeenMs === null || trustMs === null ? null : removedSeenMs + trustMs;
}

function gatesOf(situation: Situation, ledger: Ledger): readonly Gate[] {
  const active = activeKey(ledger);
  const { gate } = demandOf(situation, ledger);
  return [
    ...namedGates(ledger).values(),
    // Barred ones as well: the status shows the time of each.
    ...ledger.keys.map(removalGate),
    // What a revocation or a rollback could go back to.
    ...ledger.keys.filter(({ bar }) => bar === null).map(activationGate),
    // Of pods that read the Secret once.
    ...ledger.keys.filter((key) => concernsPods(ledger, key)).map(takenUpGate),
    ...(active === null ? [] : [servedSinceGate(active), restartGate(active)]),
    ...(gate === null ? [] : [gate]),
  ];
}
