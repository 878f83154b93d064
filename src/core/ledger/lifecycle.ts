/**
 * What each transition does to the ledger, as pure functions from ledger to ledger. The write stamps
 * the generation, once. Other files decide whether a transition is due and safe.
 */
import type { PublicJwk } from '../formats/jwk.ts';
import type { KeyKind, Spec, Terms } from '../formats/spec.ts';
import { LEDGER_KEYS_MAX, TOMBSTONES_MAX } from './bounds.ts';
import {
  activeKey,
  type EndReason,
  type Ledger,
  type LedgerKey,
  ordinalAfter,
  type Publication,
  type RollbackRefusal,
  type SetRef,
  type SignerNote,
  type Tombstone,
} from './ledger.ts';
import { effectiveTerms, largestTerms, trustAfterRemovalMs, trustEndMs } from './terms.ts';

/** Everything that identifies a new key. */
export interface KeyOrigin {
  readonly ordinal: number;
  readonly kid: string;
  readonly publicJwk: PublicJwk;
  readonly keyKind: KeyKind;
  readonly imported: boolean;
}

/** A ledger without keys, of generation 0: a new set starts from it, and a ledger that is rebuilt. */
export function emptyLedger(
  ref: SetRef,
  spec: Spec,
  handled: Ledger['handled'],
  epochMs: number,
): Ledger {
  return {
    epochMs,
    generation: 0,
    set: ref,
    recovering: null,
    keys: [],
    tombstones: [],
    nextOrdinal: 1,
    previousKid: null,
    terms: { declared: spec.terms, lowered: [] },
    publication: publicationOf(spec),
    handled,
    rollbackRefused: null,
    closed: false,
    jwks: null,
    signer: null,
    deletion: null,
  };
}

export function publicationOf(spec: Spec): Publication {
  return { issuer: spec.issuer, jwksUri: spec.jwks.uri };
}

/** The generation that the next write of this ledger gets. */
export function nextGeneration({ generation }: Pick<Ledger, 'generation'>): number {
  return generation + 1;
}

export function newKey(origin: KeyOrigin, largest: Terms): LedgerKey {
  return {
    ordinal: origin.ordinal,
    kid: origin.kid,
    algorithm: origin.keyKind.algorithm,
    rsaModulusLength: origin.keyKind.rsaModulusLength,
    publicJwk: origin.publicJwk,
    state: 'Pending',
    imported: origin.imported,
    mayHaveSigned: false,
    publishedSeenMs: null,
    activatedMs: null,
    signerSeenMs: null,
    supersededSeenMs: null,
    settled: null,
    bar: null,
    largest,
  };
}

/** Adds a key as Pending. From then on it is published. */
export function addPending(ledger: Ledger, origin: KeyOrigin, nowMs: number): Ledger {
  const key = newKey(origin, effectiveTerms(ledger.terms, nowMs));
  const nextOrdinal = ordinalAfter(ledger.nextOrdinal, [key]);
  return { ...ledger, keys: byOrdinal([...ledger.keys, key]), nextOrdinal };
}

/** Ends a key that this ledger never published: it is of the wrong kind, revoked, or of a ledger that was lost. */
export function buryOrphan(
  ledger: Ledger,
  origin: KeyOrigin,
  { reason, trustMs }: Pick<Tombstone, 'reason' | 'trustMs'>,
  { seenMs, nowMs }: { readonly seenMs: number; readonly nowMs: number },
): Ledger {
  const stone: Tombstone = {
    ordinal: origin.ordinal,
    kid: origin.kid,
    algorithm: origin.keyKind.algorithm,
    reason,
    removedSeenMs: seenMs,
    trustMs,
  };
  return withStone(ledger, stone, nowMs);
}

/**
 * The switch: the key becomes Active, and the one before it Retiring. Its times are noted later, when
 * a live read shows the signer. T counts from the activation, so earlier, larger values are dropped.
 */
