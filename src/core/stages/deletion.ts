/**
 * Ordered deletion (`deletionPolicy: Delete`), in the order of docs/rotation.md:
 * 1. {@link beginDeletion}: the signer's values become empty.
 * 2. {@link allowJwksDeletion}: the last token has expired, or the wait is skipped.
 * 3. {@link deleteJwks}.
 * 4. {@link deleteRest}: caches have expired, so the key Secrets go, then the signer Secret.
 * 5. {@link finishDeletion}: the finalizer goes.
 *
 * {@link abandonDeletion} calls it off; {@link deleteUnused} is for a set without a ledger.
 */

import { FINALIZER, REQUEST } from '../formats/names.ts';
import { mayLeave } from '../ledger/gates.ts';
import { activeKey, type Ledger, neededKeys } from '../ledger/ledger.ts';
import { emptySigner } from '../ledger/lifecycle.ts';
import type { EventNote, ObjectMeta, Step } from '../reading/model.ts';
import { skipsDeletionWait } from '../reading/requests.ts';
import type { Situation } from '../reading/situation.ts';
import { DELETION_WAIT_SKIPPED, deletionTransition } from '../schedule/deletion.ts';
import type { Schedule } from '../schedule/schedule.ts';
import { isDue } from '../schedule/transition.ts';
import { writeFinalizer } from './finalizer.ts';
import { deleteKeySecret, exactly, guardedStep, writeSigner } from './steps.ts';

export function isOrderedDeletion({ set, spec }: Situation): boolean {
  return set.deleting && set.finalizers.includes(FINALIZER) && spec.deletionPolicy === 'Delete';
}

/** 1. No key signs any more. */
export function beginDeletion(situation: Situation, { ledger }: Schedule): Step | null {
  if (ledger.deletion !== null) return null;
  const active = activeKey(ledger);
  const deletion = { removing: false, jwksRemovedSeenMs: null };
  const message =
    'The set is being deleted' +
    (active === null ? '' : `: key #${active.ordinal} no longer signs`);
  return guardedStep(
    writeSigner(situation, emptySigner(ledger, { deletion }), { from: 'nothing' }),
    { code: 'BeginDeletion', message },
  );
}

const WAIT_SKIPPED: EventNote = {
  type: 'Warning',
  reason: 'DeletionWaitSkipped',
  message: `The deletion does not wait because ${REQUEST.skipDeletionWait} is set: tokens that have not expired are rejected from now on`,
};

/** 2. From now on no operator writes the JWKS again. */
export function allowJwksDeletion(situation: Situation, schedule: Schedule): Step | null {
  const { ledger, deletion: next } = schedule;
  const { deletion } = ledger;
  if (deletion === null || deletion.removing || !isDue(next, situation.nowMs)) return null;
  const removing = { ...ledger, deletion: { ...deletion, removing: true } };
  const write = writeSigner(situation, removing, { from: 'unchanged' });
  const message = `The JWKS will be deleted: ${next.explanation}`;
  const events = whyJwksGoes(situation, ledger) === 'WaitSkipped' ? [WAIT_SKIPPED] : [];
  return guardedStep(write, { code: 'DeleteJwks', message }, events);
}

/** 3. Once the ledger says so. */
export function deleteJwks(situation: Situation, { ledger }: Schedule): Step | null {
  const { jwks } = situation;
  if (!isToDelete(jwks) || ledger.deletion?.removing !== true) return null;
  if (!isOrderedDeletion(situation)) return null;
  const { name } = jwks.meta;
  const message = `The operator deletes ConfigMap ${name}: ${BECAUSE[whyJwksGoes(situation, ledger)]}`;
  return guardedStep(
    { kind: 'DeleteJwks', name, expects: exactly(jwks.meta) },
    { code: 'DeleteJwks', message },
  );
}

