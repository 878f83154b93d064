/**
 * A lost ledger is recovered from its newest copy, or, if there is none, from what the objects show.
 * Whatever a copy may have missed counts as happening now: every published key may have signed until now, and
 * every wait starts again, unless the JWKS is the very version that the copy has noted. The JWKS is written
 * first, with a copy of the recovered ledger; the signer follows.
 */

import { kindOfJwk } from '../formats/jwk.ts';
import { ANNOTATION, keySecretName, ORDINAL_TAKEN_MAX } from '../formats/names.ts';
import { PUBLISHED_KEYS_MAX } from '../formats/served-set.ts';
import { GENERATION_COUNTED_MAX, INSTANT_MAX_MS } from '../ledger/bounds.ts';
import { jwksData, keysIn, sameData } from '../ledger/jwks-document.ts';
import {
  activeKey,
  type DeletionNote,
  type FoundSigner,
  type Ledger,
  type LedgerKey,
  ordinalAfter,
  publishedKeys,
  type SignerNote,
  type Tombstone,
} from '../ledger/ledger.ts';
import {
  byOrdinal,
  emptySigner,
  type KeyOrigin,
  newKey,
  nextGeneration,
  withRevoked,
} from '../ledger/lifecycle.ts';
import { effectiveTerms, largestTerms } from '../ledger/terms.ts';
import { replacedJwks, undoneJwksEdit } from '../reading/edits.ts';
import { isAhead } from '../reading/ledgers.ts';
import type { EventNote, ObservedKeySecret, Reason, SignerSource, Step } from '../reading/model.ts';
import { backAgain, withRaisedTerms } from '../reading/observations.ts';
import { epochOf, holdsKey, mayJoin } from '../reading/ownership.ts';
import { presentRequests } from '../reading/requests.ts';
import {
  asShown,
  isAsNoted,
  isDisturbed,
  jwksGeneration,
  showsKey,
  signerNoteOf,
} from '../reading/shown.ts';
import {
  blankLedger,
  isRevoked,
  isSignerOfEarlierSet,
  type LedgerState,
  type Situation,
} from '../reading/situation.ts';
import { fromKeySecret, guardedStep, writeJwks, writeSigner } from './steps.ts';

export type LostLedger = Extract<LedgerState, { kind: 'Lost' }>;

/**
 * Above the highest generation seen: a write that seemed lost may still arrive. The JWKS, which is
 * written first, gets this one; the signer's write follows with the next.
 */
const GENERATIONS_SKIPPED = 2;

export function recoveryStep(situation: Situation, lost: LostLedger): Step {
  const { newest } = lost;
  if (newest !== null && isUnderWay(situation, newest)) {
    return takeSigner(situation, newest, lost);
  }
  const recovered = recoveredLedger(situation, lost);
  const isUnpublished =
    recovered.deletion?.removing === true || publishedKeys(recovered).length === 0;
  if (isUnpublished) return takeSigner(situation, recovered, lost);
  const next = `writes ConfigMap ${situation.spec.jwks.name} first`;
  const reason = recoveryReason(lost, recovered.jwks !== null, next);
  const shown = asShown(situation.jwks, recovered);
  return guardedStep(writeJwks(situation, recovered, shown), reason, [
    { type: 'Warning', reason: 'LedgerLost', message: reason.message },
    ...(newest === null ? [] : replacedJwks(situation, newest)),
  ]);
}

/**
 * If someone keeps undoing the write of the JWKS, and it shows every key all the same, the signer does not wait:
 * nobody could sign for as long as that goes on.
 */
export function recoveryBesideJwks(situation: Situation, lost: LostLedger): Step | null {
  const recovered = recoveredLedger(situation, lost);
  const keys = publishedKeys(recovered);
  const isShown = keys.every((key) => showsKey(situation.jwks, key));
  return isShown && keys.length > 0 ? takeSigner(situation, recovered, lost) : null;
}

function recoveryReason({ newest, problem }: LostLedger, isProven: boolean, next: string): Reason {
  const source =
    newest === null
      ? 'what the objects show (no copy was found)'
      : `its copy of generation ${newest.generation}`;
  return {
    code: 'RecoverLedger',
    message: `The ledger is lost: ${problem}. The operator recovers it from ${source} and ${next}. ${waitsText(isProven)}`,
  };
}

