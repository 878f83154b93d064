/**
 * The whole decision: what is the one next step of a set, given one reading of its objects? The
 * stages are tried in order; the first that has a step, or says to wait, ends the pass. Nothing
 * here reads, writes, or knows the time but by `nowMs`.
 */

import { FINALIZER } from './formats/names.ts';
import { isOpen, takenUpGate } from './ledger/gates.ts';
import { keysIn } from './ledger/jwks-document.ts';
import type { Ledger } from './ledger/ledger.ts';
import type { Observed, Plan, Reason, Step, Transition } from './reading/model.ts';
import { noteObservations } from './reading/observations.ts';
import { concernsPods } from './reading/old-pods.ts';
import { type Situation, situationOf } from './reading/situation.ts';
import { adoptionEvents, conditionEvents, transitionEvents } from './report/events.ts';
import { projectStatus, sameStatus, undecodableStatus } from './report/project-status.ts';
import { stallOf } from './report/stall.ts';
import { boundariesOf } from './schedule/boundaries.ts';
import { rotationDueGate, scheduleOf } from './schedule/schedule.ts';
import {
  buryDestroyed,
  destroyBarred,
  destroyEnded,
  publishJwks,
  repairKeySecretMetadata,
  repairSigner,
  repairSignerMetadata,
  restoreKeySecret,
} from './stages/custody.ts';
import {
  abandonDeletion,
  beginDeletion,
  continueDeletion,
  deleteJwks,
  deleteUnused,
  finalizerStep,
  finishDeletion,
  isDeletionFinished,
  isOrderedDeletion,
  releaseFinalizer,
} from './stages/deletion.ts';
import { firstKeyStep } from './stages/first-key.ts';
import { type LostLedger, recoveredLedger, recoveryStep } from './stages/recovery.ts';
import { restartNext } from './stages/restart.ts';
import { isRevokedStillShown, replaceLastRevoked, revoke } from './stages/revocation.ts';
import { rollbackStep } from './stages/rollback.ts';
import { activateNext, barNext, publishNext } from './stages/rotation.ts';
import { basedOn, step, withEvents, writeSigner } from './stages/steps.ts';

/** How soon a reading is repeated while the clocks are in doubt. */
export const DOUBT_RECHECK_MS = 30_000;

/** How soon it is looked whether the set that is to be adopted still lives. */
export const ADOPTEE_RECHECK_MS = 30_000;

/** How soon the pods are looked at again while one of them holds a key for good. */
export const PODS_RECHECK_MS = 30_000;

/** @param nowMs this machine's clock; no earlier than the reading's start. */
export function plan(observed: Observed, nowMs: number): Plan {
  const { set } = observed;
  if (observed.namespaceTerminating && set.finalizers.includes(FINALIZER)) {
    return { ...UNPLANNED, step: basedOn(releaseFinalizer(observed), observed), reasons: [] };
  }
  if (set.spec === null) {
    const reasons = set.specProblems.map((message) => ({ code: 'InvalidSpec', message }));
    return { ...UNPLANNED, step: statusOnly(observed, nowMs), reasons };
  }
  const situation = situationOf(observed, set.spec, nowMs);
  const step = nextStep(situation) ?? statusStep(observed, projectStatus(atRest(situation)));
  return {
    step: step === null ? null : basedOn(step, observed),
    nextAtMs: nextAtMs(situation, nowMs),
    reasons: reasonsOf(situation),
    upcoming: upcomingOf(situation),
    rotationDueMs: rotationDueMs(situation),
    publishedKids: keysIn(situation.jwks?.data ?? {}).map(({ kid }) => kid),
  };
}

/** Of a set of which nothing more is known. */
const UNPLANNED = { nextAtMs: null, upcoming: [], rotationDueMs: null, publishedKids: [] };

/** The status alone: for where another step comes first, and is refused. Null where nothing is new. */
export function statusOnly(observed: Observed, nowMs: number): Step | null {
  const { spec } = observed.set;
  const status =
    spec === null ? undecodableStatus(observed) : projectStatus(situationOf(observed, spec, nowMs));
  const written = statusStep(observed, status);
  return written === null ? null : basedOn(written, observed);
}

/** Where no step is wanted but the status, none is refused any more. */
function atRest(situation: Situation): Situation {
  return { ...situation, observed: { ...situation.observed, refusedWrite: null } };
}

function nextStep(situation: Situation): Step | null {
  const { observed, ledgerState } = situation;
  if (observed.namespaceTerminating) return null;
  if (isDeletionFinished(situation, ledgerState)) return finishDeletion(situation);
  const finalizer = finalizerStep(situation);
  // To let a set go whose objects are to stay touches none of them, so that nothing stalls it.
  if (finalizer !== null && situation.set.deleting) return finalizer;
  if (stallOf(situation) !== null) return null;
  // Before there is anything to delete in order. Later it waits for what is urgent.
  if (finalizer !== null && ledgerState.kind === 'None') return finalizer;
  if (situation.set.deleting && !isOrderedDeletion(situation)) return null;
  switch (ledgerState.kind) {
    case 'Newer':
      return null;
    case 'None':
      if (isOrderedDeletion(situation)) return deleteUnused(situation);
      return withFirstTransitions(firstKeyStep(situation));
    case 'Lost':
      return withRecoveryEvents(recoveryStep(situation, ledgerState), situation, ledgerState);
    case 'Sound':
      return ledgerState.copied ? ledgerStep(situation, ledgerState.ledger) : copyLedger(situation);
  }
}

