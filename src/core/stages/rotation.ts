/** The steps of a rotation: publish the next key, switch to it, remove the old one. */

import { ANNOTATION } from '../formats/names.ts';
import { activationGate, isOpen } from '../ledger/gates.ts';
import { activeKey, type Ledger, sameKind } from '../ledger/ledger.ts';
import { activate, addPending, bar, buryOrphan, type KeyOrigin } from '../ledger/lifecycle.ts';
import { effectiveTerms, trustAfterRemovalMs } from '../ledger/terms.ts';
import type { ObservedKeySecret, Step } from '../reading/model.ts';
import { epochOf, mayJoin } from '../reading/ownership.ts';
import { openRotateRequest } from '../reading/requests.ts';
import { isDisturbed, showsKey } from '../reading/shown.ts';
import { isRevoked, type Situation } from '../reading/situation.ts';
import { signsImmediately } from '../schedule/activation.ts';
import { LEAVES_BECAUSE } from '../schedule/removal.ts';
import type { Schedule } from '../schedule/schedule.ts';
import { isDue } from '../schedule/transition.ts';
import { holderOf } from './key-secrets.ts';
import { createKeySecret, fromKeySecret, guardedStep, step, writeSigner } from './steps.ts';

/**
 * The switch, once it is due and every gate is open, if this reading shows the key in the
 * ConfigMap, and nobody else has changed that ConfigMap's data.
 */
export function activateNext(situation: Situation, schedule: Schedule): Step | null {
  const { ledger, activation: due } = schedule;
  if (!isDue(due, situation.nowMs) || due.key === null) return null;
  const { key } = due;
  const isShown = showsKey(situation.jwks, key) && !isDisturbed(situation, ledger);
  const source = fromKeySecret(situation, key);
  const mayActivate =
    isOpen(activationGate(key), situation.nowMs) || signsImmediately(situation, ledger);
  if (!isShown || source === null || !mayActivate) return null;
  const rotateId = openRotateRequest(situation.set, ledger);
  const next = activate(ledger, key.kid, rotateId, situation.nowMs);
  const before = activeKey(ledger);
  const message =
    `Key #${key.ordinal} signs from now on` +
    (before === null ? '' : `; key #${before.ordinal} no longer signs`);
  return guardedStep(writeSigner(situation, next, source), { code: 'Activate', message });
}

/** The next key: a usable orphan joins the ledger; else one is generated. */
export function publishNext(situation: Situation, schedule: Schedule): Step | null {
  const { ledger, publication } = schedule;
  // One that is being deleted may be gone before its key is published.
  const orphans = situation.keySecrets.filter(
    (secret) =>
      secret.meta.deleting === undefined && holderOf(situation, ledger, secret).kind === 'Orphan',
  );
  const isUsable = (orphan: ObservedKeySecret) => isUsableOrphan(situation, ledger, orphan);
  const useless = orphans.find((orphan) => !isUsable(orphan));
  // Ending one records a time, so it waits while the clocks are in doubt.
  if (useless !== undefined && !situation.clockInDoubt) {
    return endOrphan(situation, ledger, useless);
  }
  if (!isDue(publication, situation.nowMs)) return null;
  const origin = orphans.filter(isUsable).map(originOf)[0] ?? null;
  if (origin === null)
    return createKeySecret(situation, ordinalFor(situation, ledger), ledger.epochMs);
  const write = writeSigner(situation, addPending(ledger, origin, situation.nowMs), {
    from: 'unchanged',
  });
  const message = `Key #${origin.ordinal}, ${origin.kid}, is pending: it will be published next`;
  return step(write, 'AddKey', message);
}

/**
 * Made for this ledger and this ordinal, of the kind that the spec asks for, under its own thumbprint, and not
 * revoked.
 */
function isUsableOrphan(situation: Situation, ledger: Ledger, orphan: ObservedKeySecret): boolean {
  const { content } = orphan;
  if (content.kind !== 'Key' || isRevoked(situation, content.kid)) return false;
  return (
    isOfThisLine(situation, ledger, orphan) &&
    orphan.meta.annotations[ANNOTATION.ordinal] === String(orphan.ordinal) &&
    sameKind(content.keyKind, situation.spec.kind) &&
    mayJoin(orphan)
  );
}

function isOfThisLine({ ownership }: Situation, ledger: Ledger, { meta }: ObservedKeySecret) {
  return ownership.keySecrets.get(meta.name) === 'Own' && epochOf(meta) === ledger.epochMs;
}

/**
 * An orphan that cannot be used ends, so that it is destroyed and never published. If it was made for this
 * ledger, it never was. An earlier ledger, which is lost, may have published it until now.
 */
function endOrphan(situation: Situation, ledger: Ledger, orphan: ObservedKeySecret): Step | null {
  const origin = originOf(orphan);
  if (origin === null) return null;
  const reason = isRevoked(situation, origin.kid) ? 'Revoked' : 'Superseded';
  const trustMs = isOfThisLine(situation, ledger, orphan)
    ? 0
    : trustAfterRemovalMs(effectiveTerms(ledger.terms, situation.nowMs));
  const buried = buryOrphan(ledger, origin, { reason, trustMs }, situation);
  const write = writeSigner(situation, buried, { from: 'unchanged' });
  const message = `Secret ${orphan.meta.name} holds a key that this set cannot use: the key ends`;
  return step(write, 'BuryOrphan', message);
}

function originOf({ content, ordinal }: ObservedKeySecret): KeyOrigin | null {
  if (content.kind !== 'Key') return null;
  const { kid, publicJwk, keyKind, kidIsThumbprint } = content;
  return { ordinal, kid, publicJwk, keyKind, imported: !kidIsThumbprint };
}

/**
 * Ordinals only grow. Names that Secrets have are skipped, but only those directly next: so nobody can
 * use up the ordinals.
 */
export function ordinalFor({ observed }: Situation, ledger: Ledger): number {
  let ordinal = ledger.nextOrdinal;
  while (observed.keySecrets.some((secret) => secret.ordinal === ordinal)) ordinal += 1;
  return ordinal;
}

/** Bars a key whose time is over: from now on it can never sign again. */
export function barNext(situation: Situation, schedule: Schedule): Step | null {
  const { ledger, removals } = schedule;
  const due = removals.find((removal) => isDue(removal, situation.nowMs));
  if (due === undefined || due.key === null) return null;
  const reason = due.reason ?? 'Retired';
  const why = `${LEAVES_BECAUSE[reason]} (${due.explanation})`;
  const message = `Key #${due.key.ordinal} leaves the JWKS: ${why}`;
  const write = writeSigner(situation, bar(ledger, due.key.kid, reason), { from: 'unchanged' });
  return guardedStep(write, { code: 'Bar', message });
}
