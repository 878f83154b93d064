/**
 * Input and output of the core. `Observed` is one reading of all objects of a set, without any key
 * material. A `Step` is one write as data, which can be printed, tested and judged again.
 */

import type { Action, EventReason, StepReason, WaitingFor } from '../formats/codes.ts';
import type { PublicJwk } from '../formats/jwk.ts';
import type { KeyKind, Spec, Workload } from '../formats/spec.ts';
import type { Status } from '../formats/status.ts';
import type { EndReason, Ledger, LedgerKey, SetRef } from '../ledger/ledger.ts';
import type { Contest, Effort } from './contest.ts';
import type { ObservedLedgers } from './ledgers.ts';

/** When the objects were read, by both clocks, in milliseconds since the epoch. */
export interface Reading {
  /** This machine's clock before the first request. Gates are judged as of this instant. */
  readonly startedMs: number;
  /** This machine's clock after the last answer. Observations are recorded as of this instant. */
  readonly endedMs: number;
  /** How long the reading took by the monotonic clock, which nobody can set. */
  readonly elapsedMs: number;
  /** The earliest and the latest `Date` of the answers; null if an answer had none. */
  readonly firstDateMs: number | null;
  readonly lastDateMs: number | null;
}

export interface ObjectMeta {
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** Only if it was deleted and is still there: deleting it again does nothing. */
  readonly deleting?: PendingDeletion;
  /** Who set which field, as the API server sent it: `field-managers.ts` reads it. */
  readonly managedFields?: unknown;
}

/** The API server has accepted the deletion of an object, but finalizers keep it. */
export interface PendingDeletion {
  /** Its deletionTimestamp, RFC 3339. */
  readonly sinceTime: string;
  readonly finalizers: readonly string[];
}

export interface ObservedSet {
  readonly ref: SetRef;
  readonly resourceVersion: string;
  readonly generation: number;
  readonly annotations: Readonly<Record<string, string>>;
  /** The UID of the set that it asks to adopt, if that one still lives in this namespace; else null. */
  readonly livingAdoptee: string | null;
  /** The Secrets of single keys, by name, of the set that it asks to adopt: they are not adopted. */
  readonly adopteeKeySecrets: readonly string[];
  readonly finalizers: readonly string[];
  /** It has a deletionTimestamp. */
  readonly deleting: boolean;
  /** That timestamp, RFC 3339; missing if it has none. */
  readonly deletedTime?: string;
  /** Null if the stored spec cannot be decoded; then only the status is written. */
  readonly spec: Spec | null;
  readonly specProblems: readonly string[];
  /** The status as stored; null if there is none. */
  readonly status: Status | null;
  /** As that of {@link ObjectMeta}. */
  readonly managedFields?: unknown;
}

/** What the signer Secret holds, as the shell checked it: the private and public half of a `Key` match. */
export type SignerContent =
  | {
      readonly kind: 'Key';
      readonly kid: string;
      readonly publicJwk: PublicJwk;
      readonly keyKind: KeyKind;
    }
  /** All values are empty strings: no issuer can sign. */
  | { readonly kind: 'Empty' }
  | { readonly kind: 'Broken'; readonly problem: string };

export interface ObservedSigner {
  readonly meta: ObjectMeta;
  /** Whether it has the Secret type of a signer. */
  readonly typeFits: boolean;
  readonly content: SignerContent;
  /** As those of {@link ObservedJwks}. */
  readonly otherManagers: readonly string[];
}

export type KeyContent =
  | {
      readonly kind: 'Key';
      readonly kid: string;
      /** Whether the kid is the key's RFC 7638 thumbprint. */
      readonly kidIsThumbprint: boolean;
      readonly publicJwk: PublicJwk;
      readonly keyKind: KeyKind;
    }
  | { readonly kind: 'Broken'; readonly problem: string };

export interface ObservedKeySecret {
  readonly meta: ObjectMeta;
  readonly typeFits: boolean;
  /** From its name `<set>-key-<ordinal>`. */
  readonly ordinal: number;
  readonly content: KeyContent;
}

export interface ObservedJwks {
  readonly meta: ObjectMeta;
  /** Entries of others are in it too: they are nobody's key. */
  readonly data: Readonly<Record<string, string>>;
  /** One of the operator's own entries is in `binaryData`, where nobody looks for it. */
  readonly hasOwnBinaryData: boolean;
  /** The names of entries of others that hold a private key: the next write leaves them out. */
  readonly exposing: readonly string[];
  /** The other managers of those entries in the managed fields, each as `manager/operation/time`. */
  readonly otherManagers: readonly string[];
}

