/** The status of a set as it is stored: a projection of the ledger, in the users' words. */

import type { Action, ConditionReason, ConditionType, WaitingFor } from './codes.ts';
import type { Algorithm } from './spec.ts';

export type ConditionStatus = 'True' | 'False' | 'Unknown';

/** The Kubernetes API conventions' condition. Times are RFC 3339. */
export interface Condition {
  readonly type: ConditionType;
  readonly status: ConditionStatus;
  readonly reason: ConditionReason;
  readonly message: string;
  readonly lastTransitionTime: string;
  readonly observedGeneration: number;
}

/** A condition before it is known since when it holds. */
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
  /** From here on no verifier trusts it that keeps the declared terms. */
  readonly distrustedByTime?: string;
  /** Declared verifiers that trust it until they are restarted, where that has no end. */
  readonly restartRequired?: readonly string[];
}

export interface NextTransition {
  readonly action: Action;
  readonly kid?: string;
  /** Missing while it depends on something that has not been seen yet. */
  readonly time?: string;
  readonly waitingFor: WaitingFor;
  readonly explanation: string;
}

/** Why the last rollback that was asked for was not carried out. */
export interface RollbackRefused {
  readonly request: string;
  readonly reason: string;
  readonly message: string;
}

export interface HistoryEntry {
  readonly time: string;
  readonly kid: string;
  readonly ordinal: number;
  /** None where the key is new. */
  readonly from?: KeyStatus['state'];
  readonly to: KeyStatus['state'];
  readonly reason: string;
}

export interface Status {
  readonly observedGeneration?: number;
  readonly conditions?: readonly Condition[];
  readonly activeKey?: string;
  readonly activeKid?: string;
  readonly keyCount?: number;
  readonly keys?: readonly KeyStatus[];
  readonly nextTransition?: NextTransition;
  readonly effectiveTokenTTL?: string;
  readonly history?: readonly HistoryEntry[];
  readonly lastHandledRotateRequest?: string;
  readonly lastHandledRollbackRequest?: string;
  readonly rollbackRefused?: RollbackRefused;
  /** The copy of the ledger, as text. */
  readonly ledger?: string;
}

export const HISTORY_MAX = 20;
/** Of the ended keys, so many of the youngest are shown. */
export const RETIRED_SHOWN_MAX = 8;
