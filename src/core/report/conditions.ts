/** The conditions of a set (Kubernetes API conventions, and what kstatus reads of them). */

import type { ConditionReason, ConditionType } from '../formats/codes.ts';
import type { ConditionStatus, Verdict } from '../formats/status.ts';
import { formatDurationMs } from '../formats/time.ts';
import { stateViolations } from '../guard/invariants.ts';
import type { Violation } from '../guard/violation.ts';
import { explainGate } from '../ledger/explain.ts';
import { activationGate, isOpen } from '../ledger/gates.ts';
import { heldObjects, heldText } from '../reading/pending-deletions.ts';
import { showsKey, signerFits } from '../reading/shown.ts';
import type { Situation } from '../reading/situation.ts';
import type { Schedule } from '../schedule/schedule.ts';
import { contestedOf } from './contested.ts';
import { issuersOutdated } from './issuers-outdated.ts';
import { readyOf } from './ready.ts';
import { revocationsApplied } from './revocations-applied.ts';
import { revocationsUnmatched } from './revocations-unmatched.ts';
import { haltOf } from './stall.ts';

/** @param schedule null if there is no sound ledger. */
export function conditionsOf(situation: Situation, schedule: Schedule | null): readonly Verdict[] {
  const ready = readyOf(situation, schedule);
  const halt = haltOf(situation);
  const verdicts = [ready];
  if (halt !== null) verdicts.push(verdict('Stalled', 'True', halt.code, halt.message));
  else if (ready.status === 'False') {
    verdicts.push(verdict('Reconciling', 'True', ready.reason, ready.message));
  }
  if (situation.clockInDoubt) verdicts.push(clockSkew(situation));
  const { lostStatus } = situation.observed;
  if (lostStatus.length > 0) verdicts.push(crdOutdated(lostStatus));
  const contested = contestedOf(situation.observed);
  if (contested !== null) verdicts.push(contested);
  if (situation.withheld.length > 0) verdicts.push(metadataRefused(situation));
  const foreign = foreignKeySecrets(situation);
  if (foreign !== null && halt?.code !== foreign.reason) verdicts.push(foreign);
  const held = heldObjects(situation);
  if (held.length > 0) {
    verdicts.push(verdict('DeletionPending', 'True', 'FinalizersRemain', `${heldText(held)}.`));
  }
  if (schedule !== null && !situation.set.deleting) {
    verdicts.push(standbyReady(situation, schedule), rotationOverdue(situation, schedule));
  }
  const outdated = schedule === null ? null : issuersOutdated(situation, schedule.ledger);
  if (outdated !== null) verdicts.push(outdated);
  const applied = revocationsApplied(situation);
  if (applied !== null) verdicts.push(applied);
  const unmatched = revocationsUnmatched(situation);
  if (unmatched !== null) verdicts.push(unmatched);
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

/** Does not say how far the clocks are apart: that would change the status in every pass. */
function clockSkew({ spec, observed }: Situation): Verdict {
  const { firstDateMs } = observed.reading;
  const allowed = formatDurationMs(spec.terms.clockSkewMs);
  const message =
    firstDateMs === null
      ? "The API server's answers have no Date header. Until they do, no gate opens and no time is recorded. " +
        'Look for a proxy that drops it.'
      : `The clocks of operator and API server differ by more than spec.timing.clockSkew (${allowed}) ` +
        'plus one second. Until they agree, no gate opens and no time is recorded. Synchronize both (NTP).';
  return verdict('ClockSkew', 'True', 'ClocksDisagree', message);
}

function metadataRefused({ withheld, spec }: Situation): Verdict {
  const named = withheld.slice(0, FIELDS_NAMED_MAX).map((field) => `spec.signer.${field}`);
  const more = withheld.length - named.length;
  const message =
    `${named.join(', ')}${more === 0 ? '' : ` and ${more} more`} would ask another controller to copy Secret ` +
    `${spec.signer.name}, and with it the private key. The operator does not put ` +
    `${withheld.length === 1 ? 'it' : 'them'} on the Secret; everything else goes on. Remove ` +
    `${withheld.length === 1 ? 'it' : 'them'}, or run the operator with --allow-secret-copies.`;
  return verdict('MetadataRefused', 'True', 'AsksForCopies', message);
}

/** The maximum number of fields that a message names; it counts the rest. */
const FIELDS_NAMED_MAX = 8;

/** That CRD has no rule for them either. */
const TERMS_UNPROTECTED =
  ' Until then, lower no term: one that is raised and lowered again before an operator reads it is forgotten, and ' +
  'tokens of that time may be rejected.';

function isTermsField(field: string): boolean {
  return field === 'terms' || field.startsWith('terms.');
}

function crdOutdated(lost: readonly string[]): Verdict {
  const named = lost.slice(0, FIELDS_NAMED_MAX).map((field) => `status.${field}`);
  const more = lost.length - named.length;
  const message =
    `The API server does not store ${named.join(', ')}${more === 0 ? '' : ` and ${more} more fields`} as ` +
    'this operator writes the status: the CustomResourceDefinition is of another version. Apply the ' +
    `one of this operator’s release.${lost.some(isTermsField) ? TERMS_UNPROTECTED : ''}`;
  return verdict('CrdOutdated', 'True', 'StatusPruned', message);
}

function foreignKeySecrets({ foreign }: Situation): Verdict | null {
  if (foreign.length === 0) return null;
  const message =
    `Not owned by this set, though named like its objects: ${foreign.join(', ')}. The operator ` +
    `leaves ${foreign.length === 1 ? 'it' : 'them'} alone.`;
  return verdict('ForeignObjects', 'True', 'ObjectNotOwned', message);
}

function standbyReady(situation: Situation, { successor: key }: Schedule): Verdict {
  if (key === null) {
    return situation.spec.rotation.standby
      ? verdict('StandbyReady', 'False', 'NotPublished', 'The next key is not published yet')
      : verdict('StandbyReady', 'False', 'NotWanted', 'spec.rotation.standby is false');
  }
  // What was read comes before what the ledger has noted: the repair may still be ahead, or be refused.
  if (!showsKey(situation.jwks, key)) {
    const message = `Key #${key.ordinal} is not in the JWKS`;
    return verdict('StandbyReady', 'False', 'NotPublished', message);
  }
  const gate = activationGate(key);
  if (isOpen(gate, situation.nowMs)) {
    return verdict('StandbyReady', 'True', 'Proven', `Every verifier knows key #${key.ordinal}`);
  }
  return verdict(
    'StandbyReady',
    'False',
    'Waiting',
    `Key #${key.ordinal} waits: ${explainGate(gate, situation.spec)}`,
  );
}

function rotationOverdue({ spec, nowMs }: Situation, schedule: Schedule): Verdict {
  const { rotationDue, rotationOverdueMs } = schedule;
  if (rotationDue === null || rotationOverdueMs === null || rotationOverdueMs > nowMs) {
    return verdict('RotationOverdue', 'False', 'OnTime', 'No rotation is overdue');
  }
  const due = `The rotation is overdue: ${explainGate(rotationDue, spec)}.`;
  return spec.rotation.suspend
    ? verdict('RotationOverdue', 'True', 'Suspended', `${due} ${SUSPENDED_TEXT}`)
    : verdict('RotationOverdue', 'True', 'Late', `${due} ${LATE_TEXT}`);
}

const SUSPENDED_TEXT = 'The old key keeps signing. To rotate, set spec.rotation.suspend to false.';
const LATE_TEXT = 'The old key keeps signing. status.nextTransition says what the set waits for.';

function invariantsHold(situation: Situation): Verdict {
  const violations = [...stateViolations(situation), ...signerDiffers(situation)];
  const [first] = violations;
  if (first !== undefined) {
    const names = [...new Set(violations.map(({ invariant }) => invariant))].join(', ');
    return verdict('InvariantsHold', 'False', first.invariant, `${names}: ${first.message}`);
  }
  const unknown = whyUnknown(situation);
  if (unknown !== null) return verdict('InvariantsHold', 'Unknown', unknown, NOBODY_CAN_TELL);
  return verdict(
    'InvariantsHold',
    'True',
    'NoneViolated',
    'The signer Secret, the JWKS and the ledger agree',
  );
}

function whyUnknown({ ledgerState, ownership }: Situation): ConditionReason | null {
  if (ledgerState.kind === 'Newer') return 'LedgerTooNew';
  if (ledgerState.kind === 'Lost') return 'LedgerLost';
  // The operator does not look into an object of someone else.
  const isForeign = ownership.signer === 'Foreign' || ownership.jwks === 'Foreign';
  return isForeign ? 'ObjectNotOwned' : null;
}

const NOBODY_CAN_TELL =
  'Without the ledger, or beside objects of others, nobody can tell whether signer Secret and JWKS hold what they should: see Ready';

/** The signer holds a key although none is to sign, or another key under the right kid. Kids alone do not show it. */
function signerDiffers({ ledgerState, signer }: Situation): readonly Violation[] {
  if (ledgerState.kind !== 'Sound' || signer === null) return [];
  if (signerFits(ledgerState.ledger, signer)) return [];
  return [
    { invariant: 'I1', message: `Secret ${signer.meta.name} does not hold what the ledger says` },
  ];
}
