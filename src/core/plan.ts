/**
 * The whole decision: what is the one next step of a set, given one reading of its objects? The
 * stages are tried in order; the first that has a step ends the pass. Nothing here reads or writes,
 * and the only clock is `nowMs`.
 */
import { FINALIZER } from './formats/names.ts';
import type { Status } from './formats/status.ts';
import { isOpen, takenUpGate } from './ledger/gates.ts';
import { keysIn } from './ledger/jwks-document.ts';
import type { Ledger } from './ledger/ledger.ts';
import { stageStep } from './order.ts';
import type { Observed, Plan, Step } from './reading/model.ts';
import { concernsPods } from './reading/old-pods.ts';
import { type Situation, situationOf } from './reading/situation.ts';
import { conditionEvents } from './report/events.ts';
import { projectStatus, sameStatus, undecodableStatus } from './report/project-status.ts';
import { stallOf } from './report/stall.ts';
import { withRecoveryEvents, withStageEvents, withTransitions } from './report/step-events.ts';
import { boundariesOf } from './schedule/boundaries.ts';
import { type Schedule, scheduleOf } from './schedule/schedule.ts';
import { copiesBesideJwks, copyBesideJwks } from './stages/copy.ts';
import {
  deleteUnused,
  finishDeletion,
  isDeletionFinished,
  isOrderedDeletion,
} from './stages/deletion.ts';
import { finalizerStep, releaseFinalizer } from './stages/finalizer.ts';
import { firstKeyInFight, firstKeyStep } from './stages/first-key.ts';
import { recoveryBesideJwks, recoveryStep } from './stages/recovery.ts';
import { basedOn, step, withEvents } from './stages/steps.ts';
import { Turn } from './stages/turn.ts';

/** How soon a reading is repeated while the clocks are in doubt. */
export const DOUBT_RECHECK_MS = 30_000;

/** How soon to check again whether the set that is to be adopted still exists. */
export const ADOPTEE_RECHECK_MS = 30_000;

/** How soon to list the pods again while one of them is too old. */
export const PODS_RECHECK_MS = 30_000;

/** @param nowMs this machine's clock; no earlier than the reading's start. */
export function plan(observed: Observed, nowMs: number): Plan {
  const { set } = observed;
  const turn = new Turn(observed);
  const { held } = turn;
  if (observed.namespaceTerminating && set.finalizers.includes(FINALIZER)) {
    return { ...UNPLANNED, step: turn.open(releaseFinalizer(observed)), held };
  }
  if (set.spec === null) {
    return {
      ...UNPLANNED,
      step: turn.open(statusStep(observed, undecodableStatus(observed))),
      held,
    };
  }
  const situation = situationOf(observed, set.spec, nowMs);
  const schedule = soundSchedule(situation);
  const next = nextStep(situation, schedule, turn);
  return {
    step: next ?? lastStep(situation, schedule, turn),
    held,
    isWhole: next === null && !turn.isCut && !situation.clockInDoubt,
    nextAtMs: nextAtMs(situation, schedule, nowMs),
    upcoming: schedule?.upcoming ?? [],
    rotationDueMs: schedule?.rotationDue?.opensAtMs ?? null,
    publishedKids: keysIn(situation.jwks?.data ?? {}).map(({ kid }) => kid),
  };
}

/** For a set of which nothing more is known. */
const UNPLANNED = {
  isWhole: false,
  nextAtMs: null,
  upcoming: [],
  rotationDueMs: null,
  publishedKids: [],
};

function soundSchedule(situation: Situation): Schedule | null {
  const { ledgerState } = situation;
  if (ledgerState.kind !== 'Sound') return null;
  return scheduleOf(situation, ledgerState.ledger);
}

/** The status alone, if another step comes first and is refused. Null if nothing is new. */
export function statusOnly(observed: Observed, nowMs: number): Step | null {
  const written = statusStep(observed, projectedStatus(observed, nowMs));
  return written === null ? null : basedOn(written, observed);
}

function projectedStatus(observed: Observed, nowMs: number): Status {
  const { spec } = observed.set;
  if (spec === null) return undecodableStatus(observed);
  const situation = situationOf(observed, spec, nowMs);
  return projectStatus(situation, soundSchedule(situation));
}

/** The status. If nothing else is left to do, a refusal that was noted earlier is over. */
function lastStep(situation: Situation, schedule: Schedule | null, turn: Turn): Step | null {
  const shown = turn.held.length === 0 ? withoutRefusal(situation) : situation;
  return turn.open(statusStep(situation.observed, projectStatus(shown, schedule)));
}

function withoutRefusal(situation: Situation): Situation {
  return { ...situation, observed: { ...situation.observed, refusedWrite: null } };
}

