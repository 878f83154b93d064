/**
 * Keeps the objects as the ledger says they are: repairs of what someone else changed, and the end
 * of key Secrets. Each function is one stage of the plan.
 */

import { keySecretName } from '../formats/names.ts';
import { isOpen, removalGate } from '../ledger/gates.ts';
import { jwksData, sameData } from '../ledger/jwks-document.ts';
import {
  activeKey,
  type Ledger,
  type LedgerKey,
  publishedKeys,
  withLeavingPublished,
} from '../ledger/ledger.ts';
import { bury, emptySigner, hasRoomForAnotherKey, signerDisturbed } from '../ledger/lifecycle.ts';
import { sameMemory } from '../ledger/terms.ts';
import { editedBy } from '../reading/edits.ts';
import type { Step } from '../reading/model.ts';
import { patchChanges } from '../reading/ownership.ts';
import { pendingText } from '../reading/pending-deletions.ts';
import {
  isForeignData,
  isOfGeneration,
  showsKey,
  signerFits,
  signerNoteOf,
} from '../reading/shown.ts';
import { type Situation, secretOf } from '../reading/situation.ts';
import type { Schedule } from '../schedule/schedule.ts';
import {
  deleteKeySecret,
  exactly,
  fromKeySecret,
  guardedStep,
  isJwksMetadataStale,
  isSignerMetadataStale,
  keySecretMetadata,
  step,
  withEvents,
  writeJwks,
  writeSigner,
  writeSignerMetadata,
} from './steps.ts';

/** Someone else changed the signing key: it is put back. If it is lost, no key signs. */
export function repairSigner(situation: Situation, { ledger }: Schedule): Step | null {
  const { signer } = situation;
  if (signer === null || signerFits(ledger, signer)) return null;
  const shown = signer.content.kind === 'Key' ? signer.content.kid : null;
  const active = activeKey(ledger);
  // The JWKS comes first, and may back off: a key that verifiers cannot read must not sign.
  if (active !== null && !showsKey(situation.jwks, active)) return null;
  const source = active === null ? null : fromKeySecret(situation, active);
  const disturbed = signerDisturbed(ledger, signerNoteOf(signer), shown);
  const isLost = active !== null && source === null;
  const next = isLost ? emptySigner(disturbed) : disturbed;
  const found =
    shown === null
      ? 'no usable key'
      : shown === active?.kid
        ? `another key under the kid ${shown}`
        : `the key ${shown}`;
  const remedy = isLost
    ? `The private key of ${active.kid} is lost. No key signs until verifiers know the next one.`
    : active === null
      ? 'No key of the set signs now, so the operator empties the Secret.'
      : `The operator puts ${active.kid} back.`;
  const who = editedBy(signer.otherManagers, ledger.signer?.managers ?? []);
  const message = `Someone else changed Secret ${signer.meta.name}${who}: it held ${found}. ${remedy}`;
  const code = isLost ? 'SigningKeyLost' : 'SignerRepaired';
  const write = writeSigner(situation, next, source ?? { from: 'nothing' });
  return guardedStep(write, { code, message }, [{ type: 'Warning', reason: code, message }]);
}

/** The active key's Secret is gone, but the signer holds the key: its Secret is created again. */
export function restoreKeySecret(situation: Situation, { ledger }: Schedule): Step | null {
  const { signer } = situation;
  const active = activeKey(ledger);
  if (active === null || signer === null || secretOf(situation, active) !== null) return null;
  const name = keySecretName(situation.set.ref.name, active.ordinal);
  if (situation.observed.keySecrets.some(({ meta }) => meta.name === name)) return null;
  const { kid, ordinal, publicJwk } = active;
  const message = `Secret ${name} was gone. The operator creates it again from Secret ${signer.meta.name}.`;
  const metadata = keySecretMetadata(situation, ordinal, publicJwk, null);
  const restored = step(
    {
      kind: 'RestoreKeySecret',
      name,
      ordinal,
      kid,
      publicJwk,
      signer: exactly(signer.meta),
      metadata,
    },
    'KeySecretRestored',
    message,
  );
  return withEvents(restored, { type: 'Warning', reason: 'KeySecretRestored', message });
}