function waitsText(isProven: boolean): string {
  return isProven
    ? 'Verifiers know what they knew: the JWKS has not changed since the copy.'
    : 'Every wait starts again.';
}

/**
 * Whether the JWKS was written for the signer Secret that is there now. If the signer has changed since,
 * the recovery was completed, and its ledger is lost again.
 */
function isUnderWay(situation: Situation, ledger: Ledger): boolean {
  const { recovering } = ledger;
  const found = foundSigner(situation);
  return (
    recovering !== null &&
    recovering.uid === found.uid &&
    recovering.resourceVersion === found.resourceVersion &&
    isCarriedByJwks(situation, ledger)
  );
}

function foundSigner({ observed }: Situation): FoundSigner {
  const meta = observed.signer?.meta;
  return { uid: meta?.uid ?? null, resourceVersion: meta?.resourceVersion ?? null };
}

function isCarriedByJwks({ jwks }: Situation, ledger: Ledger): boolean {
  if (jwks === null || publishedKeys(ledger).length === 0) return false;
  const data = jwksData(asShown(jwks, ledger));
  return jwksGeneration(jwks) === ledger.generation && sameData(jwks.data, data);
}

/** Ledger and signing key are written into the signer Secret together. */
function takeSigner(situation: Situation, recovered: Ledger, lost: LostLedger): Step {
  // A revocation may have come since the JWKS was written, or an edit of it that was taken back.
  const proven = isDisturbed(situation, recovered) ? withoutProof(recovered) : recovered;
  const settled = withRevoked(
    { ...proven, recovering: null, signer: noteOfFound(situation) },
    nextGeneration(proven),
    (kid) => isRevoked(situation, kid),
  );
  const { ledger, source, lostKey } = withSource(situation, settled);
  const next = `writes it into Secret ${situation.spec.signer.name}`;
  const reason = recoveryReason(lost, ledger.jwks !== null, next);
  return guardedStep(writeSigner(situation, ledger, source), reason, [
    { type: 'Warning', reason: 'LedgerRecovered', message: reason.message },
    ...undoneJwksEdit(situation, recovered),
    ...(lostKey === null ? [] : [keyLostEvent(situation, lostKey)]),
  ]);
}

function keyLostEvent({ set, spec }: Situation, { ordinal, kid }: LedgerKey): EventNote {
  const message =
    `The private key of key #${ordinal} (${kid}) is lost: neither Secret ${spec.signer.name} nor Secret ` +
    `${keySecretName(set.ref.name, ordinal)} holds it any longer. No key signs until verifiers know the next one.`;
  return { type: 'Warning', reason: 'SigningKeyLost', message };
}

/** Nothing shows any longer since when verifiers know the keys, so nothing is compared with the JWKS either. */
function withoutProof(ledger: Ledger): Ledger {
  const keys = ledger.keys.map((key): LedgerKey => ({ ...key, publishedSeenMs: null }));
  return { ...ledger, keys, jwks: null };
}

/** Whoever wrote the signer's values before: every key counts as one that may have signed until now. */
function noteOfFound({ signer }: Situation): SignerNote | null {
  return signer === null ? null : signerNoteOf(signer);
}

/** If the active key's private half is lost, no key signs until the standby may. */
function withSource(
  situation: Situation,
  ledger: Ledger,
): { ledger: Ledger; source: SignerSource; lostKey: LedgerKey | null } {
  const active = activeKey(ledger);
  if (active === null) return { ledger, source: { from: 'nothing' }, lostKey: null };
  const content = situation.signer?.content;
  if (content?.kind === 'Key' && content.kid === active.kid) {
    return { ledger, source: { from: 'unchanged' }, lostKey: null };
  }
  const source = fromKeySecret(situation, active);
  if (source !== null) return { ledger, source, lostKey: null };
  return { ledger: emptySigner(ledger), source: { from: 'nothing' }, lostKey: active };
}

/** The write that begins a recovery hides an ended key that someone put back: noted here. */
function unlessShown({ jwks, nowMs }: Situation, { terms }: Ledger, stone: Tombstone): Tombstone {
  const isShown = keysIn(jwks?.data ?? {}).some(({ kid }) => kid === stone.kid);
  return isShown ? backAgain(stone, terms, nowMs) : stone;
}

