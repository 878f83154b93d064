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
import type { Observed, Plan, Step } from './reading/model.ts';
import { concernsPods } from './reading/old-pods.ts';
import { type Situation, situationOf } from './reading/situation.ts';
import { conditionEvents } from './report/events.ts';
import { projectStatus, sameStatus, undecodableStatus } from './report/project-status.ts';
import { stallOf } from './report/stall.ts';
import { withRecoveryEvents, withStageEvents, withTransitions } from './report/step-events.ts';
import { boundariesOf } from './schedule/boundaries.ts';
import { type Schedule, scheduleOf } from './schedule/schedule.ts';
import { copiesBesideJwks, copyBesideJwks, firstCopyBesideJwks } from './stages/copy.ts';
import {
  buryDestroyed,
  destroyBarred,
  publishJwks,
  repairKeySecretMetadata,
  repairSigner,
  repairSignerMetadata,
  restoreKeySecret,
} from './stages/custody.ts';
import {
  abandonDeletion,
  allowJwksDeletion,
  beginDeletion,
  deleteJwks,
  deleteRest,
  deleteUnused,
  finishDeletion,
  isDeletionFinished,
  isOrderedDeletion,
} from './stages/deletion.ts';
import { finalizerStep, releaseFinalizer } from './stages/finalizer.ts';
import { firstKeyStep } from './stages/first-key.ts';
import { destroyUnneeded } from './stages/key-secrets.ts';
import { noteShown } from './stages/note.ts';
import { recoveryStep } from './stages/recovery.ts';
import { restartNext } from './stages/restart.ts';
import { replaceLastRevoked, revoke } from './stages/revocation.ts';
import { rollbackStep } from './stages/rollback.ts';
import { activateNext, barNext, publishNext } from './stages/rotation.ts';
import { basedOn, type Stage, step, withEvents } from './stages/steps.ts';

/** How soon a reading is repeated while the clocks are in doubt. */
export const DOUBT_RECHECK_MS = 30_000;

/** How soon to check again whether the set that is to be adopted still exists. */
export const ADOPTEE_RECHECK_MS = 30_000;

/** How soon to list the pods again while one of them is too old. */
export const PODS_RECHECK_MS = 30_000;

/** @param nowMs this machine's clock; no earlier than the reading's start. */
export function plan(observed: Observed, nowMs: number): Plan {
  const { set } = observed;
  if (observed.namespaceTerminating && set.finalizers.includes(FINALIZER)) {
    return { ...UNPLANNED, step: basedOn(releaseFinalizer(observed), observed) };
  }
  if (set.spec === null) return { ...UNPLANNED, step: statusOnly(observed, nowMs) };
  const situation = situationOf(observed, set.spec, nowMs);
  const schedule = soundSchedule(situation);
  const step =
    nextStep(situation, schedule) ??
    statusStep(observed, projectStatus(withoutRefusal(situation), schedule));
  return {
    step: step === null ? null : basedOn(step, observed),
    nextAtMs: nextAtMs(situation, schedule, nowMs),
    upcoming: schedule?.upcoming ?? [],
    rotationDueMs: schedule?.rotationDue?.opensAtMs ?? null,
    publishedKids: keysIn(situation.jwks?.data ?? {}).map(({ kid }) => kid),
  };
}

/** For a set of which nothing more is known. */
const UNPLANNED = { nextAtMs: null, upcoming: [], rotationDueMs: null, publishedKids: [] };

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

/** Nothing is left to do but the status: a refusal that was noted earlier is over. */
function withoutRefusal(situation: Situation): Situation {
  return { ...situation, observed: { ...situation.observed, refusedWrite: null } };
}

/** What comes before the stages, and replaces them if the ledger is not sound. */
function nextStep(situation: Situation, schedule: Schedule | null): Step | null {
  const { observed, ledgerState, set } = situation;
  if (observed.namespaceTerminating) return null;
  if (isDeletionFinished(situation)) return finishDeletion(situation);
  const finalizer = finalizerStep(situation);
  // A set whose objects stay is let go. That touches none of them, so nothing stalls it.
  if (finalizer !== null && set.deleting) return finalizer;
  if (stallOf(situation) !== null) return null;
  // The finalizer comes first while there is nothing to delete in order. Later it is a stage.
  if (finalizer !== null && ledgerState.kind === 'None') return finalizer;
  // Someone deletes a set whose objects stay: they are left as they are.
  if (set.deleting && !isOrderedDeletion(situation)) return null;
  if (schedule === null || ledgerState.kind !== 'Sound') return stepWithoutLedger(situation);
  return ledgerState.copied ? stageStep(situation, schedule) : copyLedger(situation, schedule);
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

/** Copy first: no step follows a ledger generation before the status, or the JWKS, has its copy. */
function copyLedger(situation: Situation, schedule: Schedule): Step | null {
  const { observed } = situation;
  if (copiesBesideJwks(situation, schedule)) {
    const copied = copyBesideJwks(situation, schedule);
    if (copied !== null) return withStageEvents(copied, situation, schedule.ledger);
  }
  return statusStep(observed, projectStatus(situation, schedule));
}

/**
 * All but `EvenInDoubt` wait while the clocks are in doubt. Most of them record a time or rely on a
 * gate; the others can wait.
 */
type Runs = 'EvenInDoubt' | 'AnyTime' | 'InDeletion' | 'OutsideDeletion';

/** For a ledger that is sound and copied: revocations first, then repairs, removal of keys last. */
const STAGES: readonly (readonly [Runs, Stage])[] = [
  ['EvenInDoubt', revoke],
  ['EvenInDoubt', replaceLastRevoked],
  ['EvenInDoubt', noteShown],
  ['EvenInDoubt', publishJwks],
  ['EvenInDoubt', repairSigner],
  // Only once no key is in the signer: the guard lets no signing key lose its JWKS.
  ['EvenInDoubt', deleteJwks],
  // After the revocations: a policy that refuses the finalizer must not hold one up.
  ['EvenInDoubt', finalizerStep],
  ['InDeletion', beginDeletion],
  ['OutsideDeletion', abandonDeletion],
  ['OutsideDeletion', repairSignerMetadata],
  ['OutsideDeletion', repairKeySecretMetadata],
  ['OutsideDeletion', restoreKeySecret],
  // A deletion refuses a rollback, so that none is carried out later if it is called off.
  ['AnyTime', rollbackStep],
  ['InDeletion', allowJwksDeletion],
  ['InDeletion', deleteRest],
  ['OutsideDeletion', activateNext],
  ['OutsideDeletion', publishNext],
  ['OutsideDeletion', restartNext],
  ['OutsideDeletion', barNext],
  ['OutsideDeletion', destroyBarred],
  ['OutsideDeletion', buryDestroyed],
  ['OutsideDeletion', destroyUnneeded],
  ['OutsideDeletion', firstCopyBesideJwks],
];

function stageStep(situation: Situation, schedule: Schedule): Step | null {
  for (const [runs, stage] of STAGES) {
    const found = isItsTurn(runs, situation) ? stage(situation, schedule) : null;
    if (found !== null) return withStageEvents(found, situation, schedule.ledger);
  }
  return null;
}

function isItsTurn(runs: Runs, situation: Situation): boolean {
  if (runs === 'EvenInDoubt') return true;
  if (situation.clockInDoubt) return false;
  return runs === 'AnyTime' || isOrderedDeletion(situation) === (runs === 'InDeletion');
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