/** What comes before the stages, and replaces them if the ledger is not sound. */
function nextStep(situation: Situation, schedule: Schedule | null, turn: Turn): Step | null {
  const { observed, ledgerState, set } = situation;
  if (observed.namespaceTerminating) return null;
  if (isDeletionFinished(situation)) return turn.open(finishDeletion(situation));
  const finalizer = finalizerStep(situation);
  // A set whose objects stay loses its finalizer. That touches none of them, so nothing stalls it.
  if (finalizer !== null && set.deleting) return turn.open(finalizer);
  if (stallOf(situation) !== null) return null;
  // The finalizer comes first while there is nothing to delete in order. Later it is a stage.
  const first = ledgerState.kind === 'None' ? turn.open(finalizer) : null;
  if (first !== null) return first;
  // Someone deletes a set whose objects stay: they are left as they are.
  if (set.deleting && !isOrderedDeletion(situation)) return null;
  if (schedule === null || ledgerState.kind !== 'Sound') {
    return turn.open(stepWithoutLedger(situation)) ?? turn.open(stepInFight(situation, turn));
  }
  return ledgerState.copied
    ? stageStep(situation, schedule, turn)
    : copyLedger(situation, schedule, turn);
}

/** Before there is a ledger, or after it was lost. */
function stepWithoutLedger(situation: Situation): Step | null {
  const { ledgerState } = situation;
  switch (ledgerState.kind) {
    case 'None':
      if (isOrderedDeletion(situation)) return deleteUnused(situation);
      return withTransitions(firstKeyStep(situation), null);
    case 'Lost':
      return withRecoveryEvents(recoveryStep(situation, ledgerState), situation, ledgerState);
    default:
      // One of a newer version is a stall, and a sound one has stages.
      return null;
  }
}

/** The write of the JWKS backs off: if it shows what it must, that of the signer goes on. */
function stepInFight(situation: Situation, { held }: Turn): Step | null {
  const { ledgerState } = situation;
  if (!held.some(({ object }) => object === `ConfigMap ${situation.spec.jwks.name}`)) return null;
  if (ledgerState.kind === 'None') {
    if (isOrderedDeletion(situation)) return null;
    return withTransitions(firstKeyInFight(situation), null);
  }
  if (ledgerState.kind !== 'Lost') return null;
  const found = recoveryBesideJwks(situation, ledgerState);
  return found === null ? null : withRecoveryEvents(found, situation, ledgerState);
}

/**
 * Copy first: no step follows a ledger generation before the status, or the JWKS, has its copy. If
 * someone keeps taking it out of the status, the JWKS gets it.
 */
function copyLedger(situation: Situation, schedule: Schedule, turn: Turn): Step | null {
  const { observed } = situation;
  const status = statusStep(observed, projectStatus(situation, schedule));
  const isBeside = copiesBesideJwks(situation, schedule);
  if (!isBeside) {
    const opened = turn.open(status);
    if (opened !== null || status === null) return opened;
  }
  const copied = copyBesideJwks(situation, schedule);
  const beside =
    copied === null ? null : turn.open(withStageEvents(copied, situation, schedule.ledger));
  // If the copy is to be in the status, that was tried first.
  return beside ?? (isBeside ? turn.open(status) : null);
}

function statusStep(observed: Observed, status: Status): Step | null {
  const { set } = observed;
  if (sameStatus(set.status, status)) return null;
  const expects = { uid: set.ref.uid, resourceVersion: set.resourceVersion };
  const write = { kind: 'WriteStatus', expects, status } as const;
  const written = step(write, 'WriteStatus', 'The status is updated');
  return withEvents(written, ...conditionEvents(set.status, status));
}

/** The next instant at which the same reading could lead to another step, on this machine's clock. */
function nextAtMs(situation: Situation, schedule: Schedule | null, nowMs: number): number | null {
  const boundaries = schedule === null ? [] : boundariesOf(situation, schedule);
  const future = boundaries.filter((atMs) => atMs > situation.nowMs);
  const local = future.map((atMs) => atMs - situation.offsetMs);
  const { contestedKeptForMs } = situation.observed;
  if (contestedKeptForMs > 0) local.push(nowMs + contestedKeptForMs);
  if (situation.clockInDoubt) local.push(nowMs + DOUBT_RECHECK_MS);
  if (situation.set.livingAdoptee !== null) local.push(nowMs + ADOPTEE_RECHECK_MS);
  if (schedule !== null && awaitsPods(schedule.ledger, situation.nowMs)) {
    local.push(nowMs + PODS_RECHECK_MS);
  }
  return local.length === 0 ? null : Math.min(...local);
}

/** The operator does not watch pods: it lists them until none is too old. */
function awaitsPods(ledger: Ledger, nowMs: number): boolean {
  return ledger.keys.some(
    (key) => concernsPods(ledger, key) && key.settled === null && isOpen(takenUpGate(key), nowMs),
  );
}
