/**
 * Ordered deletion (`deletionPolicy: Delete`): the signer's values are emptied, tokens live out,
 * the JWKS goes, caches let go, then the rest goes and the finalizer last. Each function is one
 * stage of the plan.
 */

import { FINALIZER } from '../formats/names.ts';
import { activeKey } from '../ledger/ledger.ts';
import { emptySigner } from '../ledger/lifecycle.ts';
import type { EventNote, ObjectMeta, Observed, Step } from '../reading/model.ts';
import { skipsDeletionWait } from '../reading/requests.ts';
import type { Situation } from '../reading/situation.ts';
import type { Schedule } from '../schedule/schedule.ts';
import { isDue } from '../schedule/transition.ts';
import { deleteKeySecret, exactly, guardedStep, step, withEvents, writeSigner } from './steps.ts';

export function isOrderedDeletion({ set, spec }: Situation): boolean {
  return set.deleting && set.finalizers.includes(FINALIZER) && spec.deletionPolicy === 'Delete';
}

/** The finalizer stands on the set exactly while its deletion is to be ordered. */
export function finalizerStep(situation: Situation): Step | null {
  const { set, spec } = situation;
  const isThere = set.finalizers.includes(FINALIZER);
  const isWanted = spec.deletionPolicy === 'Delete';
  if (isThere === isWanted || (set.deleting && !isThere)) return null;
  return writeFinalizer(situation, isWanted, `deletionPolicy is ${spec.deletionPolicy}`);
}

/** In a terminating namespace nothing may hold the set, whatever its spec says. */
export function releaseFinalizer(observed: Observed): Step {
  return writeFinalizer(observed, false, 'the namespace is terminating');
}

function writeFinalizer({ set }: Pick<Observed, 'set'>, present: boolean, message: string): Step {
  const expects = { uid: set.ref.uid, resourceVersion: set.resourceVersion };
  return step({ kind: 'WriteFinalizer', expects, present }, 'Finalizer', message);
}

/** Without a ledger nobody ever signed: everything may go at once. */
export function deleteUnused(situation: Situation): Step | null {
  const { jwks, keySecrets } = situation;
  const reason = { code: 'DeleteUnused', message: 'the set never signed anything' } as const;
  if (isToDelete(jwks)) {
    const expects = exactly(jwks.meta);
    return guardedStep({ kind: 'DeleteJwks', name: jwks.meta.name, expects }, reason);
  }
  const secret = keySecrets.find(isToDelete);
  if (secret !== undefined) return deleteKeySecret(secret, reason);
  if (jwks !== null || keySecrets.length > 0) return null;
  return writeFinalizer(situation, false, 'nothing is left of the set');
}

/** Somebody else's finalizer keeps what is deleted already: that it goes is waited for. */
function isToDelete<T extends { readonly meta: ObjectMeta }>(object: T | null): object is T {
  return object !== null && object.meta.deleting !== true;
}

/** The last step before the finalizer removes the ledger itself: then only the copy tells. */
export function isDeletionFinished({
  signer,
  jwks,
  keySecrets,
  set,
  ledgerState,
}: Situation): boolean {
  if (!set.deleting || ledgerState.kind !== 'Lost' || signer !== null || jwks !== null)
    return false;
  return keySecrets.length === 0 && ledgerState.newest?.deletion?.jwksRemovedSeenMs != null;
}

export function finishDeletion(situation: Situation): Step {
  return writeFinalizer(situation, false, 'every object of the set is gone');
}

/** First nobody signs any more. */
export function beginDeletion(situation: Situation, { ledger }: Schedule): Step | null {
  if (ledger.deletion !== null) return null;
  const active = activeKey(ledger);
  const deletion = { removing: false, jwksRemovedSeenMs: null };
  const message = `the set is being deleted: ${active?.kid ?? 'no key'} stops signing`;
  return guardedStep(
    writeSigner(situation, emptySigner(ledger, { deletion }), { from: 'nothing' }),
    { code: 'BeginDeletion', message },
  );
}

function skippedNote(): EventNote {
  return {
    type: 'Warning',
    reason: 'DeletionWaitSkipped',
    message: 'the wait is skipped: every token that has not expired yet is rejected from now on',
  };
}

/** A deletion that was under way when the set was restored, or its policy edited, is off. */
export function abandonDeletion(situation: Situation, { ledger }: Schedule): Step | null {
  if (ledger.deletion === null || situation.set.deleting) return null;
  const message = 'the set is not being deleted any more: it is published again';
  const back = { ...ledger, deletion: null };
  return guardedStep(writeSigner(situation, back, { from: 'unchanged' }), {
    code: 'AbandonDeletion',
    message,
  });
}

/** Then the JWKS goes, once the last token has expired; then, once caches let go, the rest. */
export function continueDeletion(situation: Situation, schedule: Schedule): Step | null {
  const { ledger, deletion: next } = schedule;
  const { deletion } = ledger;
  if (deletion === null || !isDue(next, situation.nowMs)) return null;
  const code = deletion.removing ? 'Delete' : 'DeleteJwks';
  const reason = { code, message: next.explanation } as const;
  if (!deletion.removing) {
    const removing = { ...ledger, deletion: { ...deletion, removing: true } };
    const begun = guardedStep(writeSigner(situation, removing, { from: 'unchanged' }), reason);
    return skipsDeletionWait(situation.set) ? withEvents(begun, skippedNote()) : begun;
  }
  const { keySecrets, signer } = situation;
  const secret = keySecrets.find(isToDelete);
  if (secret !== undefined) return deleteKeySecret(secret, reason);
  // It holds the ledger, so it goes last.
  if (keySecrets.length > 0 || !isToDelete(signer)) return null;
  const expects = exactly(signer.meta);
  return guardedStep({ kind: 'DeleteSigner', name: signer.meta.name, expects }, reason);
}

/** The ConfigMap goes once the ledger says so, which keeps every operator from writing it again. */
export function deleteJwks(situation: Situation, { ledger }: Schedule): Step | null {
  const { jwks } = situation;
  if (!isToDelete(jwks) || ledger.deletion?.removing !== true) return null;
  if (!isOrderedDeletion(situation)) return null;
  const message = 'the last token of the set has expired: its JWKS is removed';
  return guardedStep(
    { kind: 'DeleteJwks', name: jwks.meta.name, expects: exactly(jwks.meta) },
    { code: 'DeleteJwks', message },
  );
}