export function recoveredLedger(situation: Situation, lost: LostLedger): Ledger {
  const generation = laterGeneration(lost.highestGeneration);
  // A copy may be older than what the status shows of the terms.
  const told = lost.newest === null ? rebuilt(situation) : withLaterKeys(situation, lost.newest);
  const base = withRaisedTerms(told, situation);
  const keys = base.keys.map((key): LedgerKey => {
    const largest = largestTerms(key.largest, situation.spec.terms);
    const bar = key.bar === null ? null : { ...key.bar, generation, removedSeenMs: null };
    const mayHaveSigned =
      lost.newest === null ? key.mayHaveSigned : key.bar === null || key.mayHaveSigned;
    return {
      ...key,
      largest,
      bar,
      mayHaveSigned,
      signerSeenMs: null,
      // A barred key can't have signed since: its gate was open then.
      supersededSeenMs: bar === null ? null : key.supersededSeenMs,
      settled: bar === null ? null : key.settled,
    };
  });
  const { ref, annotations } = situation.set;
  const handled = base.set.uid === ref.uid ? base.handled : presentRequests(annotations);
  const deletion = restartedDeletion(situation, base);
  const tombstones = base.tombstones.map((stone) => unlessShown(situation, base, stone));
  const epochMs = laterEpochMs(situation, base);
  const recovering = foundSigner(situation);
  const begun = { epochMs, generation, recovering, tombstones };
  const recovered = { ...base, ...begun, set: ref, keys, handled, deletion };
  const proven = isAsNoted(situation, base) ? recovered : withoutProof(recovered);
  return withRevoked(proven, generation, (kid) => isRevoked(situation, kid));
}

/**
 * A copy that someone restored may be older than keys that this set has made since: their ordinals were given. If
 * the signer holds such a key, issuers sign with it, whatever the copy says.
 */
function withLaterKeys(situation: Situation, copy: Ledger): Ledger {
  const { signer, ownership } = situation;
  const later = situation.keySecrets.filter(
    ({ meta, ordinal }) =>
      ordinal >= copy.nextOrdinal &&
      ordinal <= ORDINAL_TAKEN_MAX &&
      ownership.keySecrets.get(meta.name) === 'Own' &&
      meta.annotations[ANNOTATION.ordinal] === String(ordinal),
  );
  const nextOrdinal = ordinalAfter(copy.nextOrdinal, later);
  const content = signer?.content;
  if (ownership.signer !== 'Own' || content?.kind !== 'Key') return { ...copy, nextOrdinal };
  const signing = later.find(
    (secret) => holdsKey(secret.content, content.publicJwk) && mayJoin(secret),
  );
  if (signing === undefined || publishedKeys(copy).length >= PUBLISHED_KEYS_MAX) {
    return { ...copy, nextOrdinal };
  }
  const { kid, publicJwk, keyKind } = content;
  const origin = { ordinal: signing.ordinal, kid, publicJwk, keyKind, imported: false };
  const key = newKey(origin, effectiveTerms(copy.terms, situation.nowMs));
  const before = emptySigner(copy).keys;
  const keys = byOrdinal([...before, { ...key, state: 'Active', mayHaveSigned: true }]);
  return { ...copy, keys, nextOrdinal };
}

/** A number that someone has forged is not counted on from: the new epoch makes the ledger newer anyway. */
function laterGeneration(highest: number): number {
  return (highest > GENERATION_COUNTED_MAX ? 0 : highest) + GENERATIONS_SKIPPED;
}

/**
 * Newer than every ledger that this one comes after, known or not: by the later clock, plus S because that clock
 * may have been a different one then, and past the epochs that the key Secrets tell of. One that lies ahead of the
 * clocks tells nothing: a ledger of such an epoch would not count beside any other.
 */
function laterEpochMs({ seenMs, spec, keySecrets }: Situation, base: Ledger): number {
  const told = keySecrets.map(({ meta }) => epochOf(meta)).filter((atMs) => !isAhead(atMs, seenMs));
  const laterMs = Math.max(
    seenMs + spec.terms.clockSkewMs,
    base.epochMs + 1,
    ...told.map((atMs) => atMs + 1),
  );
  return Math.min(laterMs, INSTANT_MAX_MS);
}

/**
 * A JWKS that is gone already stays gone, and one that someone brought back after it was seen gone goes again.
 * One that is still there waits for its tokens again.
 */
function restartedDeletion({ jwks }: Situation, { deletion }: Ledger): DeletionNote | null {
  if (deletion === null) return null;
  const wasGone = jwks === null || deletion.jwksRemovedSeenMs !== null;
  return { removing: deletion.removing && wasGone, jwksRemovedSeenMs: null };
}

