/**
 * What one reading means, before any decision: which objects belong to the set, what became of the
 * ledger, and which time is safe to assume.
 */

import { copyingFields, withoutCopying } from '../formats/copying.ts';
import { ORDINAL_TAKEN_MAX } from '../formats/names.ts';
import { JWKS_FILE } from '../formats/served-set.ts';
import type { Spec, Terms } from '../formats/spec.ts';
import {
  GENERATION_COUNTED_MAX,
  ORDINAL_COPIED_MAX,
  ORDINAL_COUNTED_MAX,
} from '../ledger/bounds.ts';
import { type ReadLedger, serializeLedger } from '../ledger/codec.ts';
import { keysIn } from '../ledger/jwks-document.ts';
import type { Ledger, LedgerKey } from '../ledger/ledger.ts';
import { emptyLedger } from '../ledger/lifecycle.ts';
import { largestShownTerms } from '../ledger/noted-terms.ts';
import { clocksDisagree, judgeOffsetMs, recordedMs } from './clock.ts';
import {
  compareLedgers,
  isSameLine,
  newestOf,
  type ObservedLedgers,
  readableOf,
  withoutFuture,
} from './ledgers.ts';
import type {
  Observed,
  ObservedJwks,
  ObservedKeySecret,
  ObservedObjects,
  ObservedSet,
  ObservedSigner,
} from './model.ts';
import {
  believedLedgers,
  epochOf,
  holdsKey,
  judgeOwnership,
  type Owned,
  parseOwner,
} from './ownership.ts';
import { presentRequests } from './requests.ts';

/** What became of the ledger. */
export type LedgerState =
  /** There never was one. A first key may be on its way. */
  | { readonly kind: 'None' }
  | {
      readonly kind: 'Sound';
      readonly ledger: Ledger;
      /** Whether the status or the JWKS ConfigMap has a copy of this generation. */
      readonly copied: boolean;
    }
  | {
      readonly kind: 'Lost';
      readonly newest: Ledger | null;
      readonly highestGeneration: number;
      readonly problem: string;
    }
  /** A newer version of the operator wrote it. */
  | { readonly kind: 'Newer'; readonly where: string; readonly version: number };

export interface Situation {
  readonly observed: Observed;
  readonly set: ObservedSet;
  /** As declared, without the labels and annotations in `withheld`. */
  readonly spec: Spec;
  /** Fields of `spec.signer` that ask other controllers to copy the signer Secret: they are not applied to it. */
  readonly withheld: readonly string[];
  /** The time by the judging clock, the earlier one. */
  readonly nowMs: number;
  /** The time by the recording clock, the later one. */
  readonly seenMs: number;
  /** The judging clock minus this machine's clock; never positive. */
  readonly offsetMs: number;
  readonly clockInDoubt: boolean;
  /** This and the next two hold only objects of the set. Others are in `foreign`. */
  readonly signer: ObservedSigner | null;
  readonly jwks: ObservedJwks | null;
  readonly keySecrets: readonly ObservedKeySecret[];
  readonly ownership: Owned;
  /** Those of `observed` that are believed: on objects that are protected, and not foreign. */
  readonly ledgers: ObservedLedgers;
  /** Foreign objects with the set's names, for example `Secret payments-signer`. */
  readonly foreign: readonly string[];
  readonly ledgerState: LedgerState;
}

/**
 * Whether the signer Secret holds a ledger that counts. Then it names every living key, so that no list has to
 * show which there are.
 * @param seenMs the time by the recording clock, as far as it is known. Before that a ledger may seem to be of the
 * future, and not to count.
 */
export function hasSoundLedger(observed: ObservedObjects, seenMs: number): boolean {
  const { ledgers, ...own } = ownObjects(observed, seenMs);
  return judgeLedgerState(observed.set, own, ledgers).kind === 'Sound';
}