/**
 * How a pod reads the Secret. A `Volume` follows changes, but the process may read it only once. The
 * volume of an `InitContainer` has been read before the other containers start.
 */
export type ReadsBy = 'Env' | 'SubPath' | 'InitContainer' | 'Volume';

/** A pod that keeps what it once read from the signer Secret, given `spec.signer.reload`. */
export interface ReadOncePod {
  readonly pod: string;
  readonly readsBy: ReadsBy;
  /** It read nothing from the Secret before this instant, by the clock of its node or the API server. */
  readonly sinceMs: number;
  /** The controller of the pod, if the operator can restart it; else null. */
  readonly workload: Workload | null;
}

export type ObservedPods =
  /** Nothing depends on the pods now. */
  | { readonly kind: 'NotRead' }
  /** The operator runs with `--check-issuers=false`. */
  | { readonly kind: 'NotChecked' }
  /** The operator has no right to list them. */
  | { readonly kind: 'Forbidden' }
  | { readonly kind: 'Failed' }
  | {
      readonly kind: 'Read';
      /** The pods that started first, in any order. */
      readonly readOnce: readonly ReadOncePod[];
      /** How many more such pods there are. None of them started before any of `readOnce`. */
      readonly more: number;
    };

export type ObservedWorkload = Workload &
  (
    | { readonly state: 'Missing' | 'Forbidden' }
    | {
        readonly state: 'Found';
        readonly uid: string;
        readonly resourceVersion: string;
        /** The operator's annotation on the pod template; null if there is none. */
        readonly restartedFor: string | null;
        readonly rollOut: RollOut;
        /** As that of {@link ObjectMeta}. */
        readonly managedFields?: unknown;
      }
  );

export interface RollOut {
  /** Its controller has seen the current template. */
  readonly isObserved: boolean;
  readonly wanted: number;
  readonly updated: number;
  readonly available: number;
  /** What in its own spec stops the rollout, in words; null if nothing does. */
  readonly heldUpBy: string | null;
}

export interface Observed {
  readonly reading: Reading;
  readonly set: ObservedSet;
  readonly namespaceTerminating: boolean;
  readonly signer: ObservedSigner | null;
  /** As found on the signer Secret, in the status and on the JWKS ConfigMap. */
  readonly ledgers: ObservedLedgers;
  /**
   * All that the ledger names, and all others with this set's label and type that are known: a list shows them,
   * before there is a ledger, now and then, and if a watch reports one. By ordinal.
   */
  readonly keySecrets: readonly ObservedKeySecret[];
  readonly jwks: ObservedJwks | null;
  /** The pods of the namespace that keep what they read from the signer Secret, if they matter. */
  readonly pods: ObservedPods;
  /** The workloads in `spec.signer.restart`, if one of them may have to be restarted. */
  readonly workloads: readonly ObservedWorkload[];
  /**
   * Why the API server permanently rejects the last step; null if it rejected none, or has accepted
   * it since. This comes from the process's memory.
   */
  readonly refusedWrite: string | null;
  /**
   * Fields of the last written status that the API server did not store as they were written, such as
   * `keys[].settledTime`. This and the next come from the process's memory, too.
   */
  readonly lostStatus: readonly string[];
  /** The last writes of the status failed (they were refused, hung, or met conflicts), and none succeeded since. */
  readonly isStatusFailing: boolean;
  /** The operator runs with `--allow-secret-copies`. */
  readonly allowsSecretCopies?: true;
  /** The steps that someone undoes, or that the API server refuses. This is from that memory as well. */
  readonly contests: readonly Contest[];
  /**
   * For how long, from this reading on, the report of contests in the status is kept: another operator has made it.
   * Zero if this one knows better. From that memory as well.
   */
  readonly contestedKeptForMs: number;
}

/** The set and its objects, without when and how they were read. */
export type ObservedObjects = Pick<Observed, 'set' | 'signer' | 'ledgers' | 'keySecrets' | 'jwks'>;

/** What a write expects to find: exactly the version that was read, or no object. */
export type Expected = { readonly uid: string; readonly resourceVersion: string } | 'absent';

/**
 * Labels and annotations to set. Null removes one of the operator's own, or one that holds a private key. Others
 * stay as they are.
 */
export interface MetadataPatch {
  readonly labels: Readonly<Record<string, string | null>>;
  readonly annotations: Readonly<Record<string, string | null>>;
}

/** Where the values of the signer Secret come from. Key material never enters a step. */
export type SignerSource =
  | { readonly from: 'unchanged' }
  | { readonly from: 'nothing' }
  | {
      readonly from: 'keySecret';
      readonly kid: string;
      readonly name: string;
      readonly uid: string;
    };

