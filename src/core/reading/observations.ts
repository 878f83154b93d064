/**
 * Only this file notes in the ledger what a live read shows. A time is never taken from the write
 * that brings something about, so a writer that was paused can only be late.
 */

import type { Ledger, LedgerKey, Tombstone } from '../ledger/ledger.ts';
import { publicationOf, signerDisturbed, withLargest } from '../ledger/lifecycle.ts';
import { termsToTakeIn } from '../ledger/noted-terms.ts';
import {
  effectiveTerms,
  largestTerms,
  rememberTerms,
  sameTerms,
  type TermMemory,
  trustAfterRemovalMs,
  trustEndMs,
} from '../ledger/terms.ts';
import { noteOldPods } from './old-pods.ts';
import { presentRequests } from './requests.ts';
import {
  isDisturbed,
  isOfGeneration,
  isRecordBack,
  isSignerDisturbed,
  noteOf,
  showsKey,
  showsKid,
  signerFits,
  signerNoteOf,
} from './shown.ts';
import { type Situation, termsAtLeast } from './situation.ts';

/**
 * The ledger plus everything that this reading shows and the ledger does not know yet. While the
 * clocks are in doubt, no time is recorded, but someone else's edit is still noted: the repair
 * that follows would hide it.
 * @returns null if there is nothing to note.
 */
export function noteObservations(situation: Situation, ledger: Ledger): Ledger | null {
  const disturbed = isDisturbed(situation, ledger);
  if (situation.clockInDoubt) return noteWithoutTimes(situation, ledger, disturbed);
  const shown = [noteSet, noteDeclarations, noteJwks, noteSigner, noteRemovals].reduce(
    (current, note) => note(current, situation, disturbed),
    ledger,
  );
  // The pods are judged by what the ledger knew before this reading.
  const noted = shown === ledger ? noteOldPods(ledger, situation) : shown;
  if (noted === ledger) return null;
  const { jwks, signer } = situation;
  return {
    ...noted,
    jwks: jwks === null ? ledger.jwks : noteOf(jwks),
    // What is not in order is repaired, and that repair notes it.
    signer: signer !== null && signerFits(noted, signer) ? signerNoteOf(signer) : noted.signer,
  };
}

/** Notes only what needs no time, or moves gates later: the set, someone else's edit, raised terms. */
function noteWithoutTimes(situation: Situation, ledger: Ledger, disturbed: boolean): Ledger | null {
  const adopted = noteSet(ledger, situation, disturbed);
  const raised = withRaisedTerms(withSuspects(adopted, situation), situation);
  if (disturbed) return forgetWaits(situation, raised);
  return raised === ledger ? null : raised;
}

/** Terms that the spec raises count at once. Lowering one needs a recorded time, so it is ignored here. */
export function withRaisedTerms(ledger: Ledger, situation: Situation): Ledger {
  const declared = largestTerms(ledger.terms.declared, termsAtLeast(situation));
  if (sameTerms(declared, ledger.terms.declared)) return ledger;
  return withTerms(ledger, { ...ledger.terms, declared }, situation.nowMs);
}

/** Takes terms into the ledger, every living key, and the trust in ended keys. */
function withTerms(ledger: Ledger, terms: TermMemory, nowMs: number): Ledger {
  return {
    ...ledger,
    terms,
    keys: ledger.keys.map((key) => withLargest(key, terms.declared)),
    tombstones: ledger.tombstones.map((stone) => withLongerTrust(stone, terms, nowMs)),
  };
}

/** Starts every wait that counts from the JWKS again, at a time that is recorded later. */
function forgetWaits({ jwks, nowMs }: Situation, known: Ledger): Ledger {
  const ledger = jwks === null ? known : noteJwksBack(known);
  const isShown = (kid: string) => jwks !== null && showsKid(jwks, kid);
  return {
    ...ledger,
    keys: ledger.keys.map((key): LedgerKey => {
      const isBack = key.bar !== null && isShown(key.kid);
      const bar = isBack ? { ...key.bar, removedSeenMs: null } : key.bar;
      return { ...key, publishedSeenMs: null, bar };
    }),
    tombstones: ledger.tombstones.map((stone) =>
      isShown(stone.kid) ? backAgain(stone, ledger.terms, nowMs) : stone,
    ),
    jwks: jwks === null ? ledger.jwks : noteOf(jwks),
  };
}

type Note = (ledger: Ledger, situation: Situation, disturbed: boolean) => Ledger;

/** A new set of the same name takes over the ledger. Requests that it already has count as handled. */
const noteSet: Note = (ledger, { set }) => {
  const { uid, namespace, name } = ledger.set;
  if (uid === set.ref.uid && namespace === set.ref.namespace && name === set.ref.name) {
    return ledger;
  }
  return { ...ledger, set: set.ref, handled: presentRequests(set.annotations) };
};

/**
 * Declared terms enter the ledger before `serve.json` can show them. A lowered one enters it after
 * the status shows it: until then it may still be raised, and lowered again, unseen.
 */
export const noteDeclarations: Note = (ledger, { set, spec, seenMs, nowMs }) => {
  const { declared } = ledger.terms;
  const taken = termsToTakeIn(spec.terms, declared, set.status?.terms ?? {});
  const publication = publicationOf(spec);
  const { issuer, jwksUri } = ledger.publication;
  const samePublication = issuer === publication.issuer && jwksUri === publication.jwksUri;
  if (samePublication && sameTerms(declared, taken)) return ledger;
  const terms = rememberTerms(ledger.terms, taken, seenMs);
  return withTerms({ ...ledger, publication }, terms, nowMs);
};