/**
 * The JWKS is computed from the ledger. While a barred key waits for a JWKS of the bar's generation, the
 * JWKS is rewritten even if its data stay the same: a late write of an older one then hits a conflict. So
 * it is if the copy beside it has other terms than the ledger: if the set is deleted and its objects are
 * retained, the copy in the status goes with it.
 */
export function publishJwks(situation: Situation, { ledger }: Schedule): Step | null {
  if (ledger.deletion?.removing === true || publishedKeys(ledger).length === 0) return null;
  const { jwks } = situation;
  const shown = withHeldBack(situation, ledger);
  if (jwks === null) return rewriteJwks(situation, ledger);
  const awaitsProof = shown.keys.some(
    ({ bar }) => bar !== null && bar.removedSeenMs === null && !isOfGeneration(jwks, ledger, bar),
  );
  const differs = jwks.hasOwnBinaryData || !sameData(jwks.data, jwksData(shown));
  const isDue = differs || awaitsProof || copyHasOtherTerms(situation, ledger);
  return isDue ? rewriteJwks(situation, ledger) : null;
}

/** The terms alone: whatever else an older copy has missed counts as happening when it is recovered. */
function copyHasOtherTerms({ ledgers: { jwks: copy } }: Situation, ledger: Ledger): boolean {
  return copy?.kind === 'Ledger' && !sameMemory(copy.ledger.terms, ledger.terms);
}

/** The JWKS as the ledger has it, with a copy of the ledger, even if it is so already. */
export function rewriteJwks(situation: Situation, ledger: Ledger): Step {
  const { jwks } = situation;
  const shown = withHeldBack(situation, ledger);
  const kids = publishedKeys(shown).map(({ kid }) => kid);
  if (jwks === null) {
    const message = `ConfigMap ${situation.spec.jwks.name} was gone. The operator creates it again with ${keysText(kids)}.`;
    const written = step(writeJwks(situation, ledger, shown), 'JwksRestored', message);
    return withEvents(written, { type: 'Warning', reason: 'JwksRestored', message });
  }
  const write = writeJwks(situation, ledger, shown);
  if (isForeignData(situation, ledger)) {
    const who = editedBy(jwks.otherManagers, ledger.jwks?.managers ?? []);
    const message = `Someone else changed ConfigMap ${jwks.meta.name}${who}. The operator writes it again with ${keysText(kids)}.`;
    return guardedStep(write, { code: 'WriteJwks', message }, [
      { type: 'Warning', reason: 'JwksRepaired', message },
    ]);
  }
  const message = `ConfigMap ${jwks.meta.name} is written with ${keysText(kids)}`;
  return guardedStep(write, { code: 'WriteJwks', message });
}

function keysText(kids: readonly string[]): string {
  return `${kids.length === 1 ? 'the key' : 'the keys'} ${kids.join(', ')}`;
}

/** A leaving key whose gate moved later (T was raised) is published for that much longer. */
function withHeldBack({ jwks, nowMs }: Situation, ledger: Ledger): Ledger {
  const isStillPublished = (key: LedgerKey) => jwks === null || showsKey(jwks, key);
  return withLeavingPublished(
    ledger,
    (key) => isStillPublished(key) && !isOpen(removalGate(key), nowMs),
  );
}

/** The maximum number of entries that a message names. */
const ENTRIES_NAMED_MAX = 4;

/**
 * Labels, annotations and owner of the JWKS, a copy of the ledger that can't be read, and entries of others that hold
 * a private key: nobody waits for these.
 */
