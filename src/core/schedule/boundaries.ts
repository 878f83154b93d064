/**
 * Every instant at which a decision may change by itself. Deliberately more than are needed: a
 * pass that finds nothing to do costs little, but a missed one would delay a step unnoticed.
 */

import {
  acceptedGate,
  activationGate,
  type Gate,
  namedGates,
  removalGate,
  restartGate,
  servedSinceGate,
  takenUpGate,
} from '../ledger/gates.ts';
import { activeKey, type Ledger } from '../ledger/ledger.ts';
import { nextTermChangeMs, trustEndMs } from '../ledger/terms.ts';
import { noteDeclarations, withRaisedTerms } from '../reading/observations.ts';
import { concernsPods } from '../reading/old-pods.ts';
import type { Situation } from '../reading/situation.ts';
import { unskippedDeletion } from './deletion.ts';
import type { Demand } from './demand.ts';
import { type Schedule, scheduleOf } from './schedule.ts';
import { instantMs } from './transition.ts';

/** In any order, past ones included; on the judging clock. */
export function boundariesOf(situation: Situation, schedule: Schedule): readonly number[] {
  return schedulesOf(situation, schedule).flatMap((each) => timesOf(situation, each));
}

/** As it is, and as it will be once it has the spec's terms: steps and status depend on both. */
function schedulesOf(situation: Situation, schedule: Schedule): readonly Schedule[] {
  const { ledger } = schedule;
  const raised = withRaisedTerms(ledger, situation);
  const declared = noteDeclarations(ledger, situation, false);
  const others = [...new Set([raised, declared])].filter((each) => each !== ledger);
  return [schedule, ...others.map((each) => scheduleOf(situation, each))];
}

function timesOf(situation: Situation, schedule: Schedule): readonly number[] {
  const { ledger, activation, publication } = schedule;
  // A wait that is skipped changes its words once it would be over.
  const deletion = unskippedDeletion(situation, ledger);
  const transitions = [activation, publication, deletion, ...schedule.removals];
  const times = [
    ...gatesOf(ledger, schedule.demand).map(({ opensAtMs }) => opensAtMs),
    ...transitions.map((transition) => transition && instantMs(transition)),
    schedule.rotationOverdueMs,
    nextTermChangeMs(ledger.terms, situation.nowMs),
    // A term that is raised lengthens a trust only if it has not ended yet.
    ...ledger.tombstones.map(({ removedSeenMs, trustMs }) => trustEndMs(removedSeenMs, trustMs)),
  ];
  return times.filter((atMs) => atMs !== null);
}

function gatesOf(ledger: Ledger, demand: Demand): readonly Gate[] {
  const active = activeKey(ledger);
  return [
    ...namedGates(ledger).values(),
    // Barred keys as well: the status shows the time of each.
    ...ledger.keys.map(removalGate),
    // What a revocation or a rollback could go back to.
    ...ledger.keys.filter(({ bar }) => bar === null).map(activationGate),
    // For pods that read the Secret once.
    ...ledger.keys.filter((key) => concernsPods(ledger, key)).map(takenUpGate),
    ...(active === null
      ? []
      : [servedSinceGate(active), acceptedGate(ledger, active), restartGate(active)]),
    ...('gate' in demand ? [demand.gate] : []),
  ];
}
