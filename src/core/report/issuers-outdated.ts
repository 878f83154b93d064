/** The condition `IssuersOutdated`: which pods may still use an earlier key, and what to do. */

import type { ConditionReason } from '../formats/codes.ts';
import type { Workload } from '../formats/spec.ts';
import type { Verdict } from '../formats/status.ts';
import { ceilToSecondMs, formatInstant } from '../formats/time.ts';
import { explainGate } from '../ledger/explain.ts';
import { isOpen, restartGate, takenUpGate } from '../ledger/gates.ts';
import { activeKey, type Ledger, type LedgerKey } from '../ledger/ledger.ts';
import type { ObservedWorkload, ReadOncePod } from '../reading/model.ts';
import {
  concernsPods,
  isRolledOut,
  latestSwitch,
  type OldPods,
  oldPodsFor,
  sameWorkload,
} from '../reading/old-pods.ts';
import type { Situation } from '../reading/situation.ts';
import { podsText, UNKNOWN_BECAUSE } from '../schedule/pods-text.ts';
import { isMarked, listedWorkloads } from '../stages/restart.ts';

/** @returns null if no pod is too old, or none matters. */
export function issuersOutdated(situation: Situation, ledger: Ledger): Verdict | null {
  const key = latestSwitch(ledger);
  const isOpenCase = ledger.keys.some(
    (each) => concernsPods(ledger, each) && each.settled === null,
  );
  if (key === null || !isOpenCase) return null;
  const old = oldPodsFor(situation, key);
  switch (old.kind) {
    case 'NoneTooOld':
      return null;
    case 'Unknown':
      return unknown(situation, key, old.why);
    case 'TooOld':
      return held(situation, ledger, old);
  }
}

const UNKNOWN_REASONS = {
  Forbidden: 'PodsForbidden',
  Failed: 'PodsUnreadable',
  NotChecked: 'PodsNotChecked',
} as const;

const REMEDIES = {
  Forbidden:
    'Grant the operator the right to list pods in this namespace (SECURITY.md). If every issuer ' +
    'follows its mount, you can run it with --check-issuers=false instead.',
  Failed: 'The log says why; the operator tries again.',
  NotChecked:
    'Run it without that flag. If every issuer follows its mount, you can remove ' +
    'spec.signer.reload: Restart and spec.signer.restart instead.',
} as const;

function unknown(
  situation: Situation,
  key: LedgerKey,
  why: Extract<OldPods, { kind: 'Unknown' }>['why'],
): Verdict | null {
  if (why === 'NotRead') return null;
  // A list that failed once may succeed before anything depends on it.
  if (why === 'Failed' && !isOpen(takenUpGate(key), situation.nowMs)) return null;
  const message =
    `It is unknown whether pods still sign with an earlier key: ${UNKNOWN_BECAUSE[why]}. Until it is ` +
    `known, earlier keys stay published. ${REMEDIES[why]}`;
  return { type: 'IssuersOutdated', status: 'Unknown', reason: UNKNOWN_REASONS[why], message };
}

function held(
  situation: Situation,
  ledger: Ledger,
  old: Extract<OldPods, { kind: 'TooOld' }>,
): Verdict {
  const reads = isOne(old) ? 'reads' : 'read';
  const of = (reason: ConditionReason, remedy: string, why = ''): Verdict => ({
    type: 'IssuersOutdated',
    status: 'True',
    reason,
    message:
      `${podsText(old)} ${reads} the signer Secret only at startup, and may still sign with an earlier ` +
      `key. ${remedy}. Until then, earlier keys stay published; tokens of a revoked key are ` +
      `rejected.${why}`,
  });
  const active = activeKey(ledger);
  if (active === null) return of('PodsHoldOldKey', `Stop ${isOne(old) ? 'it' : 'them'}`);
  const why = whyThen(situation, active);
  const listed = listedWorkloads(situation);
  const own = old.pods.filter(({ workload }) => isListed(situation, workload));
  const unreadable = listed.find(
    (each) => each.state !== 'Found' && own.some(({ workload }) => sameWorkload(each, workload)),
  );
  if (unreadable !== undefined) return of('WorkloadUnreadable', unreadableText(unreadable));
  const others = old.pods.filter((pod) => !own.includes(pod));
  if (others.length === 0 && old.more === 0) {
    return of('Restarting', ...restarting(listed, active, why));
  }
  const how = restartText(others, active);
  const remedy =
    own.length === 0
      ? `Restart ${isOne(old) ? 'it' : 'them'}, ${how}`
      : `Restart those not in spec.signer.restart, ${how}; the operator restarts the others`;
  return of('PodsHoldOldKey', remedy, why);
}

function isListed({ spec }: Situation, workload: Workload | null): boolean {
  return spec.signer.restart.some((listed) => sameWorkload(listed, workload));
}

function unreadableText({ kind, name, state }: ObservedWorkload): string {
  const found = `${kind} ${name} of spec.signer.restart`;
  return state === 'Forbidden'
    ? `The operator may not read ${found}: grant it get and patch (issuers.restart: true in the chart's values), or restart it yourself`
    : `${found} does not exist: correct the list, or restart these pods yourself`;
}

function isOne({ pods, more }: Extract<OldPods, { kind: 'TooOld' }>): boolean {
  return pods.length + more === 1;
}

function restartText(others: readonly ReadOncePod[], active: LedgerKey): string {
  const workloads = new Map(
    others.flatMap(({ workload }) =>
      workload === null ? [] : [[`${workload.kind.toLowerCase()}/${workload.name}`, workload]],
    ),
  );
  const [first] = [...workloads.keys()].sort();
  const how = first === undefined ? '' : `, for example with kubectl rollout restart ${first}`;
  return `${fromWhen(active)}${how}`;
}

function fromWhen(active: LedgerKey): string {
  const { opensAtMs } = restartGate(active);
  if (opensAtMs === null) return 'once the operator has seen the switch';
  return `not before ${formatInstant(ceilToSecondMs(opensAtMs))}`;
}

/** Who causes that wait; empty if it has no time yet. */
function whyThen({ spec }: Situation, active: LedgerKey): string {
  const gate = restartGate(active);
  return gate.opensAtMs === null
    ? ''
    : ` Sooner, a pod could get the old key again: ${explainGate(gate, spec)}.`;
}

/** How far the restart is; before it begins, when it may, and why not sooner. */
function restarting(
  listed: readonly ObservedWorkload[],
  active: LedgerKey,
  why: string,
): readonly [remedy: string, why?: string] {
  const marked = listed.flatMap((each) =>
    each.state === 'Found' && isMarked(each, active) ? [each] : [],
  );
  const running = marked.find(({ rollOut }) => !isRolledOut(rollOut));
  if (running !== undefined) {
    const { kind, name, rollOut } = running;
    const { updated, available, wanted, heldUpBy } = rollOut;
    const held = heldUpBy === null ? '' : ` (${heldUpBy})`;
    return [
      `${kind} ${name} rolls out: ${updated} of ${wanted} pods updated, ${available} available${held}`,
    ];
  }
  if (marked.length > 0)
    return ['Their workloads were restarted, but the last old pods have not terminated yet'];
  return [`The operator restarts their workloads, ${fromWhen(active)}`, why];
}
