/**
 * What the core is told and what it answers. `Observed` is one reading of all objects of a set,
 * without any key material; a `Step` is one guarded write as data, which can be printed, tested
 * and judged again.
 */

import type { Action, EventReason, StepReason, WaitingFor } from '../formats/codes.ts';
import type { PublicJwk } from '../formats/jwk.ts';
import type { KeyKind, Spec, Workload } from '../formats/spec.ts';
import type { Status } from '../formats/status.ts';
import type { EndReason, Ledger, LedgerKey, SetRef } from '../ledger/ledger.ts';
import type { ObservedLedgers } from './ledgers.ts';

/** When the objects were read, by both clocks. Milliseconds since the epoch. */
export interface Reading {
  /** This machine's clock before the first request. Gates are judged as of here. */
  readonly startedMs: number;
  /** This machine's clock after the last answer. Observations are recorded as of here. */
  readonly endedMs: number;
  /** How long it took by the monotonic clock, which nobody can set. */
  readonly elapsedMs: number;
  /** The smallest and the largest `Date` header of the answers; null where one had none. */
  readonly firstDateMs: number | null;
  readonly lastDateMs: number | null;
}

export interface ObjectMeta {
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** It has a deletionTimestamp: some finalizer keeps it, and a second delete does nothing. */
  readonly deleting?: true;
}

export interface ObservedSet {
  readonly ref: SetRef;
  readonly resourceVersion: string;
  readonly generation: number;
  readonly annotations: Readonly<Record<string, string>>;
  /** UID of the other set of this namespace that it asks to adopt, where that one still lives. */
  readonly livingAdoptee: string | null;
  readonly finalizers: readonly string[];
  /** It has a deletionTimestamp. */
  readonly deleting: boolean;
  /** Null where the stored spec can't be decoded; then nothing but the status is written. */
  readonly spec: Spec | null;
  readonly specProblems: readonly string[];
  /** The status as stored; null where there is none. */
  readonly status: Status | null;
}

/** What a Secret's data turned out to be, checked by the shell against its own public half. */
export type SignerContent =
  | {
      readonly kind: 'Key';
      readonly kid: string;
      readonly publicJwk: PublicJwk;
      readonly keyKind: KeyKind;
    }
  /** All values are empty strings: nobody can sign. */
  | { readonly kind: 'Empty' }
  | { readonly kind: 'Broken'; readonly problem: string };

export interface ObservedSigner {
  readonly meta: ObjectMeta;
  /** Its Secret type is the signer's. */
  readonly typeFits: boolean;
  readonly content: SignerContent;
}

export type KeyContent =
  | {
      readonly kind: 'Key';
      readonly kid: string;
      /** The kid is the RFC 7638 thumbprint of the key. */
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
  readonly data: Readonly<Record<string, string>>;
  readonly hasBinaryData: boolean;
  /** From managed fields: who but this operator manages any of `data`, as `manager/operation/time`. */
  readonly otherManagers: readonly string[];
}

/**
 * How a pod takes the Secret up. A `Volume` follows its changes, and may be read only once; that of an
 * `InitContainer` has been read when the others start.
 */
export type ReadsBy = 'Env' | 'SubPath' | 'InitContainer' | 'Volume';

/** A pod that, by `spec.signer.reload`, goes on with what it took of the signer Secret. */
export interface ReadOncePod {
  readonly pod: string;
  readonly readsBy: ReadsBy;
  /** Nothing of the Secret was taken up before this time, by the clock of its node or the API server. */
  readonly sinceMs: number;
  /** What made the pod, where that can be restarted. */
  readonly workload: Workload | null;
}

export type ObservedPods =
  /** Nothing depends on them at present. */
  | { readonly kind: 'NotRead' }
  /** The operator was told not to look at pods. */
  | { readonly kind: 'NotChecked' }
  /** The operator may not list them. */
  | { readonly kind: 'Forbidden' }
  | { readonly kind: 'Failed' }
  | {
      readonly kind: 'Read';
      /** Those that started first, in any order. */
      readonly readOnce: readonly ReadOncePod[];
      /** So many more there are, none of which started before any of these. */
      readonly more: number;
    };

