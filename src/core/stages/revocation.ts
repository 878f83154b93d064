/**
 * Revocation waits for nothing: one write bars the key in the ledger and takes it out of the signer,
 * and the JWKS follows. This file decides what signs in its place, and what happens if no key may.
 */

import type { RevocationReason } from '../formats/spec.ts';
import { activationGate, firstToOpen, isOpen } from '../ledger/gates.ts';
import {
  activeKey,
  type Ledger,
  type LedgerKey,
  publishedKeys,
  sameKind,
} from '../ledger/ledger.ts';
import { activate, nextGeneration, signerDisturbed, withRevoked } from '../ledger/lifecycle.ts';
import { replacedSigner, undoneEdits } from '../reading/edits.ts';
import type { EventNote, SignerSource, Step } from '../reading/model.ts';
import { withRaisedTerms } from '../reading/observations.ts';
import { openRotateRequest } from '../reading/requests.ts';
import {
  isDisturbed,
  isSignerDisturbed,
  showsKey,
  signerFits,
  signerNoteOf,
} from '../reading/shown.ts';
import { isRevoked, type Situation, secretOf } from '../reading/situation.ts';
import { previousSigner } from '../schedule/rollback.ts';
import type { Schedule } from '../schedule/schedule.ts';
import { publishNext } from './rotation.ts';
import { fromKeySecret, guardedStep, withEvents, writeSigner } from './steps.ts';

/** Every key that the spec revokes and the ledger does not yet, in one write. */
export function revoke(situation: Situation, schedule: Schedule): Step | null {
  // The same edit may raise a term. The ledger records that only later, but the gates count it now.
  const ledger = withRaisedTerms(schedule.ledger, situation);
  const revoked = ledger.keys.filter(
    (key) => isRevoked(situation, key.kid) && key.bar?.reason !== 'Revoked',
  );
  if (revoked.length === 0) return null;
  const before = activeKey(ledger);
  const closed = withRevoked(noteOtherSigner(situation, ledger), nextGeneration(ledger), (kid) =>
    isRevoked(situation, kid),
  );
  const names = revoked.map((key) => `key #${key.ordinal} (${key.kid})`).join(', ');
  const reasons = [...new Set(revoked.map(({ kid }) => reasonOf(situation, kid)))].join(', ');
  const said = `spec.revocations lists ${names}: ${reasons}`;
  if (before === null || !revoked.includes(before)) {
    const write = writeSigner(situation, closed, { from: 'unchanged' });
    const revoking = guardedStep(write, { code: 'Revoke', message: said });
    return withEvents(revoking, ...undoneEdits(situation, ledger));
  }
  const next = replacement(situation, ledger);
  const source = next === null ? null : fromKeySecret(situation, next);
  const revoking =
    next === null || source === null
      ? closeSet(situation, closed, said)
      : switchAway(situation, closed, next, source, said);
  const edits = [...replacedSigner(situation, ledger), ...undoneEdits(situation, ledger)];
  return withEvents(revoking, ...edits);
}

function reasonOf({ spec }: Situation, kid: string): RevocationReason {
  return spec.revocations.find((entry) => entry.kid === kid)?.reason ?? 'Unspecified';
}

/** This write replaces what someone may have put into the signer: it may have signed until now. */
function noteOtherSigner({ signer }: Situation, ledger: Ledger): Ledger {
  if (signer === null) return ledger;
  if (signerFits(ledger, signer) && !isSignerDisturbed(signer, ledger)) return ledger;
  const shown = signer.content.kind === 'Key' ? signer.content.kid : null;
  return signerDisturbed(ledger, signerNoteOf(signer), shown);
}

function switchAway(
  situation: Situation,
  closed: Ledger,
  next: LedgerKey,
  source: SignerSource,
  said: string,
): Step {
  const rotateId = openRotateRequest(situation.set, closed);
  const ledger = activate(closed, next.kid, rotateId, situation.nowMs);
  const message = `${said}. Key #${next.ordinal} signs from now on.`;
  return guardedStep(writeSigner(situation, ledger, source), { code: 'Revoke', message });
}

function closeSet(situation: Situation, closed: Ledger, said: string): Step {
  const message = `${said}. No key signs until verifiers know the next one.`;
  const event: EventNote = { type: 'Warning', reason: 'NoSigningKey', message };
  const write = writeSigner(situation, closed, { from: 'nothing' });
  return guardedStep(write, { code: 'Revoke', message }, [event]);
}

/**
 * What signs in place of a revoked key: a standby whose gate is open, if possible of the kind that
 * the spec asks for; else the previous key, as in a rollback; else, if the user prefers
 * rejected tokens to none, the observed standby whose gate opens first.
 */
function replacement(situation: Situation, ledger: Ledger): LedgerKey | null {
  const standbys = ledger.keys.filter((key) => isUsableStandby(situation, ledger, key));
  const proven = situation.clockInDoubt
    ? []
    : standbys.filter((key) => isOpen(activationGate(key), situation.nowMs));
  const ofKind = proven.find((key) => sameKind(key, situation.spec.kind));
  const previous = situation.clockInDoubt ? null : usablePrevious(situation, ledger);
  const safe = ofKind ?? proven[0] ?? previous;
  if (safe !== null) return safe;
  return situation.spec.onRevokeWithoutStandby === 'SignImmediately' ? firstToOpen(standbys) : null;
}

function usablePrevious(situation: Situation, ledger: Ledger): LedgerKey | null {
  const previous = previousSigner(situation, ledger);
  return 'key' in previous ? previous.key : null;
}

function isUsableStandby(situation: Situation, ledger: Ledger, key: LedgerKey): boolean {
  return (
    key.state === 'Pending' &&
    key.bar === null &&
    key.publishedSeenMs !== null &&
    !isRevoked(situation, key.kid) &&
    secretOf(situation, key) !== null &&
    showsKey(situation.jwks, key) &&
    !isDisturbed(situation, ledger)
  );
}

/** If no key is left to publish, the next one comes first: the JWKS is never empty. */
export function replaceLastRevoked(situation: Situation, schedule: Schedule): Step | null {
  const { ledger } = schedule;
  if (ledger.deletion !== null || publishedKeys(ledger).length > 0) return null;
  return publishNext(situation, schedule);
}

/**
 * The JWKS still shows a revoked key, and can be written without it at once: notes come after that,
 * except that of someone else's edit of the JWKS, which the write would hide.
 */
export function isRevokedStillShown(situation: Situation, ledger: Ledger): boolean {
  const { jwks } = situation;
  const isShown = ledger.keys.some((key) => key.bar?.reason === 'Revoked' && showsKey(jwks, key));
  return isShown && publishedKeys(ledger).length > 0 && !isDisturbed(situation, ledger);
}