/** An ended key that someone put back is trusted again, for as long as the current terms allow. */
export function backAgain(stone: Tombstone, terms: TermMemory, nowMs: number): Tombstone {
  return withLongerTrust({ ...stone, removedSeenMs: null }, terms, nowMs);
}

/** While an ended key may still be trusted, a raised term makes that trust last longer. */
function withLongerTrust(stone: Tombstone, terms: TermMemory, nowMs: number): Tombstone {
  const { removedSeenMs, trustMs } = stone;
  const endMs = trustEndMs(removedSeenMs, trustMs);
  const isOver = endMs !== null && endMs <= nowMs;
  const raisedMs = trustAfterRemovalMs(effectiveTerms(terms, nowMs));
  if (isOver || trustMs === null || (raisedMs !== null && raisedMs <= trustMs)) return stone;
  return { ...stone, trustMs: raisedMs };
}

/** A key that the ConfigMap shows is published. After someone else's edit, every wait starts again. */
const noteJwks: Note = (ledger, { jwks, seenMs }, disturbed) => {
  if (jwks === null) return ledger;
  let changed = disturbed;
  const keys = ledger.keys.map((key) => {
    const known = disturbed ? null : key.publishedSeenMs;
    const shown = key.bar === null && showsKey(jwks, key);
    // A wait that starts again never ends sooner, even if the clock was set back in between.
    const nowSeenMs = Math.max(seenMs, key.publishedSeenMs ?? 0);
    const publishedSeenMs = known === null && shown ? nowSeenMs : known;
    if (publishedSeenMs === key.publishedSeenMs) return key;
    changed = true;
    return { ...key, publishedSeenMs };
  });
  return changed ? { ...ledger, keys } : ledger;
};

/** Someone else has written the signer's values and taken them back while nobody looked. */
function withSuspects(ledger: Ledger, { signer }: Situation): Ledger {
  if (signer === null || !signerFits(ledger, signer)) return ledger;
  if (!isSignerDisturbed(signer, ledger)) return ledger;
  return signerDisturbed(ledger, signerNoteOf(signer), null);
}

/** If the signer is as the ledger says, its key signs, and the keys before it no longer do. */
const noteSigner: Note = (before, situation) => {
  const { signer, seenMs } = situation;
  if (signer === null || !signerFits(before, signer)) return before;
  const ledger = withSuspects(before, situation);
  // Noted again, without the mark.
  let changed = isRecordBack(signer, ledger);
  const keys = ledger.keys.map((key): LedgerKey => {
    if (key.state === 'Active') {
      if (key.signerSeenMs !== null) return key;
      changed = true;
      return { ...key, signerSeenMs: seenMs, activatedMs: key.activatedMs ?? seenMs };
    }
    if (!key.mayHaveSigned || key.supersededSeenMs !== null) return key;
    changed = true;
    return { ...key, supersededSeenMs: seenMs, settled: null };
  });
  return changed ? { ...ledger, keys } : ledger;
};

/**
 * A barred kid is removed once a JWKS of the bar's generation or later no longer shows it. If someone
 * puts it back, it is not removed until it is seen gone again.
 */
const noteRemovals: Note = (before, situation, disturbed) => {
  const { jwks, seenMs } = situation;
  if (jwks === null) return noteJwksGone(before, situation);
  const ledger = noteJwksBack(before);
  let changed = false;
  const keys = ledger.keys.map((key) => {
    if (key.bar === null) return key;
    const isProof = !disturbed && isOfGeneration(jwks, ledger, key.bar);
    const goneSeenMs = key.bar.removedSeenMs ?? (isProof ? seenMs : null);
    const removedSeenMs = showsKid(jwks, key.kid) ? null : goneSeenMs;
    if (removedSeenMs === key.bar.removedSeenMs) return key;
    changed = true;
    return { ...key, bar: { ...key.bar, removedSeenMs } };
  });
  const tombstones = ledger.tombstones.map((stone): Tombstone => {
    const shown = showsKid(jwks, stone.kid);
    const removedSeenMs = shown ? null : (stone.removedSeenMs ?? (disturbed ? null : seenMs));
    if (removedSeenMs === stone.removedSeenMs) return stone;
    changed = true;
    return shown ? backAgain(stone, ledger.terms, situation.nowMs) : { ...stone, removedSeenMs };
  });
  return changed ? { ...ledger, keys, tombstones } : ledger;
};

/** An ordered deletion waits until the ConfigMap is seen gone. */
function noteJwksGone(ledger: Ledger, { seenMs }: Situation): Ledger {
  const { deletion } = ledger;
  if (deletion === null || !deletion.removing || deletion.jwksRemovedSeenMs !== null) return ledger;
  return { ...ledger, deletion: { ...deletion, jwksRemovedSeenMs: seenMs } };
}

/** Someone put it back: caches can hold it again. */
function noteJwksBack(ledger: Ledger): Ledger {
  const { deletion } = ledger;
  if (deletion === null || deletion.jwksRemovedSeenMs === null) return ledger;
  return { ...ledger, deletion: { ...deletion, jwksRemovedSeenMs: null } };
}