/** @param nowMs this machine's clock. */
export function situationOf(observed: Observed, declared: Spec, nowMs: number): Situation {
  const { set } = observed;
  const seenMs = recordedMs(observed.reading);
  const withheld = observed.allowsSecretCopies === true ? [] : copyingFields(declared.signer);
  const spec: Spec =
    withheld.length === 0
      ? declared
      : {
          ...declared,
          signer: withoutCopying(declared.signer),
          keySecrets: withoutCopying(declared.keySecrets),
        };
  const { ledgers, ...own } = ownObjects(observed, seenMs);
  const { ownership } = own;
  const offsetMs = judgeOffsetMs(observed.reading);
  return {
    observed,
    set,
    spec,
    withheld,
    nowMs: nowMs + offsetMs,
    seenMs,
    offsetMs,
    clockInDoubt: clocksDisagree(observed.reading, spec.terms.clockSkewMs),
    ...own,
    ledgers,
    foreign: [
      ...(ownership.signer === 'Foreign' ? [`Secret ${observed.signer?.meta.name}`] : []),
      ...(ownership.jwks === 'Foreign' ? [`ConfigMap ${observed.jwks?.meta.name}`] : []),
      ...observed.keySecrets
        .filter(({ meta }) => ownership.keySecrets.get(meta.name) === 'Foreign')
        .map(({ meta }) => `Secret ${meta.name}`),
    ],
    ledgerState: judgeLedgerState(set, own, ledgers),
  };
}

function ownObjects(
  observed: ObservedObjects,
  seenMs: number,
): OwnObjects & Pick<Situation, 'ledgers'> {
  const ledgers = withoutFuture(believedLedgers(observed), seenMs);
  const ownership = judgeOwnership(observed, readableOf(ledgers));
  return {
    ledgers,
    ownership,
    signer: ownership.signer === 'Foreign' ? null : observed.signer,
    jwks: ownership.jwks === 'Foreign' ? null : observed.jwks,
    keySecrets: observed.keySecrets.filter(
      ({ meta }) => ownership.keySecrets.get(meta.name) !== 'Foreign',
    ),
  };
}

type OwnObjects = Pick<Situation, 'signer' | 'jwks' | 'keySecrets' | 'ownership'>;

/**
 * A ledger of a newer operator stops this one, which can't tell what it would undo. But beside the JWKS it is only
 * a copy: as long as the signer Secret has a ledger that no copy in the status contradicts, it is not needed,
 * and counts as someone's edit. Where the chart's policy is not installed, whoever may write ConfigMaps could
 * otherwise stop the set permanently.
 */
function judgeLedgerState(
  set: ObservedSet,
  own: OwnObjects,
  ledgers: ObservedLedgers,
): LedgerState {
  const newer = newerIn({ 'the signer Secret': ledgers.signer, 'the status': ledgers.status });
  if (newer !== null) return newer;
  const state = judgeReadable(set, own, ledgers);
  return state.kind === 'Sound' ? state : (newerIn({ 'the JWKS': ledgers.jwks }) ?? state);
}

function newerIn(sources: Readonly<Record<string, ReadLedger | null>>): LedgerState | null {
  for (const [where, read] of Object.entries(sources)) {
    if (read?.kind === 'Newer') return { kind: 'Newer', where, version: read.version };
  }
  return null;
}

function judgeReadable(set: ObservedSet, own: OwnObjects, ledgers: ObservedLedgers): LedgerState {
  const { signer, ownership } = own;
  const { uid } = set.ref;
  // Made for this set before it had a ledger: then those of an earlier set say nothing about its keys.
  const isFirstJwks = ownership.jwks === 'Own' && ledgers.jwks?.kind !== 'Ledger';
  const counts = (ledger: Ledger) => !isFirstJwks || ledger.set.uid === uid;
  const copies = readableOf({ ...ledgers, signer: null }).filter(
    (copy) => counts(copy) && (copy.set.uid === uid || !hasOtherKeys(own, copy)),
  );
  const newest = newestOf(copies.filter(isRecoverable), uid);
  const inSigner = ledgers.signer?.kind === 'Ledger' ? ledgers.signer.ledger : null;
  if (signer !== null && inSigner !== null && (counts(inSigner) || copies.length > 0)) {
    return judgeAgainstCopies(inSigner, copies, uid);
  }
  const isUnwritten = ledgers.status === null && ledgers.jwks === null;
  if (signer === null && isUnwritten && isFirstKeyPhase(set, own)) {
    return { kind: 'None' };
  }
  const problem = signer === null ? 'the signer Secret is gone' : whatIsWrong(own, ledgers);
  return { kind: 'Lost', newest, highestGeneration: newest?.generation ?? 0, problem };
}