export function repairJwksMetadata(situation: Situation, { ledger }: Schedule): Step | null {
  if (ledger.deletion?.removing === true || publishedKeys(ledger).length === 0) return null;
  const { jwks: copy } = situation.ledgers;
  const isUnreadable = copy !== null && copy.kind !== 'Ledger';
  if (!isUnreadable && !isJwksMetadataStale(situation)) return null;
  const { write } = rewriteJwks(situation, ledger);
  const name = `ConfigMap ${situation.spec.jwks.name}`;
  const exposing = situation.jwks?.exposing ?? [];
  const message =
    exposing.length > 0
      ? `${name} has a private key in ${exposing.slice(0, ENTRIES_NAMED_MAX).join(', ')}: it is removed`
      : `Labels and annotations of ${name} are repaired`;
  return guardedStep(write, { code: 'RepairMetadata', message });
}

/** Labels, annotations and owner of the signer, without a change of ledger or key. */
export function repairSignerMetadata(situation: Situation, { ledger }: Schedule): Step | null {
  if (!isSignerMetadataStale(situation)) return null;
  const write = writeSignerMetadata(situation, ledger);
  return step(
    write,
    'RepairMetadata',
    `Labels and annotations of Secret ${situation.spec.signer.name} are repaired`,
  );
}

/** Labels, annotations and owner of the Secrets of living keys. */
export function repairKeySecretMetadata(
  situation: Situation,
  { ledger }: Schedule,
  held: ReadonlySet<string> = new Set(),
): Step | null {
  for (const key of ledger.keys) {
    const meta = secretOf(situation, key)?.meta;
    if (meta === undefined || held.has(`Secret ${meta.name}`)) continue;
    const metadata = keySecretMetadata(situation, key.ordinal, key.publicJwk, meta);
    if (!patchChanges(meta, metadata)) continue;
    const message = `Labels and annotations of Secret ${meta.name} are repaired`;
    return step(
      { kind: 'PatchKeySecretMetadata', name: meta.name, expects: exactly(meta), metadata },
      'RepairMetadata',
      message,
    );
  }
  return null;
}

/** A private key is destroyed once a live read has shown the JWKS without its kid. */
export function destroyBarred(
  situation: Situation,
  { ledger }: Schedule,
  held: ReadonlySet<string> = new Set(),
): Step | null {
  for (const key of ledger.keys) {
    if (key.bar === null || key.bar.removedSeenMs === null) continue;
    const secret = situation.keySecrets.find(({ ordinal }) => ordinal === key.ordinal);
    if (secret === undefined || secret.meta.deleting !== undefined) continue;
    if (held.has(`Secret ${secret.meta.name}`)) continue;
    const message = `The operator deletes Secret ${secret.meta.name}: its key has left the JWKS`;
    return deleteKeySecret(secret, { code: 'DestroyKey', message });
  }
  return null;
}

/**
 * Then the key becomes a tombstone. If the ledger is full, because someone's finalizers hold up such
 * Secrets, that is done while the Secret is being deleted: the next key needs the room.
 */
export function buryDestroyed(situation: Situation, { ledger }: Schedule): Step | null {
  const removed = ledger.keys.filter(({ bar }) => bar !== null && bar.removedSeenMs !== null);
  const secretFor = ({ ordinal }: LedgerKey) =>
    situation.keySecrets.find((secret) => secret.ordinal === ordinal);
  const gone = removed.find((key) => secretFor(key) === undefined);
  const going = removed.find((key) => secretFor(key)?.meta.deleting !== undefined);
  const key = gone ?? (hasRoomForAnotherKey(ledger) ? undefined : going);
  if (key === undefined) return null;
  const held = secretFor(key)?.meta;
  const rest =
    held?.deleting === undefined
      ? ''
      : `. The ledger needs its room, but its private key still exists: Secret ${held.name} ${pendingText(held.deleting)}`;
  const message = `Key #${key.ordinal} has ended (${key.bar?.reason ?? 'Retired'})${rest}`;
  const write = writeSigner(situation, bury(ledger, key, situation.nowMs), { from: 'unchanged' });
  return step(write, 'BuryKey', message);
}
