/**
 * Issuers that read once. A volume follows the signer Secret. An environment variable or a `subPath`
 * keeps what was there when the container started, for as long as it runs. So a pod that started
 * before a switch signs with the old key until it is gone, whatever Ps is.
 *
 * A pod is too old if it may have read the Secret before {@link takenUpGate}. Its `sinceMs` decides:
 * before that instant it cannot have read anything. The time at which a container was seen running
 * would not do, because any amount of time can pass between the kubelet's read of the Secret and the
 * start of the container.
 */

import type { Spec, Workload } from '../formats/spec.ts';
import { isOpen, takenUpGate } from '../ledger/gates.ts';
import { activeKey, isLeaving, type Ledger, type LedgerKey } from '../ledger/ledger.ts';
import type { ObservedPods, ReadOncePod, RollOut } from './model.ts';
import type { Situation } from './situation.ts';

export function isRolledOut({ isObserved, wanted, updated, available }: RollOut): boolean {
  return isObserved && updated >= wanted && available >= wanted;
}

export function sameWorkload(a: Workload, b: Workload | null): boolean {
  return b !== null && a.kind === b.kind && a.name === b.name;
}

/** What is known about pods that may keep using an earlier state of the Secret. */
export type OldPods =
  | { readonly kind: 'NoneTooOld' }
  | { readonly kind: 'TooOld'; readonly pods: readonly ReadOncePod[]; readonly more: number }
  | {
      readonly kind: 'Unknown';
      readonly why: Exclude<ObservedPods['kind'], 'Read'>;
    };

/** @param key one that no longer signs, or the active key, which stands for the keys before it. */
export function oldPodsFor({ observed, spec }: Situation, key: LedgerKey): OldPods {
  const { pods } = observed;
  if (pods.kind === 'NotChecked' && followsItsMounts(spec)) return { kind: 'NoneTooOld' };
  if (pods.kind !== 'Read') return { kind: 'Unknown', why: pods.kind };
  const takenUpMs = takenUpGate(key).opensAtMs ?? Number.POSITIVE_INFINITY;
  const old = pods.readOnce.filter(({ sinceMs }) => sinceMs < takenUpMs);
  const areAllOld = old.length === pods.readOnce.length;
  const more = areAllOld ? pods.more : 0;
  return old.length + more === 0 ? { kind: 'NoneTooOld' } : { kind: 'TooOld', pods: old, more };
}

/** Whether the declared Ps alone says when issuers have the new key. */
function followsItsMounts({ signer }: Spec): boolean {
  return signer.reload === 'Watch' && signer.restart.length === 0;
}

/**
 * Whether pods matter to a key: to one that no longer signs and is still published, and to the active
 * key unless none signed before it. Pods that hold a revoked key are found through the active key.
 */
export function concernsPods(ledger: Ledger, key: LedgerKey): boolean {
  if (key.state === 'Active') return ledger.previousKid !== null;
  return key.mayHaveSigned && (key.bar === null || isLeaving(key));
}

/**
 * Whether to read the pods. They are read until a key is barred, in case one reading was wrong or a
 * pod comes back. A pass that has to revoke a key does not wait for them.
 */
export function needsPods(ledger: Ledger, revocations: Spec['revocations']): boolean {
  const isDue = ({ kid, bar }: LedgerKey) =>
    bar?.reason !== 'Revoked' && revocations.some((entry) => entry.kid === kid);
  if (ledger.keys.some(isDue)) return false;
  return ledger.keys.some(
    (key) => concernsPods(ledger, key) && (key.settled === null || key.state !== 'Active'),
  );
}

/**
 * Notes in the ledger what this reading shows of the pods: that none is too old any longer, or that
 * one is after all.
 */
export function noteOldPods(ledger: Ledger, situation: Situation): Ledger {
  let changed = false;
  const keys = ledger.keys.map((key): LedgerKey => {
    const settled = concernsPods(ledger, key) ? settledOf(situation, key) : key.settled;
    if (settled === key.settled) return key;
    changed = true;
    return { ...key, settled };
  });
  return changed ? { ...ledger, keys } : ledger;
}

function settledOf(situation: Situation, key: LedgerKey): LedgerKey['settled'] {
  const { reload } = situation.spec.signer;
  const old = oldPodsFor(situation, key);
  // Under `Watch`, pods that mount the Secret were not counted.
  const isOutdated = key.settled?.reload === 'Watch' && reload === 'Restart';
  if (old.kind === 'TooOld') return null;
  if (key.settled !== null && !isOutdated) return key.settled;
  // Before that gate opens, a pod can still start with the old key.
  const isProof = old.kind === 'NoneTooOld' && isOpen(takenUpGate(key), situation.nowMs);
  return isProof ? { seenMs: situation.seenMs, reload } : null;
}

/** The key that pods are judged by: the active one, or else the last one that signed; null: none. */
export function latestSwitch(ledger: Ledger): LedgerKey | null {
  const active = activeKey(ledger);
  if (active !== null) return concernsPods(ledger, active) ? active : null;
  const times = ({ supersededSeenMs }: LedgerKey) => supersededSeenMs ?? Number.POSITIVE_INFINITY;
  return ledger.keys
    .filter((key) => concernsPods(ledger, key))
    .reduce<LedgerKey | null>((last, key) => {
      return last === null || times(key) > times(last) ? key : last;
    }, null);
}