const BECAUSE = {
  TokensExpired: 'the last token of the set has expired',
  WaitSkipped: DELETION_WAIT_SKIPPED,
  /** T was raised, or the request to skip the wait was taken back, after the deletion had begun. */
  Begun: 'its deletion had begun',
} as const;

function whyJwksGoes({ set, nowMs }: Situation, ledger: Ledger): keyof typeof BECAUSE {
  if (neededKeys(ledger).every((key) => mayLeave(key, nowMs))) return 'TokensExpired';
  return skipsDeletionWait(set) ? 'WaitSkipped' : 'Begun';
}

/** 4. The signer Secret holds the ledger, so it is deleted last. */
export function deleteRest(situation: Situation, schedule: Schedule): Step | null {
  const { ledger, deletion: next } = schedule;
  if (ledger.deletion?.removing !== true || !isDue(next, situation.nowMs)) return null;
  const { keySecrets, signer } = situation;
  const reasonFor = ({ meta }: { readonly meta: ObjectMeta }) =>
    ({
      code: 'Delete',
      message: `The operator deletes Secret ${meta.name}: ${next.explanation}`,
    }) as const;
  const secret = keySecrets.find(isToDelete);
  if (secret !== undefined) return deleteKeySecret(secret, reasonFor(secret));
  if (keySecrets.length > 0 || !isToDelete(signer)) return null;
  const { name } = signer.meta;
  const write = { kind: 'DeleteSigner', name, expects: exactly(signer.meta) } as const;
  return guardedStep(write, reasonFor(signer));
}

/**
 * The ledger went with the signer Secret: only its copy is left to say so. If somebody else deleted the
 * Secret before the caches have expired, the ledger is recovered, and that wait starts again.
 */
export function isDeletionFinished(situation: Situation): boolean {
  const { signer, jwks, keySecrets, ledgerState, nowMs } = situation;
  if (!isOrderedDeletion(situation) || ledgerState.kind !== 'Lost') return false;
  if (signer !== null || jwks !== null || keySecrets.length > 0) return false;
  const copy = ledgerState.newest;
  if (copy?.deletion?.jwksRemovedSeenMs == null) return false;
  return isDue(deletionTransition(situation, copy), nowMs);
}

/** 5. */
export function finishDeletion(situation: Situation): Step {
  return writeFinalizer(situation, false, 'every object of the set is gone');
}

/** A set that was restored, or whose policy was edited, is no longer being deleted. */
export function abandonDeletion(situation: Situation, { ledger }: Schedule): Step | null {
  if (ledger.deletion === null || situation.set.deleting) return null;
  const message = 'The set is no longer being deleted: the ordered deletion is called off';
  const back = { ...ledger, deletion: null };
  return guardedStep(writeSigner(situation, back, { from: 'unchanged' }), {
    code: 'AbandonDeletion',
    message,
  });
}

/** Without a ledger no key ever signed: everything may be deleted at once. */
export function deleteUnused(situation: Situation): Step | null {
  const { jwks, keySecrets } = situation;
  const reasonFor = (object: string) =>
    ({
      code: 'DeleteUnused',
      message: `The operator deletes ${object}: no key of the set ever signed`,
    }) as const;
  if (isToDelete(jwks)) {
    const { name } = jwks.meta;
    const write = { kind: 'DeleteJwks', name, expects: exactly(jwks.meta) } as const;
    return guardedStep(write, reasonFor(`ConfigMap ${name}`));
  }
  const secret = keySecrets.find(isToDelete);
  if (secret !== undefined) return deleteKeySecret(secret, reasonFor(`Secret ${secret.meta.name}`));
  if (jwks !== null || keySecrets.length > 0) return null;
  return writeFinalizer(situation, false, 'nothing is left of the set');
}

/** What is deleted already may be kept by someone else's finalizer: then this waits. */
function isToDelete<T extends { readonly meta: ObjectMeta }>(object: T | null): object is T {
  return object !== null && object.meta.deleting === undefined;
}