export function activate(
  ledger: Ledger,
  kid: string,
  rotateId: string | null,
  nowMs: number,
): Ledger {
  const before = activeKey(ledger);
  const keys = ledger.keys.map((key): LedgerKey => {
    if (key.kid === before?.kid) return superseded(key);
    if (key.kid !== kid) return key;
    const { tokenTtlMs } = effectiveTerms(ledger.terms, nowMs);
    const largest = key.mayHaveSigned ? key.largest : { ...key.largest, tokenTtlMs };
    return {
      ...key,
      state: 'Active',
      mayHaveSigned: true,
      activatedMs: null,
      signerSeenMs: null,
      supersededSeenMs: null,
      settled: null,
      largest,
    };
  });
  const handled = { ...ledger.handled, rotate: rotateId ?? ledger.handled.rotate };
  const previousKid = before?.kid ?? ledger.previousKid;
  return { ...ledger, keys, handled, previousKid, closed: false };
}

/** The key that signed immediately before signs again. Its removal is void. */
export function rolledBack(
  ledger: Ledger,
  kid: string,
  requests: { readonly rollback: string; readonly rotate: string | null },
  nowMs: number,
): Ledger {
  const switched = activate(ledger, kid, requests.rotate, nowMs);
  const handled = { ...switched.handled, rollback: requests.rollback };
  return { ...switched, handled, rollbackRefused: null };
}

/** A refused rollback counts as handled, so that it is reported only once. */
export function refuseRollback(ledger: Ledger, id: string, why: RollbackRefusal): Ledger {
  const handled = { ...ledger.handled, rollback: id };
  return { ...ledger, handled, rollbackRefused: why };
}

/**
 * Bars all revoked keys in one write. They leave the JWKS at once, and none of them ever signs again.
 * If the active key is among them, it stops signing, and the set is closed until another key signs.
 * @param generation of the write that carries the bars.
 */
export function withRevoked(
  ledger: Ledger,
  generation: number,
  isRevoked: (kid: string) => boolean,
): Ledger {
  const keys = ledger.keys.map((key): LedgerKey => {
    if (!isRevoked(key.kid) || key.bar?.reason === 'Revoked') return key;
    const removedSeenMs = key.bar?.removedSeenMs ?? null;
    const barred = key.state === 'Active' ? superseded(key) : key;
    return { ...barred, bar: { generation, reason: 'Revoked', removedSeenMs } };
  });
  const stopped = activeKey(ledger);
  if (stopped === null || !isRevoked(stopped.kid)) return { ...ledger, keys };
  return { ...ledger, keys, previousKid: stopped.kid, closed: true };
}

/** The signer is emptied: no key signs, and the key that signed until now is Retiring. */
export function emptySigner(ledger: Ledger, changes: Partial<Ledger> = {}): Ledger {
  const keys = ledger.keys.map((key) => (key.state === 'Active' ? superseded(key) : key));
  const previousKid = activeKey(ledger)?.kid ?? ledger.previousKid;
  return { ...ledger, keys, previousKid, ...changes };
}

function superseded(key: LedgerKey): LedgerKey {
  return { ...key, state: 'Retiring', mayHaveSigned: true, supersededSeenMs: null, settled: null };
}

/**
 * Someone else wrote the values of the signer. Whatever it shows now, each key of the set may have been
 * in it, and may have signed until the signer is seen in order. The switch to the active key starts again.
 * @param shownKid of the key that is in it now; null if there is none
 */
export function signerDisturbed(ledger: Ledger, note: SignerNote, shownKid: string | null): Ledger {
  const keys = ledger.keys.map((key): LedgerKey => {
    if (key.state === 'Active') return { ...key, signerSeenMs: null, settled: null };
    // Its gate was open. It is waited for again only if it is seen there.
    if (key.bar !== null && key.kid !== shownKid) return key;
    return { ...key, mayHaveSigned: true, supersededSeenMs: null, settled: null };
  });
  return { ...ledger, keys, signer: note };
}

