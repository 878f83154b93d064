/**
 * Issuers that read once. A volume follows the signer Secret; a variable of the environment and a
 * `subPath` hold what was there when the container started, for as long as it runs. So a pod that
 * started before a switch signs with the old key until it is gone, whatever Ps is.
 *
 * Which pods are too old: those of which it is not certain that they took the Secret up after
 * {@link takenUpGate}. A pod tells by its `sinceMs`, a time by which nothing of the Secret was taken
 * up yet. No time at which a container was seen to run would do: between the kubelet's look at the
 * Secret and the container's start any amount of time can pass.
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

/** What is known of the pods that may go on with an earlier state of the Secret. */
export type OldPods =
  | { readonly kind: 'NoneTooOld' }
  | { readonly kind: 'TooOld'; readonly pods: readonly ReadOncePod[]; readonly more: number }
  | {
      readonly kind: 'Unknown';
      readonly why: Exclude<ObservedPods['kind'], 'Read'>;
    };

/** @param key one that signs no more; or the active one, for the keys before it. */
export function oldPodsFor({ observed, spec }: Situation, key: LedgerKey): OldPods {
  const { pods } = observed;
  if (pods.kind === 'NotChecked' && followsItsMounts(spec)) return { kind: 'NoneTooOld' };
  if (pods.kind !== 'Read') return { kind: 'Unknown', why: pods.kind };
  const currentMs = takenUpGate(key).opensAtMs ?? Number.POSITIVE_INFINITY;
  const old = pods.readOnce.filter(({ sinceMs }) => sinceMs < currentMs);
  const areAllOld = old.length === pods.readOnce.length;
  const more = areAllOld ? pods.more : 0;
  return old.length + more === 0 ? { kind: 'NoneTooOld' } : { kind: 'TooOld', pods: old, more };
}

/** Then the declared Ps is all there is to it, as before anybody looked at pods. */
function followsItsMounts({ signer }: Spec): boolean {
  return signer.reload === 'Watch' && signer.restart.length === 0;
}

/**
 * Whether pods matter to a key: one that signs no more and is still published, and the active one,
 * unless no other signed before it. The pods of a revoked key are too old for the active one.
 */
export function concernsPods(ledger: Ledger, key: LedgerKey): boolean {
  if (key.state === 'Active') return ledger.previousKid !== null;
  return key.mayHaveSigned && (key.bar === null || isLeaving(key));
}

/**
 * Whether the pods are to be read. Until a key is barred they are looked at again, so that one
 * reading that was wrong, or a pod that comes back, is noticed. A revocation waits for nothing.
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
 * What this reading tells of the pods enters the ledger: that none is too old any more, or that one
 * is after all.
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
  // Under `Watch` nobody asked whether pods read their mount once.
  const isOutdated = key.settled?.reload === 'Watch' && reload === 'Restart';
  if (old.kind === 'TooOld') return null;
  if (key.settled !== null && !isOutdated) return key.settled;
  // Before that time a pod may still start with the old key.
  const isProof = old.kind === 'NoneTooOld' && isOpen(takenUpGate(key), situation.nowMs);
  return isProof ? { seenMs: situation.seenMs, reload } : null;
}

/** The key by which pods are told to be too old: the active one, else the last that signed. */
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
