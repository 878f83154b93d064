/** The status of a set as it is stored: the ledger in the user's words, and a copy of it. */

import type { Action, ConditionReason, ConditionType, WaitingFor } from './codes.ts';
import type { Algorithm } from './spec.ts';

export type ConditionStatus = 'True' | 'False' | 'Unknown';

/** A condition as in the Kubernetes API conventions. All times of a status are RFC 3339. */
export interface Condition {
  readonly type: ConditionType;
  readonly status: ConditionStatus;
  readonly reason: ConditionReason;
  readonly message: string;
  readonly lastTransitionTime: string;
  readonly observedGeneration: number;
}

/** A condition before its transition time is known. */
export type Verdict = Pick<Condition, 'type' | 'status' | 'reason' | 'message'>;

export interface KeyStatus {
  readonly ordinal: number;
  readonly kid: string;
  readonly state: 'Pending' | 'Active' | 'Retiring' | 'Retired';
  readonly algorithm: Algorithm;
  /** Why it ended. */
  readonly reason?: string;
  readonly publishedTime?: string;
  readonly servedSinceTime?: string;
  readonly activatableTime?: string;
  readonly activatedTime?: string;
  readonly switchCompleteTime?: string;
  readonly supersededTime?: string;
  readonly settledTime?: string;
  readonly removableTime?: string;
  readonly removedTime?: string;
  /** From then on, no verifier that keeps the declared terms trusts the key. */
  readonly distrustedByTime?: string;
  /** Declared verifiers that trust the key until they are restarted. */
  readonly restartRequired?: readonly string[];
}

export interface NextTransition {
  readonly action: Action;
  readonly kid?: string;
  /** Missing while it depends on something that was not seen yet. */
  readonly time?: string;
  readonly waitingFor: WaitingFor;
  readonly explanation: string;
}

/** Why the last requested rollback was not carried out. */
export interface RollbackRefused {
  readonly request: string;
  readonly reason: string;
  readonly message: string;
}

export interface HistoryEntry {
  readonly time: string;
  readonly kid: string;
  readonly ordinal: number;
  /** Missing if the key is new. */
  readonly from?: KeyStatus['state'];
  readonly to: KeyStatus['state'];
  readonly reason: string;
}

/**
 * The terms that the operator has taken into its ledger, as durations under their names in the spec.
 * Someone may have edited them: any may be missing.
 */
export interface NotedTerms {
  readonly tokenTTL?: string;
  readonly verifierCacheTTL?: string;
  /** D: a duration, or {@link UNLIMITED}. */
  readonly verifierTrust?: string;
  readonly sharedCacheTTL?: string;
  readonly publicationDelay?: string;
  readonly signerRefreshDelay?: string;
  readonly verifierLeeway?: string;
  readonly clockSkew?: string;
}

/** Shown for a D that has no end. */
export const UNLIMITED = 'Unlimited';

export interface Status {
  readonly observedGeneration?: number;
  readonly conditions?: readonly Condition[];
  readonly activeKey?: string;
  readonly activeKid?: string;
  readonly keyCount?: number;
  readonly keys?: readonly KeyStatus[];
  readonly nextTransition?: NextTransition;
  readonly terms?: NotedTerms;
  readonly effectiveTokenTTL?: string;
  readonly history?: readonly HistoryEntry[];
  readonly lastHandledRotateRequest?: string;
  readonly lastHandledRollbackRequest?: string;
  readonly rollbackRefused?: RollbackRefused;
  /** The copy of the ledger, in its stored form. */
  readonly ledger?: string;
}

export const HISTORY_MAX = 20;
/** The maximum number of ended keys that are shown, the youngest ones. */
export const RETIRED_SHOWN_MAX = 8;