/**
 * Without any copy: the signer's key is Active, the JWKS's other keys are Retiring from now,
 * other Secrets are Pending, unless an earlier set of this name made them. A published kid without a
 * Secret stays published until its gate.
 */
function rebuilt(given: Situation): Ledger {
  const situation = withinReach(given);
  const empty = blankLedger(situation);
  // The signer of an earlier set holds a key that has ended.
  const content = isSignerOfEarlierSet(situation.ownership) ? null : situation.signer?.content;
  const shown = keysIn(situation.jwks?.data ?? {});
  const byKid = new Map<string, Omit<KeyOrigin, 'ordinal' | 'imported'>>();
  if (content?.kind === 'Key') byKid.set(content.kid, content);
  for (const publicJwk of shown) {
    if (byKid.has(publicJwk.kid) || byKid.size === PUBLISHED_KEYS_MAX) continue;
    const secret = secretByKid(situation, publicJwk.kid);
    const keyKind = secret === null ? kindOfJwk(publicJwk) : secret.keyKind;
    byKid.set(publicJwk.kid, { kid: publicJwk.kid, publicJwk, keyKind });
  }
  // Nobody can tell which of them signed, so each waits like one that did. A key beyond the maximum
  // is not taken in.
  const roomLeft = PUBLISHED_KEYS_MAX - byKid.size;
  let keys: readonly LedgerKey[] = pendingSecrets(situation, byKid)
    .slice(0, roomLeft)
    .map((origin) => ({ ...newKey(origin, empty.terms.declared), mayHaveSigned: true }));
  const firstFree = Math.max(empty.nextOrdinal, highestOrdinal(situation) + 1);
  let withoutSecret = 0;
  for (const origin of byKid.values()) {
    const ordinal = ordinalOf(situation, origin.kid) ?? firstFree + withoutSecret++;
    const isActive = content?.kind === 'Key' && content.kid === origin.kid;
    const key = newKey({ ...origin, ordinal, imported: false }, empty.terms.declared);
    keys = [...keys, { ...key, state: isActive ? 'Active' : 'Retiring', mayHaveSigned: true }];
  }
  return { ...empty, keys: byOrdinal(keys), nextOrdinal: ordinalAfter(empty.nextOrdinal, keys) };
}

/** Without Secrets whose ordinals nobody can have given: they must not move the next one. */
function withinReach(situation: Situation): Situation {
  const keySecrets = situation.keySecrets.filter(({ ordinal }) => ordinal <= ORDINAL_TAKEN_MAX);
  return { ...situation, keySecrets };
}

function pendingSecrets(
  situation: Situation,
  taken: ReadonlyMap<string, unknown>,
): readonly KeyOrigin[] {
  const seen = new Set(taken.keys());
  return situation.keySecrets.flatMap((secret): readonly KeyOrigin[] => {
    const { content, ordinal } = secret;
    // Someone may have copied a Secret: its key joins once.
    if (content.kind !== 'Key' || seen.has(content.kid) || !mayJoin(secret)) return [];
    if (hasEndedBefore(situation, secret)) return [];
    seen.add(content.kid);
    const { kid, publicJwk, keyKind } = content;
    return [{ ordinal, kid, publicJwk, keyKind, imported: false }];
  });
}

/**
 * Once an object is this set's own, the Secret of an earlier set was restored, and its key has ended. Before that,
 * it may be one that the earlier set was to retain.
 */
function hasEndedBefore({ ownership }: Situation, { meta }: ObservedKeySecret): boolean {
  const hasBegun = ownership.signer === 'Own' || ownership.jwks === 'Own';
  return hasBegun && ownership.keySecrets.get(meta.name) !== 'Own';
}

function secretByKid(
  { keySecrets }: Situation,
  kid: string,
): Extract<ObservedKeySecret['content'], { kind: 'Key' }> | null {
  for (const { content } of keySecrets) {
    if (content.kind === 'Key' && content.kid === kid) return content;
  }
  return null;
}

function ordinalOf({ keySecrets }: Situation, kid: string): number | null {
  const found = keySecrets.find(({ content }) => content.kind === 'Key' && content.kid === kid);
  return found?.ordinal ?? null;
}

function highestOrdinal({ keySecrets }: Situation): number {
  return Math.max(0, ...keySecrets.map(({ ordinal }) => ordinal));
}