/** No step follows a ledger generation before a copy of it stands in the status. */
function copyLedger(situation: Situation): Step | null {
  return statusStep(situation.observed, projectStatus(situation));
}

type Stage = (situation: Situation, ledger: Ledger) => Step | null;

/**
 * With the ledger sound and copied. Revocations come first, then repairs, removal of keys last. The
 * finalizer comes in between: should a policy refuse it, a revocation is through by then.
 */
const ALWAYS: readonly Stage[] = [
  revoke,
  replaceLastRevoked,
  noteStep,
  deleteJwks,
  publishJwks,
  repairSigner,
];

/** What records a time or opens a gate, and waits while the clocks are in doubt. */
const WITH_SOUND_CLOCKS: readonly Stage[] = [
  repairSignerMetadata,
  repairKeySecretMetadata,
  restoreKeySecret,
  rollbackStep,
  activateNext,
  publishNext,
  restartNext,
  barNext,
  destroyBarred,
  buryDestroyed,
  destroyEnded,
];

/** A rollback is refused there, so that it is not carried out should the deletion be called off. */
const IN_DELETION: readonly Stage[] = [beginDeletion, rollbackStep, continueDeletion];

function ledgerStep(situation: Situation, ledger: Ledger): Step | null {
  const later = isOrderedDeletion(situation)
    ? IN_DELETION
    : [abandonDeletion, ...WITH_SOUND_CLOCKS];
  const always = [...ALWAYS, finalizerStep];
  const stages = situation.clockInDoubt ? always : [...always, ...later];
  for (const stage of stages) {
    const found = stage(situation, ledger);
    if (found !== null) return withTransitions(found, ledger);
  }
  return null;
}

function noteStep(situation: Situation, ledger: Ledger): Step | null {
  if (isRevokedStillShown(situation, ledger)) return null;
  const noted = noteObservations(situation, ledger);
  if (noted === null) return null;
  const write = writeSigner(situation, noted, { from: 'unchanged' });
  const note = step(write, 'NoteObservations', 'what a live read shows is noted in the ledger');
  return noted.set.uid === ledger.set.uid ? note : withEvents(note, ...adoptionEvents(situation));
}

function withFirstTransitions(found: Step | null): Step | null {
  return found === null ? null : withTransitions(found, null);
}

/** Every transition of a key is told as an event, whichever stage brought it about. */
function withTransitions(found: Step, before: Ledger | null): Step {
  if (found.write.kind !== 'WriteSigner') return found;
  return withEvents(found, ...transitionEvents(before, found.write.ledger));
}

/**
 * A recovery writes the JWKS first, which carries the copy that the signer then follows, bars and
 * all: so what a revocation barred meanwhile is told with that first write.
 */
function withRecoveryEvents(found: Step, situation: Situation, lost: LostLedger): Step {
  const { newest } = lost;
  if (found.write.kind === 'WriteSigner') {
    return newest === null ? found : withTransitions(found, newest);
  }
  const told = newest === null ? [] : transitionEvents(newest, recoveredLedger(situation, lost));
  const revoked = told.filter(({ reason }) => reason === 'KeyRevoked');
  return withEvents(found, ...adoptionEvents(situation), ...revoked);
}

function statusStep(observed: Observed, status: ReturnType<typeof projectStatus>): Step | null {
  const { set } = observed;
  if (sameStatus(set.status, status)) return null;
  const expects = { uid: set.ref.uid, resourceVersion: set.resourceVersion };
  const write = { kind: 'WriteStatus', expects, status } as const;
  const written = step(write, 'WriteStatus', 'the status is brought up to date');
  return withEvents(written, ...conditionEvents(set.status, status));
}

/** The next instant at which the same reading could lead to another step, on this machine's clock. */
function nextAtMs(situation: Situation, nowMs: number): number | null {
  const future = boundariesOf(situation).filter((atMs) => atMs > situation.nowMs);
  const local = future.map((atMs) => atMs - situation.offsetMs);
  if (situation.clockInDoubt) local.push(nowMs + DOUBT_RECHECK_MS);
  if (situation.set.livingAdoptee !== null) local.push(nowMs + ADOPTEE_RECHECK_MS);
  if (awaitsPods(situation)) local.push(nowMs + PODS_RECHECK_MS);
  return local.length === 0 ? null : Math.min(...local);
}

/** Nothing tells the operator that a pod has gone: it looks. */
function awaitsPods({ ledgerState, nowMs }: Situation): boolean {
  if (ledgerState.kind !== 'Sound') return false;
  const { ledger } = ledgerState;
  return ledger.keys.some(
    (key) => concernsPods(ledger, key) && key.settled === null && isOpen(takenUpGate(key), nowMs),
  );
}

function upcomingOf(situation: Situation): readonly Transition[] {
  const { ledgerState } = situation;
  return ledgerState.kind === 'Sound' ? scheduleOf(situation, ledgerState.ledger) : [];
}

function rotationDueMs(situation: Situation): number | null {
  const { ledgerState } = situation;
  if (ledgerState.kind !== 'Sound') return null;
  return rotationDueGate(situation, ledgerState.ledger)?.opensAtMs ?? null;
}

function reasonsOf(situation: Situation): readonly Reason[] {
  const stall = stallOf(situation);
  if (stall !== null) return [stall];
  return upcomingOf(situation).map(({ waitingFor, explanation }) => ({
    code: waitingFor,
    message: explanation,
  }));
}