/** Bars a key: it must leave the JWKS and can never be activated again. */
export function bar(ledger: Ledger, kid: string, reason: EndReason): Ledger {
  const generation = nextGeneration(ledger);
  const keys = ledger.keys.map((key) =>
    key.kid === kid ? { ...key, bar: { generation, reason, removedSeenMs: null } } : key,
  );
  return { ...ledger, keys };
}

/** Turns a barred key into a tombstone once its removal was seen and its Secret is gone. */
export function bury(ledger: Ledger, key: LedgerKey, nowMs: number): Ledger {
  const stone: Tombstone = {
    ordinal: key.ordinal,
    kid: key.kid,
    algorithm: key.algorithm,
    reason: key.bar?.reason ?? 'Retired',
    removedSeenMs: key.bar?.removedSeenMs ?? null,
    trustMs: trustAfterRemovalMs(key.largest),
  };
  const keys = ledger.keys.filter(({ kid }) => kid !== key.kid);
  return withStone({ ...ledger, keys }, stone, nowMs);
}

/** More tombstones than this are kept only while verifiers may still trust their keys, or if they were revoked. */
export const TOMBSTONES_KEPT = TOMBSTONES_MAX / 2;

/** The reasons of keys that mostly end before they sign: theirs are the first tombstones to go. */
const UNSIGNED: readonly EndReason[] = ['Superseded', 'SecretLost'];

/**
 * Adds a tombstone. If there are too many, the oldest of those whose trust is over go, but for revoked keys: as long
 * as they are known, nothing that someone restores brings them back. If there are far too many, so does the oldest that
 * never signed, and at last the oldest of all. Their ordinals stay ended. So there is always room for another one.
 */
function withStone(ledger: Ledger, stone: Tombstone, nowMs: number): Ledger {
  const stones = [...ledger.tombstones, stone].sort((a, b) => a.ordinal - b.ordinal);
  const isOver = ({ reason, removedSeenMs, trustMs }: Tombstone) => {
    if (reason === 'Revoked') return false;
    const endMs = trustEndMs(removedSeenMs, trustMs);
    return endMs !== null && endMs <= nowMs;
  };
  const trusted = withoutOldest(stones, stones.length - TOMBSTONES_KEPT, isOver);
  const signed = withoutOldest(trusted, trusted.length - TOMBSTONES_MAX, ({ reason }) =>
    UNSIGNED.includes(reason),
  );
  const tombstones = signed.slice(-TOMBSTONES_MAX);
  return { ...ledger, tombstones, nextOrdinal: ordinalAfter(ledger.nextOrdinal, [stone]) };
}

/** Drops the first entries that may go, at most `countMax` of them. */
function withoutOldest(
  stones: readonly Tombstone[],
  countMax: number,
  mayGo: (stone: Tombstone) => boolean,
): readonly Tombstone[] {
  let left = countMax;
  return stones.filter((stone) => {
    const goes = left > 0 && mayGo(stone);
    if (goes) left -= 1;
    return !goes;
  });
}

/** Whether the ledger can take another key. */
export function hasRoomForAnotherKey({ keys }: Ledger): boolean {
  return keys.length < LEDGER_KEYS_MAX;
}

/** The key with its largest terms raised to the newly declared ones. */
export function withLargest(key: LedgerKey, declared: Terms): LedgerKey {
  const largest = largestTerms(key.largest, declared);
  const isSame =
    largest.signerRefreshDelayMs === key.largest.signerRefreshDelayMs &&
    largest.clockSkewMs === key.largest.clockSkewMs;
  // These two decide which pods are too old. If they grow, the pods must be judged again.
  return { ...key, largest, settled: isSame ? key.settled : null };
}

export function byOrdinal(keys: readonly LedgerKey[]): readonly LedgerKey[] {
  return [...keys].sort((a, b) => a.ordinal - b.ordinal);
}
