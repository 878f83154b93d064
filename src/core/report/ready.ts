/**
 * The condition `Ready`: a key signs, verifiers can know it, and both show in the objects that were just
 * read. What the ledger says is not enough: somebody may have changed an object, and the API server may
 * refuse the repair.
 */
import type { ConditionReason } from '../formats/codes.ts';
import type { ConditionStatus, Verdict } from '../formats/status.ts';
import { ceilToSecondMs, formatInstant } from '../formats/time.ts';
import { explainGate } from '../ledger/explain.ts';
import { acceptedGate, isOpen, servedSinceGate } from '../ledger/gates.ts';
import { activeKey, type Ledger, type LedgerKey } from '../ledger/ledger.ts';
import { heldObjects, heldText } from '../reading/pending-deletions.ts';
import { showsKey, signerFits } from '../reading/shown.ts';
import { isRevoked, type Situation } from '../reading/situation.ts';
import type { Schedule } from '../schedule/schedule.ts';
import { stallOf } from './stall.ts';

/**
 * An ordinary rotation never makes it False.
 * @param schedule null if there is no sound ledger
 */
export function readyOf(situation: Situation, schedule: Schedule | null): Verdict {
  const stall = stallOf(situation);
  if (stall !== null) return no(stall.code, stall.message);
  const { ledgerState, set } = situation;
  if (set.deleting) return no('Deleting', deletionText(situation, schedule));
  if (ledgerState.kind === 'None')
    return no('FirstKeyPending', 'The operator creates and publishes the first key');
  if (ledgerState.kind === 'Lost')
    return no('LedgerLost', `The operator is recovering the ledger (${ledgerState.problem})`);
  if (schedule === null) return no('LedgerTooNew', 'A newer operator wrote the ledger');
  const active = activeKey(schedule.ledger);
  if (active === null) return no('NoSigningKey', noSigningKeyText(situation, schedule));
  return (
    notInPlace(situation, schedule.ledger, active) ??
    notKnownYet(situation, schedule.ledger, active) ??
    verdict('True', 'Signing', `Key #${active.ordinal} signs and is served everywhere`)
  );
}

function verdict(status: ConditionStatus, reason: ConditionReason, message: string): Verdict {
  return { type: 'Ready', status, reason, message };
}

function no(reason: ConditionReason, message: string): Verdict {
  return verdict('False', reason, message);
}

/** What issuers and verifiers get is not what the ledger says. */
function notInPlace(situation: Situation, ledger: Ledger, active: LedgerKey): Verdict | null {
  const { signer, jwks, spec } = situation;
  const key = `key #${active.ordinal} (${active.kid})`;
  if (isRevoked(situation, active.kid)) {
    const where = `Secret ${spec.signer.name}`;
    return no('SigningKeyRevoked', `${key} is revoked, but not yet replaced in ${where}`);
  }
  if (signer === null || !signerFits(ledger, signer)) {
    const found = signer === null ? 'is gone' : `does not hold ${key}, which is to sign`;
    return no('SignerChanged', `Secret ${spec.signer.name} ${found}. The operator puts it back.`);
  }
  if (jwks === null || !showsKey(jwks, active)) {
    const found = jwks === null ? 'is gone' : `does not show ${key}, which signs`;
    return no('JwksChanged', `ConfigMap ${spec.jwks.name} ${found}. The operator puts it back.`);
  }
  return null;
}

/** Servers may not show the key yet, or, if it signs before its gate, verifiers may not know it yet. */
function notKnownYet(situation: Situation, ledger: Ledger, active: LedgerKey): Verdict | null {
  const { nowMs, spec } = situation;
  const served = servedSinceGate(active);
  if (!isOpen(served, nowMs)) {
    const waits = explainGate(served, spec);
    const message = `Key #${active.ordinal} signs, but may not be served everywhere yet: ${waits}`;
    return no('PublicationPending', message);
  }
  const accepted = acceptedGate(ledger, active);
  const { opensAtMs } = accepted;
  if (isOpen(accepted, nowMs) || opensAtMs === null) return null;
  const until = formatInstant(ceilToSecondMs(opensAtMs));
  const message =
    `Key #${active.ordinal} signs, but verifiers may refuse its tokens until ${until}: ` +
    explainGate(accepted, spec);
  return no('VerifiersMayRefuse', message);
}

/** Explains the next activation, which people wait for: `status.nextTransition` may be another step. */
function noSigningKeyText({ spec }: Situation, { ledger, activation }: Schedule): string {
  const next =
    activation === null
      ? 'The next key signs once it is published and every verifier knows it.'
      : `The next key waits: ${activation.explanation}.`;
  if (!ledger.closed) return `No key signs${lostKeyText(ledger)}. ${next}`;
  const remedy =
    spec.onRevokeWithoutStandby === 'SignImmediately'
      ? ''
      : ' To let it sign as soon as it is in the JWKS, set spec.onRevokeWithoutStandby to ' +
        'SignImmediately: verifiers that do not know it yet then reject its tokens.';
  return `No key signs: the signing key was revoked. ${next}${remedy}`;
}

/** Without a revocation, a set that had a signing key has none only if its private key was lost. */
function lostKeyText({ keys, previousKid }: Ledger): string {
  const last = keys.find(({ kid }) => kid === previousKid);
  if (last === undefined) return '';
  return `: the private key of key #${last.ordinal} is lost from the signer Secret and from its own`;
}

function deletionText(situation: Situation, schedule: Schedule | null): string {
  const held = heldObjects(situation);
  const next = schedule?.deletion == null ? undefined : schedule.upcoming[0];
  if (next === undefined) {
    return `The set is being deleted${held.length === 0 ? '' : `. ${heldText(held)}.`}`;
  }
  const what = next.action === 'DeleteJwks' ? 'JWKS' : 'Secrets';
  return `The set is being deleted. The next step is to delete its ${what}: ${next.explanation}.`;
}