/**
 * Whether this set has a key of its own that a copy of an earlier set's ledger does not know. Then someone has
 * restored that copy: nothing in it is of this set, and its ordinals are given again to other keys.
 */
function hasOtherKeys({ signer, keySecrets, ownership }: OwnObjects, copy: Ledger): boolean {
  const known = new Set([...copy.keys, ...copy.tombstones].map(({ kid }) => kid));
  const contents = [
    ...(ownership.signer === 'Own' && signer !== null ? [signer.content] : []),
    ...keySecrets
      .filter(({ meta }) => ownership.keySecrets.get(meta.name) === 'Own')
      // A first key without a ledger has not signed: nothing but a reading that missed the copy made it.
      .filter(
        ({ meta }) => ownership.signer === 'Own' || ownership.jwks === 'Own' || epochOf(meta) > 0,
      )
      .map(({ content }) => content),
  ];
  return contents.some((content) => content.kind === 'Key' && !known.has(content.kid));
}

/** With a signer Secret that is there, and whose ledger does not count. */
function whatIsWrong({ ownership }: OwnObjects, { signer }: ObservedLedgers): string {
  if (signer?.kind === 'Unreadable') {
    return `the signer Secret's ledger can't be read: ${signer.problem}`;
  }
  return isSignerOfEarlierSet(ownership)
    ? 'the signer Secret is that of an earlier set of this name'
    : 'the signer Secret has no ledger of this set';
}

/**
 * Objects of an earlier set are adopted signer first. So if the JWKS is this set's own and the signer is
 * not, someone has put an earlier signer in the place of this set's.
 */
export function isSignerOfEarlierSet({ signer, jwks }: Owned): boolean {
  return jwks === 'Own' && (signer === 'AdoptedByName' || signer === 'AdoptedByRequest');
}

/** A ledger that is older than a copy, or differs from one of its generation, counts as lost. */
function judgeAgainstCopies(
  ledger: Ledger,
  copies: readonly Ledger[],
  setUid: string,
): LedgerState {
  const newest = newestOf(copies.filter(isRecoverable), setUid);
  const lost = (base: Ledger | null, problem: string): LedgerState => ({
    kind: 'Lost',
    newest: base,
    highestGeneration: highestGeneration([ledger, ...copies], base),
    problem,
  });
  if (isUsedUp(ledger)) {
    const base = newestOf([ledger, ...copies].filter(isRecoverable), setUid);
    return lost(base, `the signer Secret's ledger has numbers that no operator counts on from`);
  }
  const order = newest === null ? 1 : compareLedgers(ledger, newest, setUid);
  if (newest !== null && order < 0) {
    return lost(
      newest,
      isSameLine(ledger, newest)
        ? `the signer Secret's ledger has generation ${ledger.generation}, but a copy has ${newest.generation}`
        : "the signer Secret's ledger is of an earlier time than a copy: someone has restored it",
    );
  }
  const text = serializeLedger(ledger);
  const same = copies.filter((copy) => compareLedgers(copy, ledger, setUid) === 0);
  if (same.some((copy) => serializeLedger(copy) !== text)) {
    return lost(newest, `the signer Secret's ledger differs from a copy of the same generation`);
  }
  return { kind: 'Sound', ledger, copied: same.length > 0 };
}

/** The next write of it could not be read again. Nobody gets there by counting. */
function isUsedUp({ generation, nextOrdinal }: Ledger): boolean {
  return generation > GENERATION_COUNTED_MAX || nextOrdinal > ORDINAL_COUNTED_MAX;
}