export type ObservedWorkload = Workload &
  (
    | { readonly state: 'Missing' | 'Forbidden' }
    | {
        readonly state: 'Found';
        readonly uid: string;
        readonly resourceVersion: string;
        /** The operator's own annotation of the pod template; null where there is none. */
        readonly restartedFor: string | null;
        readonly rollOut: RollOut;
      }
  );

export interface RollOut {
  /** Its controller has seen the present template. */
  readonly isObserved: boolean;
  readonly wanted: number;
  readonly updated: number;
  readonly available: number;
  /** What its own spec says that keeps pods as they are, in words; null where nothing does. */
  readonly heldUpBy: string | null;
}

export interface Observed {
  readonly reading: Reading;
  readonly set: ObservedSet;
  readonly namespaceTerminating: boolean;
  readonly signer: ObservedSigner | null;
  /** As they stand at the signer, in the status and at the JWKS. */
  readonly ledgers: ObservedLedgers;
  /** Every Secret of this set's label and type, and every one that the ledger names. By ordinal. */
  readonly keySecrets: readonly ObservedKeySecret[];
  readonly jwks: ObservedJwks | null;
  /** The pods of the namespace that hold the signer Secret for good, where it matters. */
  readonly pods: ObservedPods;
  /** Those of `spec.signer.restart`, where one of them may have to be restarted. */
  readonly workloads: readonly ObservedWorkload[];
  /**
   * What the API server said to the last step that it refused, and will say until somebody changes
   * something; null where none was, or it has been taken since. Of the memory of this process.
   */
  readonly refusedWrite: string | null;
}

/** What a write expects to find: the very version that was read, or nothing. */
export type Expected = { readonly uid: string; readonly resourceVersion: string } | 'absent';

/** Labels and annotations to set, and those of ours to take away. Others are left as they are. */
export interface MetadataPatch {
  readonly labels: Readonly<Record<string, string | null>>;
  readonly annotations: Readonly<Record<string, string | null>>;
}

/** Where the signer Secret's values come from. Key material never enters a step. */
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
  /** Makes a lost key Secret anew from the signer's own values. */
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
      /** The generation that the data was made from; 0 before there is a ledger. */
      readonly generation: number;
      readonly data: Readonly<Record<string, string>>;
      readonly metadata: MetadataPatch;
    }
  /** Its pods are made anew: an annotation of its pod template changes. */
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
  /** Told on the set once the write has succeeded. */
  readonly events: readonly EventNote[];
  /**
   * True for a switch, a bar, an un-publish and a destroy: these are judged again on a second
   * live reading before they are written.
   */
  readonly guarded: boolean;
  /** What it was computed from. */
  readonly basis: Basis;
}

export interface Basis {
  /** The versions of ledger and JWKS; null where there was none. */
  readonly signer: string | null;
  readonly jwks: string | null;
  /** Where there is no signer, and so no ledger, the UIDs of the key Secrets: they are what tells. */
  readonly keySecrets: string | null;
  /** UID, generation and requests of the set: a step is taken under what it was planned for alone. */
  readonly set: string;
  /** What time it was by the clock that gates are judged by. */
  readonly judgedMs: number;
}

export type When =
  | { readonly kind: 'AtOnce' }
  | { readonly kind: 'At'; readonly atMs: number }
  /** It depends on what has not been seen yet, or on the user. */
  | { readonly kind: 'Unknown' };

export interface Transition {
  readonly action: Action;
  /** Null where the key does not exist yet, or all are meant. */
  readonly key: LedgerKey | null;
  readonly when: When;
  readonly waitingFor: WaitingFor;
  readonly explanation: string;
  /** For a removal. */
  readonly reason?: EndReason;
}

export interface Plan {
  readonly step: Step | null;
  /** The same step is planned for all times from now up to here; null: for ever. */
  readonly nextAtMs: number | null;
  /** What the set waits for, soonest first. */
  readonly upcoming: readonly Transition[];
  /** When the next rotation is due, also where nothing is planned since something holds it up. */
  readonly rotationDueMs: number | null;
  /** The keys that the set's JWKS ConfigMap shows. */
  readonly publishedKids: readonly string[];
}
