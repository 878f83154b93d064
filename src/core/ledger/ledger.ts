/**
 * The ledger: the one place where a set's state is kept. It is an annotation of the signer
 * Secret, so that the signing key and the decision about it change in one compare-and-swap.
 * Everything else (JWKS, status) is a projection of it. The stored form is read and written by
 * codec.ts.
 */
import type { PublicJwk } from '../formats/jwk.ts';
import type { Algorithm, KeyKind, Reload, Terms } from '../formats/spec.ts';
import type { TermMemory } from './terms.ts';

/** The version of the stored form that this code reads and writes. */
export const LEDGER_VERSION = 1;

export interface SetRef {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

/** Instants are milliseconds since the epoch, observed by a live read after the fact; null: not yet. */
export interface Ledger {
  /** Grows by one with every write; by two over the highest seen in a recovery. */
  readonly generation: number;
  readonly set: SetRef;
  /** True while a recovery is under way: the JWKS carries this ledger, the signer not yet. */
  readonly recovering: boolean;
  /** The keys that live, by ordinal. At most one is Active. */
  readonly keys: readonly LedgerKey[];
  /** Ended keys, which never come back. Those below the floor are forgotten but by ordinal. */
  readonly tombstones: readonly Tombstone[];
  /** Every ordinal below it has ended. Never above a living ordinal. */
  readonly ordinalFloor: number;
  /** The key that signed immediately before the active one, whatever became of it since. */
  readonly previousKid: string | null;
  readonly terms: TermMemory;
  /** What the JWKS ConfigMap shows beside the keys, so that it is a function of the ledger alone. */
  readonly publication: Publication;
  /** The last request id of each verb that was carried out or refused. */
  readonly handled: { readonly rotate: string | null; readonly rollback: string | null };
  /** Why the rollback that was handled last was refused; null where it was carried out. */
  readonly rollbackRefused: RollbackRefusal | null;
  /** True from a revocation that left no key to sign with until a key signs again. */
  readonly closed: boolean;
  readonly jwks: JwksNote | null;
  /** Set once an ordered deletion has begun. */
  readonly deletion: DeletionNote | null;
}

export const ROLLBACK_REFUSALS = [
  'NoPreviousKey',
  'PreviousKeyRevoked',
  'PreviousKeyRemoved',
  'PreviousKeyOfOtherKind',
  'PreviousKeySecretLost',
  'PreviousKeyNotProven',
  'Deleting',
] as const;
export type RollbackRefusal = (typeof ROLLBACK_REFUSALS)[number];

export type LedgerKeyState = 'Pending' | 'Active' | 'Retiring';

export interface LedgerKey extends KeyKind {
  /** Grows only; names the Secret `<set>-key-<ordinal>`. */
  readonly ordinal: number;
  readonly kid: string;
  readonly publicJwk: PublicJwk;
  readonly state: LedgerKeyState;
  /** An imported key keeps a kid that is not its thumbprint. */
  readonly imported: boolean;
  /** Whether a token may exist that it signed: it was active, or a recovery can't exclude it. */
  readonly mayHaveSigned: boolean;
  /** A live read showed it in the JWKS ConfigMap. Anew after every foreign edit. */
  readonly publishedSeenMs: number | null;
  /** A live read first showed it in the signer Secret. */
  readonly activatedMs: number | null;
  /** As activatedMs, but anew after every repair: the switch to it is complete Ps later. */
  readonly signerSeenMs: number | null;
  /** A live read showed the signer Secret without it; it may have signed until Ps later. */
  readonly supersededSeenMs: number | null;
  /**
   * Of a key that signs no more: a live read showed no pod that may hold it for good. Of the active
   * one: none that may hold an earlier key for good.
   */
  readonly settled: Settled | null;
  /** Not null once it is to leave the JWKS: it is never activated again. */
  readonly bar: Bar | null;
  /** The largest of every term since its publication; T since its activation. */
  readonly largest: Terms;
}

/** That the pods which take the key once, at their start, are all of a later time. */
export interface Settled {
  readonly seenMs: number;
  /** Which pods were counted: under `Restart` also those that merely mount the Secret. */
  readonly reload: Reload;
}

export type EndReason = 'Retired' | 'Superseded' | 'SecretLost' | 'Revoked';

export interface Bar {
  /** The generation that barred it: only a JWKS of this generation or later proves its removal. */
  readonly generation: number;
  readonly reason: EndReason;
  /** A live read showed the JWKS without it. */
  readonly removedSeenMs: number | null;
}

export interface Tombstone {
  readonly ordinal: number;
  readonly kid: string;
  readonly algorithm: Algorithm;
  readonly reason: EndReason;
  /** Null where a hand put it back, until its removal is seen again. */
  readonly removedSeenMs: number | null;
  /** P + H + D + S, largest, of its life; null where some verifier trusts it until a restart. */
  readonly trustMs: number | null;
}

export interface Publication {
  readonly issuer: string | null;
  readonly jwksUri: string | null;
}

/** The JWKS ConfigMap as the ledger last noted it: what differs from it was another hand. */
export interface JwksNote {
  readonly uid: string;
  readonly resourceVersion: string;
  /** The ledger's generation that the ConfigMap's data was written from. */
  readonly generation: number;
  /** Managers of `data` other than this operator, each once with its time. */
  readonly managers: readonly string[];
}

export interface DeletionNote {
  /** From here on the JWKS ConfigMap is not written again. */
  readonly removing: boolean;
  readonly jwksRemovedSeenMs: number | null;
}

export function activeKey(ledger: Ledger): LedgerKey | null {
  return ledger.keys.find((key) => key.state === 'Active') ?? null;
}

export function keyByKid(ledger: Ledger, kid: string): LedgerKey | null {
  return ledger.keys.find((key) => key.kid === kid) ?? null;
}

/** The keys that belong into the JWKS: all that live and are not barred. */
export function publishedKeys(ledger: Ledger): readonly LedgerKey[] {
  return ledger.keys.filter((key) => key.bar === null);
}

/**
 * Whether a key is barred and its tokens can still be valid: until it is seen out of the JWKS,
 * because T may have been raised after the bar.
 */
export function isLeaving({ bar, mayHaveSigned }: LedgerKey): boolean {
  return bar !== null && bar.removedSeenMs === null && bar.reason !== 'Revoked' && mayHaveSigned;
}

/**
 * The ledger as the JWKS shows it: leaving keys that are still published count as published,
 * though they stay barred and never sign again.
 */
export function withLeavingPublished(
  ledger: Ledger,
  isStillPublished: (key: LedgerKey) => boolean,
): Ledger {
  const keys = ledger.keys.map((key): LedgerKey => {
    return isLeaving(key) && isStillPublished(key) ? { ...key, bar: null } : key;
  });
  return { ...ledger, keys };
}

/** Keys whose tokens a JWKS without them would reject: published ones and leaving ones that signed. */
export function neededKeys(ledger: Ledger): readonly LedgerKey[] {
  return ledger.keys.filter((key) => (key.bar === null && key.mayHaveSigned) || isLeaving(key));
}

/** Whether a kid or an ordinal has ended for good (invariant I4). */
export function hasEnded(ledger: Ledger, kid: string, ordinal: number): boolean {
  return (
    ledger.tombstones.some((stone) => stone.kid === kid || stone.ordinal === ordinal) ||
    (ordinal < ledger.ordinalFloor && keyByKid(ledger, kid)?.ordinal !== ordinal)
  );
}

/** The first ordinal that no key of this ledger ever had. */
export function nextOrdinal(ledger: Ledger): number {
  const ordinals = [...ledger.keys, ...ledger.tombstones].map(({ ordinal }) => ordinal);
  return Math.max(ledger.ordinalFloor - 1, 0, ...ordinals) + 1;
}

export function sameKind(a: KeyKind, b: KeyKind): boolean {
  return a.algorithm === b.algorithm && a.rsaModulusLength === b.rsaModulusLength;
}