/** Whether a ledger can be recovered from it that lasts. The recovery begins with other generations. */
function isRecoverable({ nextOrdinal }: Ledger): boolean {
  return nextOrdinal <= ORDINAL_COPIED_MAX;
}

/** Of all ledgers of one line. */
function highestGeneration(ledgers: readonly Ledger[], line: Ledger | null): number {
  const ofLine = ledgers.filter((ledger) => line !== null && isSameLine(ledger, line));
  return Math.max(0, ...ofLine.map(({ generation }) => generation));
}

/**
 * Only the first key may be activated without a wait, so nothing may hint at an earlier key: no other
 * key's Secret, no other kid in the JWKS, and no key in the status. One Secret of an earlier set is no such
 * hint: its key never signs again. Several of them are what a set left behind that was to retain its objects.
 */
function isFirstKeyPhase(set: ObservedSet, own: OwnObjects): boolean {
  if ((set.status?.keys ?? []).length > 0) return false;
  const { jwks } = own;
  const ofThisSet = firstKeySecrets(own);
  const inReach = own.keySecrets.filter(({ ordinal }) => ordinal <= ORDINAL_TAKEN_MAX).length;
  if (ofThisSet.length > 1 || (ofThisSet.length === 0 && inReach > 1)) return false;
  const content = ofThisSet[0]?.content;
  const ownKid = content?.kind === 'Key' ? content.kid : null;
  if (jwks === null || jwks.data[JWKS_FILE] === undefined) return true;
  const kids = keysIn(jwks.data).map(({ kid }) => kid);
  // A JWKS that cannot be read may have shown any key.
  return kids.length > 0 && kids.every((kid) => kid === ownKid);
}

/**
 * What the first key's Secret may be: made for this very set, with an ordinal that an operator gives. If the
 * set was created again before its first key signed, the only Secret beside a JWKS of the same earlier set is
 * that of the first key as well.
 */
function firstKeySecrets({
  keySecrets,
  ownership,
  jwks,
}: Pick<OwnObjects, 'keySecrets' | 'ownership' | 'jwks'>): readonly ObservedKeySecret[] {
  const inReach = keySecrets.filter(({ ordinal }) => ordinal <= ORDINAL_TAKEN_MAX);
  const own = inReach.filter(({ meta }) => ownership.keySecrets.get(meta.name) === 'Own');
  const [first, ...others] = inReach;
  if (own.length > 0 || jwks === null || first === undefined || others.length > 0) return own;
  return parseOwner(first.meta)?.uid === parseOwner(jwks.meta)?.uid ? inReach : own;
}

/** The Secret of the first key, before there is a ledger; null if there is none yet. */
export function firstKeySecret(situation: Situation): ObservedKeySecret | null {
  return firstKeySecrets(situation)[0] ?? null;
}

/** Whether the spec revokes a kid. */
export function isRevoked({ spec }: Pick<Situation, 'spec'>, kid: string): boolean {
  return spec.revocations.some((entry) => entry.kid === kid);
}

/** The usable Secret of a key; null if there is none. */
export function secretOf(situation: Situation, key: LedgerKey): ObservedKeySecret | null {
  const found = situation.keySecrets.find(({ ordinal }) => ordinal === key.ordinal);
  return found !== undefined && holdsKey(found.content, key.publicJwk) ? found : null;
}

/** The ledger that a set starts from now. Requests that are already there count as handled. */
export function blankLedger(situation: Situation): Ledger {
  const { set, spec, observed, offsetMs } = situation;
  // By the earlier clock: whatever is rebuilt later is then newer.
  const epochMs = observed.reading.startedMs + offsetMs;
  const empty = emptyLedger(set.ref, spec, presentRequests(set.annotations), epochMs);
  return { ...empty, terms: { declared: termsAtLeast(situation), lowered: [] } };
}

/** What must be in every ledger: the spec may have been lowered since the status showed more. */
export function termsAtLeast({ set, spec }: Situation): Terms {
  return largestShownTerms(spec.terms, set.status?.terms ?? {});
}
