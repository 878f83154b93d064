/**
 * Ordered deletion (`deletionPolicy: Delete`): the signer's values become empty, tokens expire, the
 * JWKS is deleted, caches expire, then the rest is deleted, the finalizer last. Each function is
 * one stage of the plan.
 */

import { FINALIZER, REQUEST } from '../formats/names.ts';
import { mayLeave } from '../ledger/gates.ts';
import { activeKey, type Ledger, neededKeys } from '../ledger/ledger.ts';
import { emptySigner } from '../ledger/lifecycle.ts';
import type { EventNote, ObjectMeta, Observed, Step } from '../reading/model.ts';
import { skipsDeletionWait } from '../reading/requests.ts';
import type { Situation } from '../reading/situation.ts';
import { DELETION_WAIT_SKIPPED } from '../schedule/deletion.ts';
import type { Schedule } from '../schedule/schedule.ts';
import { isDue } from '../schedule/transition.ts';
import { deleteKeySecret, exactly, guardedStep, step, writeSigner } from './steps.ts';

export function isOrderedDeletion({ set, spec }: Situation): boolean {
  return set.deleting && set.finalizers.includes(FINALIZER) && spec.deletionPolicy === 'Delete';
}

/** The set has the finalizer exactly while its deletion is to be ordered. */
export function finalizerStep(situation: Situation): Step | null {
  const { set, spec } = situation;
  const isThere = set.finalizers.includes(FINALIZER);
  const isWanted = spec.deletionPolicy === 'Delete';
  if (isThere === isWanted || (set.deleting && !isThere)) return null;
  return writeFinalizer(situation, isWanted, `spec.deletionPolicy is ${spec.deletionPolicy}`);
}

/** In a terminating namespace nothing may hold the set back, whatever its spec says. */
export function releaseFinalizer(observed: Observed): Step {
  return writeFinalizer(observed, false, 'the namespace is being deleted');
}

function writeFinalizer({ set }: Pick<Observed, 'set'>, present: boolean, why: string): Step {
  const expects = { uid: set.ref.uid, resourceVersion: set.resourceVersion };
  const message = `The finalizer is ${present ? 'added' : 'removed'}: ${why}`;
  return step({ kind: 'WriteFinalizer', expects, present }, 'Finalizer', message);
}

/** Without a ledger no key ever signed: everything may be deleted at once. */
export function deleteUnused(situation: Situation): Step | null {
  const { jwks, keySecrets } = situation;
  const reasonFor = (object: string) =>
    ({
      code: 'DeleteUnused',
      message: `${object} is deleted: no key of the set ever signed`,
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
  return object !== null && object.meta.deleting !== true;
}

/** The last step before the finalizer deletes the ledger itself: only its copy is left to tell. */
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

/** First, no key signs any more. */
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
  message: `The deletion does not wait, as ${REQUEST.skipDeletionWait} requests: tokens that have not expired are rejected from now on`,
};

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

/** Then the JWKS, once the last token has expired; then the rest, once caches have expired. */
export function continueDeletion(situation: Situation, schedule: Schedule): Step | null {
  const { ledger, deletion: next } = schedule;
  const { deletion } = ledger;
  if (deletion === null || !isDue(next, situation.nowMs)) return null;
  if (!deletion.removing) {
    const removing = { ...ledger, deletion: { ...deletion, removing: true } };
    const write = writeSigner(situation, removing, { from: 'unchanged' });
    const message = `The JWKS is to be deleted: ${next.explanation}`;
    const events = whyJwksGoes(situation, ledger) === 'WaitSkipped' ? [WAIT_SKIPPED] : [];
    return guardedStep(write, { code: 'DeleteJwks', message }, events);
  }
  const reasonFor = ({ meta }: { readonly meta: ObjectMeta }) =>
    ({ code: 'Delete', message: `Secret ${meta.name} is deleted: ${next.explanation}` }) as const;
  const { keySecrets, signer } = situation;
  const secret = keySecrets.find(isToDelete);
  if (secret !== undefined) return deleteKeySecret(secret, reasonFor(secret));
  // It holds the ledger, so it is deleted last.
  if (keySecrets.length > 0 || !isToDelete(signer)) return null;
  const write = {
    kind: 'DeleteSigner',
    name: signer.meta.name,
    expects: exactly(signer.meta),
  } as const;
  return guardedStep(write, reasonFor(signer));
}

/** Only once the ledger says so, which keeps every operator from writing the ConfigMap again. */
export function deleteJwks(situation: Situation, { ledger }: Schedule): Step | null {
  const { jwks } = situation;
  if (!isToDelete(jwks) || ledger.deletion?.removing !== true) return null;
  if (!isOrderedDeletion(situation)) return null;
  const { name } = jwks.meta;
  const message = `ConfigMap ${name} is deleted: ${BECAUSE[whyJwksGoes(situation, ledger)]}`;
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
