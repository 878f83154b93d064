/**
 * The ledger: the only place that keeps a set's state. It is an annotation of the signer Secret, so
 * that the signing key and the decision about it change in one conditional write. Everything else
 * (JWKS, status) is computed from it. codec.ts reads and writes the stored form.
 */
import type { PublicJwk } from '../formats/jwk.ts';
import { PUBLISHED_KEYS_MAX } from '../formats/served-set.ts';
import type { Algorithm, KeyKind, Reload, Terms } from '../formats/spec.ts';
import type { TermMemory } from './terms.ts';

/** The version of the stored form that this code writes. It also reads the earlier ones. */
export const LEDGER_VERSION = 2;

export interface SetRef {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

/** Instants are milliseconds since the epoch, each observed by a later live read. Null: not yet. */
export interface Ledger {
  /**
   * When this line of generations began, by the recording clock: with the set's first key, or when a lost
   * ledger was recovered or rebuilt. 0 if version 1 of the stored form began it.
   */
  readonly epochMs: number;
  /** Each write adds one. A recovery adds two to the highest that was seen. */
  readonly generation: number;
  readonly set: SetRef;
  /**
   * Not null during a recovery: the JWKS already carries this ledger, the signer Secret not yet. It says
   * which signer Secret was found, so that a recovery that was completed is not taken for this one.
   */
  readonly recovering: FoundSigner | null;
  /** The living keys, by ordinal. At most one is Active. */
  readonly keys: readonly LedgerKey[];
  /** Ended keys, which never come back. The oldest are remembered only by `nextOrdinal`. */
  readonly tombstones: readonly Tombstone[];
  /**
   * One above every ordinal that this ledger ever had. A lower one that no living key has is that of
   * an ended key.
   */
  readonly nextOrdinal: number;
  /** The key that signed immediately before the active one, even if it has ended since. */
  readonly previousKid: string | null;
  readonly terms: TermMemory;
  /** What else the JWKS ConfigMap shows: its data must follow from the ledger alone. */
  readonly publication: Publication;
  /** For each kind of request, the id that was last carried out or refused. */
  readonly handled: { readonly rotate: string | null; readonly rollback: string | null };
  /** Why the last rollback request was refused; null if it was carried out. */
  readonly rollbackRefused: RollbackRefusal | null;
  /** True after a revocation that left no signing key, until a key signs again. */
  readonly closed: boolean;
  readonly jwks: JwksNote | null;
  readonly signer: SignerNote | null;
  /** Not null once an ordered deletion has begun. */
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
  /** Never reused. Part of the Secret's name, `<set>-key-<ordinal>`. */
  readonly ordinal: number;
  readonly kid: string;
  readonly publicJwk: PublicJwk;
  readonly state: LedgerKeyState;
  /** An imported key keeps a kid that is not its thumbprint. */
  readonly imported: boolean;
  /** Whether it may have signed a token: it was active, or a recovery cannot rule it out. */
  readonly mayHaveSigned: boolean;
  /** When a live read showed it in the JWKS ConfigMap. Starts again after someone else's edit. */
  readonly publishedSeenMs: number | null;
  /** When a live read first showed it in the signer Secret. */
  readonly activatedMs: number | null;
  /** As activatedMs, but starts again after every repair. The switch is complete Ps later. */
  readonly signerSeenMs: number | null;
  /** When a live read showed the signer Secret without it. It may have signed until Ps later. */
  readonly supersededSeenMs: number | null;
  /**
   * For a key that no longer signs: a live read showed no pod that may hold it permanently. For the
   * active key: none that may hold an earlier key permanently.
   */
  readonly settled: Settled | null;
  /** Not null once the key must leave the JWKS. A barred key is never activated again. */
  readonly bar: Bar | null;
  /** The largest value of each term since its publication; of T, since its activation. */
  readonly largest: Terms;
}

/** Every pod that reads the key only at startup started after the switch. */
export interface Settled {
  readonly seenMs: number;
  /** Which pods were counted: under `Restart`, those that just mount the Secret count too. */
  readonly reload: Reload;
}

export type EndReason = 'Retired' | 'Superseded' | 'SecretLost' | 'Revoked';

export interface Bar {
  /** The generation that barred it. Only a JWKS of this generation or later proves its removal. */
  readonly generation: number;
  readonly reason: EndReason;
  /** When a live read showed the JWKS without it. */
  readonly removedSeenMs: number | null;
}

export interface Tombstone {
  readonly ordinal: number;
  readonly kid: string;
  readonly algorithm: Algorithm;
  readonly reason: EndReason;
  /** Null if someone put the key back, until its removal is seen again. */
  readonly removedSeenMs: number | null;
  /** P + H + D + S, the largest of its life. Null if a verifier trusts it until it is restarted. */
  readonly trustMs: number | null;
}

export interface Publication {
  readonly issuer: string | null;
  readonly jwksUri: string | null;
}

/** The JWKS ConfigMap as the ledger last noted it. A difference shows that someone else edited it. */
export interface JwksNote {
  readonly uid: string;
  readonly resourceVersion: string;
  /** The generation of the ledger that the ConfigMap's data was made from. */
  readonly generation: number;
  /** Managers of `data` other than this operator, each with its operation and time. */
  readonly managers: readonly string[];
}

/** The signer Secret as the ledger last noted it. A difference shows that someone else edited it. */
export interface SignerNote {
  readonly uid: string;
  /** As those of {@link JwksNote}. */
  readonly managers: readonly string[];
}

/** A signer Secret that is to be replaced: this version of it, or none. */
export interface FoundSigner {
  /** Null if there was none. */
  readonly uid: string | null;
  readonly resourceVersion: string | null;
}

export interface DeletionNote {
  /** True once the JWKS ConfigMap is to be deleted: it is not written again. */
  readonly removing: boolean;
  readonly jwksRemovedSeenMs: number | null;
}

export function activeKey(ledger: Ledger): LedgerKey | null {
  return ledger.keys.find((key) => key.state === 'Active') ?? null;
}

export function keyByKid(ledger: Ledger, kid: string): LedgerKey | null {
  return ledger.keys.find((key) => key.kid === kid) ?? null;
}

/** The keys that belong in the JWKS: all living keys that are not barred. */
export function publishedKeys(ledger: Ledger): readonly LedgerKey[] {
  return ledger.keys.filter((key) => key.bar === null);
}

/**
 * Whether a key is barred although its tokens can still be valid. That lasts until it is seen out of
 * the JWKS, because T may have been raised after the bar.
 */
export function isLeaving({ bar, mayHaveSigned }: LedgerKey): boolean {
  return bar !== null && bar.removedSeenMs === null && bar.reason !== 'Revoked' && mayHaveSigned;
}

/**
 * The ledger as the JWKS shows it: leaving keys that are still published have no bar here, as far as they fit. In
 * the real ledger they stay barred and never sign again.
 */
export function withLeavingPublished(
  ledger: Ledger,
  isStillPublished: (key: LedgerKey) => boolean,
): Ledger {
  let room = PUBLISHED_KEYS_MAX - publishedKeys(ledger).length;
  const keys = ledger.keys.map((key): LedgerKey => {
    if (room <= 0 || !isLeaving(key) || !isStillPublished(key)) return key;
    room -= 1;
    return { ...key, bar: null };
  });
  return { ...ledger, keys };
}

/** Keys that verifiers still need for valid tokens: published or leaving keys that may have signed. */
export function neededKeys(ledger: Ledger): readonly LedgerKey[] {
  return ledger.keys.filter((key) => (key.bar === null && key.mayHaveSigned) || isLeaving(key));
}

/** Whether a kid or an ordinal belongs to an ended key (invariant I4). */
export function hasEnded(ledger: Ledger, kid: string, ordinal: number): boolean {
  return (
    ledger.tombstones.some((stone) => stone.kid === kid) ||
    (ordinal < ledger.nextOrdinal && keyByKid(ledger, kid)?.ordinal !== ordinal)
  );
}

/** One above each of the ordinals, and no lower than before. */
export function ordinalAfter(
  before: number,
  holders: readonly { readonly ordinal: number }[],
): number {
  return Math.max(before, ...holders.map(({ ordinal }) => ordinal + 1));
}

export function sameKind(a: KeyKind, b: KeyKind): boolean {
  return a.algorithm === b.algorithm && a.rsaModulusLength === b.rsaModulusLength;
}
