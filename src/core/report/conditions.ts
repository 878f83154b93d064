/** The conditions of a set (Kubernetes API conventions, and what kstatus reads of them). */

import type { ConditionReason, ConditionType } from '../formats/codes.ts';
import type { Terms } from '../formats/spec.ts';
import type { ConditionStatus, Verdict } from '../formats/status.ts';
import { formatDurationMs } from '../formats/time.ts';
import { stateViolations } from '../guard/invariants.ts';
import { explainGate } from '../ledger/explain.ts';
import { activationGate, type Gate, isOpen, servedSinceGate } from '../ledger/gates.ts';
import { activeKey } from '../ledger/ledger.ts';
import type { Situation } from '../reading/situation.ts';
import { successorOf } from '../schedule/activation.ts';
import type { Schedule } from '../schedule/schedule.ts';
import { issuersOutdated } from './issuers-outdated.ts';
import { revocationsApplied } from './revocations-applied.ts';
import { haltOf, stallOf } from './stall.ts';

/** @param schedule null where there is no sound ledger. */
export function conditionsOf(situation: Situation, schedule: Schedule | null): readonly Verdict[] {
  const ready = readyOf(situation, schedule);
  const halt = haltOf(situation);
  const verdicts = [ready];
  if (halt !== null) verdicts.push(verdict('Stalled', 'True', halt.code, halt.message));
  else if (ready.status === 'False') {
    verdicts.push(verdict('Reconciling', 'True', ready.reason, ready.message));
  }
  if (situation.clockInDoubt) verdicts.push(clockSkew(situation));
  const foreign = foreignKeySecrets(situation);
  if (foreign !== null && halt?.code !== foreign.reason) verdicts.push(foreign);
  if (schedule !== null && !situation.set.deleting) {
    verdicts.push(standbyReady(situation, schedule), rotationOverdue(situation, schedule));
  }
  const outdated = schedule === null ? null : issuersOutdated(situation, schedule.ledger);
  if (outdated !== null) verdicts.push(outdated);
  const applied = revocationsApplied(situation);
  if (applied !== null) verdicts.push(applied);
  verdicts.push(invariantsHold(situation));
  return verdicts;
}

function verdict(
  type: ConditionType,
  status: ConditionStatus,
  reason: ConditionReason,
  message: string,
): Verdict {
  return { type, status, reason, message };
}

/** True once a key signs whose `servedSince` has passed; an ordinary rotation is never False. */
function readyOf(situation: Situation, schedule: Schedule | null): Verdict {
  const no = (reason: ConditionReason, message: string) =>
    verdict('Ready', 'False', reason, message);
  const stall = stallOf(situation);
  if (stall !== null) return no(stall.code, stall.message);
  const { ledgerState, set } = situation;
  if (set.deleting) return no('Deleting', deletionText(schedule));
  if (ledgerState.kind === 'None')
    return no('FirstKeyPending', 'the first key is being made and published');
  if (ledgerState.kind === 'Lost')
    return no('LedgerLost', `${ledgerState.problem}: it is being recovered`);
  if (schedule === null) return no('LedgerTooNew', 'a newer operator wrote the ledger');
  const { ledger } = schedule;
  const active = activeKey(ledger);
  if (active === null) return no('NoSigningKey', noSigningKeyText(schedule));
  const served = servedSinceGate(active);
  if (!isOpen(served, situation.nowMs)) {
    const waits = `key #${active.ordinal} signs, and is being served: ${explainGate(served, ledger.terms.declared)}`;
    return no('PublicationPending', waits);
  }
  return verdict(
    'Ready',
    'True',
    'Signing',
    `key #${active.ordinal} signs and is served everywhere`,
  );
}

/** What comes first in the status may well be another step: this is the one that people wait for. */
function noSigningKeyText({ ledger, activation }: Schedule): string {
  const explanation = activation?.explanation;
  const next =
    explanation === undefined
      ? 'the next one may once it is published and its gate is open'
      : `the next one waits: ${explanation}`;
  if (!ledger.closed) return `no key signs: ${next}`;
  return (
    `the signing key is revoked and no key signs: ${next}; or it signs as soon as it is in the JWKS, ` +
    'with spec.onRevokeWithoutStandby: SignImmediately; verifiers that do not know it yet then reject ' +
    'its tokens'
  );
}

function deletionText(schedule: Schedule | null): string {
  const next = schedule?.deletion ?? null;
  return next === null
    ? 'the set is being deleted'
    : `the set is being deleted; ${next.action} waits: ${next.explanation}`;
}

/** How far the clocks are apart is left out: it would change the status in every pass. */
function clockSkew({ spec, observed }: Situation): Verdict {
  const { firstDateMs } = observed.reading;
  const allowed = formatDurationMs(spec.terms.clockSkewMs);
  const message =
    firstDateMs === null
      ? "the API server's answers carry no Date: no gate opens, and nothing is recorded"
      : `the clocks of operator and API server differ by more than spec.timing.clockSkew (${allowed}) ` +
        'and a second: no gate opens, and nothing is recorded until they agree';
  return verdict('ClockSkew', 'True', 'ClocksDisagree', message);
}

function foreignKeySecrets({ foreign }: Situation): Verdict | null {
  if (foreign.length === 0) return null;
  const message = `${foreign.join(', ')} has a name of this set but is not its own: it is left alone`;
  return verdict('ForeignObjects', 'True', 'ObjectNotOwned', message);
}

function standbyReady(situation: Situation, { ledger }: Schedule): Verdict {
  const key = successorOf(situation, ledger);
  if (key === null) {
    return situation.spec.rotation.standby
      ? verdict('StandbyReady', 'False', 'NotPublished', 'the next key is not published yet')
      : verdict('StandbyReady', 'False', 'NotWanted', 'spec.rotation.standby is false');
  }
  const gate = activationGate(key);
  const name = `key #${key.ordinal}`;
  if (isOpen(gate, situation.nowMs)) {
    return verdict('StandbyReady', 'True', 'Proven', `${name} is known to every verifier`);
  }
  return verdict(
    'StandbyReady',
    'False',
    'Waiting',
    `${name}: ${explainGate(gate, ledger.terms.declared)}`,
  );
}

function rotationOverdue({ spec, nowMs }: Situation, schedule: Schedule): Verdict {
  const { rotationDue, rotationOverdueMs, ledger } = schedule;
  if (rotationDue === null || rotationOverdueMs === null || rotationOverdueMs > nowMs) {
    return verdict('RotationOverdue', 'False', 'OnTime', 'no rotation is overdue');
  }
  const why = spec.rotation.suspend ? 'Suspended' : 'Late';
  return verdict('RotationOverdue', 'True', why, dueText(rotationDue, ledger.terms.declared));
}

function dueText(gate: Gate, declared: Terms): string {
  return `the rotation was due (${explainGate(gate, declared)}); the old key signs until the next one may`;
}

function invariantsHold(situation: Situation): Verdict {
  const violations = stateViolations(situation);
  const [first] = violations;
  if (first === undefined) {
    return verdict('InvariantsHold', 'True', 'NoneViolated', 'I1 to I8 hold (docs/rotation.md)');
  }
  const names = violations.map(({ invariant }) => invariant).join(', ');
  return verdict('InvariantsHold', 'False', first.invariant, `${names}: ${first.message}`);
}