export type Write =
  | {
      readonly kind: 'CreateKeySecret';
      readonly name: string;
      readonly ordinal: number;
      readonly keyKind: KeyKind;
      readonly metadata: MetadataPatch;
    }
  /** Recreates a lost key Secret from the signer's values. */
  | {
      readonly kind: 'RestoreKeySecret';
      readonly name: string;
      readonly ordinal: number;
      readonly kid: string;
      readonly publicJwk: PublicJwk;
      readonly signer: { readonly uid: string; readonly resourceVersion: string };
      readonly metadata: MetadataPatch;
    }
  | {
      readonly kind: 'PatchKeySecretMetadata';
      readonly name: string;
      readonly expects: Exclude<Expected, 'absent'>;
      readonly metadata: MetadataPatch;
    }
  | {
      readonly kind: 'DeleteKeySecret' | 'DeleteSigner' | 'DeleteJwks';
      readonly name: string;
      readonly expects: Exclude<Expected, 'absent'>;
    }
  /** Ledger and signing key in one write. */
  | {
      readonly kind: 'WriteSigner';
      readonly name: string;
      readonly expects: Expected;
      readonly ledger: Ledger;
      readonly source: SignerSource;
      readonly metadata: MetadataPatch;
    }
  | {
      readonly kind: 'WriteJwks';
      readonly name: string;
      readonly expects: Expected;
      /** The ledger generation that the data was made from; 0 before there is a ledger. */
      readonly generation: number;
      readonly data: Readonly<Record<string, string>>;
      readonly metadata: MetadataPatch;
    }
  /** Changes an annotation of the pod template, so that all pods are recreated. */
  | {
      readonly kind: 'RestartWorkload';
      readonly workload: Workload;
      readonly expects: Exclude<Expected, 'absent'>;
      readonly restartedFor: string;
    }
  | {
      readonly kind: 'WriteStatus';
      readonly expects: Exclude<Expected, 'absent'>;
      readonly status: Status;
    }
  | {
      readonly kind: 'WriteFinalizer';
      readonly expects: Exclude<Expected, 'absent'>;
      readonly present: boolean;
    };

export interface EventNote {
  readonly type: 'Normal' | 'Warning';
  readonly reason: EventReason;
  readonly message: string;
}

/** Why a step is taken: a stable code and a sentence. */
export interface Reason {
  readonly code: StepReason;
  readonly message: string;
}

export interface Step {
  readonly write: Write;
  readonly reason: Reason;
  /** Emitted on the set once the write has succeeded. */
  readonly events: readonly EventNote[];
  /**
   * True if the step must be judged on a second live reading before it is written: for example a
   * switch, a bar, or a deletion (docs/rotation.md).
   */
  readonly guarded: boolean;
  /** What it was computed from. */
  readonly basis: Basis;
  /** What it wants, whatever it was computed from. */
  readonly effort: Effort;
}

export interface Basis {
  /** The resourceVersions of the signer Secret and the JWKS ConfigMap; null: there was none. */
  readonly signer: string | null;
  readonly jwks: string | null;
  /** Without a signer, and so without a ledger, the key Secrets decide: their UIDs. Else null. */
  readonly keySecrets: string | null;
  /** UID, generation and requests of the set: a step is only valid for what it was planned for. */
  readonly set: string;
  /** The time of planning, by the judging clock. */
  readonly judgedMs: number;
}

export type When =
  | { readonly kind: 'AtOnce' }
  | { readonly kind: 'At'; readonly atMs: number }
  /** Not before another transition, which happens at that instant: never due by the time alone. */
  | { readonly kind: 'After'; readonly atMs: number }
  /** It depends on something that was not seen yet, or on the user. */
  | { readonly kind: 'Unknown' };

export interface Transition {
  readonly action: Action;
  /** Null if the key does not exist yet, or if the transition concerns all keys. */
  readonly key: LedgerKey | null;
  readonly when: When;
  readonly waitingFor: WaitingFor;
  readonly explanation: string;
  /** Set for a removal. */
  readonly reason?: EndReason;
}

export interface Plan {
  readonly step: Step | null;
  /** The steps that would come before it, and back off. */
  readonly held: readonly Effort[];
  /** No stage was left out: every step that this reading calls for is `step` or in `held`. */
  readonly isWhole: boolean;
  /** The plan stays the same until this instant; null: as long as nothing else changes. */
  readonly nextAtMs: number | null;
  /** What the set waits for, soonest first. */
  readonly upcoming: readonly Transition[];
  /** When the next rotation is due, even if something holds it up and nothing is planned. */
  readonly rotationDueMs: number | null;
  /** The keys that the set's JWKS ConfigMap shows. */
  readonly publishedKids: readonly string[];
}
