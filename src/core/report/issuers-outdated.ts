/** The condition `IssuersOutdated`: which pods go on with an earlier key, and what to do. */

import type { ConditionReason } from '../formats/codes.ts';
import type { Workload } from '../formats/spec.ts';
import type { Verdict } from '../formats/status.ts';
import { ceilToSecondMs, formatInstant } from '../formats/time.ts';
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

/** @returns null where no pod is too old, or none matters. */
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
    'grant it list on pods there (SECURITY.md), or, where every issuer follows its mount, run it ' +
    'with --check-issuers=false',
  Failed: 'the log says why; it is tried again',
  NotChecked:
    'let it look, or take spec.signer.reload: Restart and spec.signer.restart away, where every ' +
    'issuer follows its mount',
} as const;

function unknown(
  situation: Situation,
  key: LedgerKey,
  why: Extract<OldPods, { kind: 'Unknown' }>['why'],
): Verdict | null {
  if (why === 'NotRead') return null;
  // What failed once may well succeed before anything depends on it.
  if (why === 'Failed' && !isOpen(takenUpGate(key), situation.nowMs)) return null;
  const message =
    `${UNKNOWN_BECAUSE[why]}, so that nobody can tell whether one signs with an earlier key: ` +
    `${REMEDIES[why]}. Until it is known, earlier keys stay published`;
  return { type: 'IssuersOutdated', status: 'Unknown', reason: UNKNOWN_REASONS[why], message };
}

function held(
  situation: Situation,
  ledger: Ledger,
  old: Extract<OldPods, { kind: 'TooOld' }>,
): Verdict {
  const of = (reason: ConditionReason, remedy: string): Verdict => ({
    type: 'IssuersOutdated',
    status: 'True',
    reason,
    message:
      `${podsText(old)} took the signer Secret up when the pod started, before the last switch ` +
      `was complete, and may sign with an earlier key for as long as it runs: ${remedy}. Until ` +
      'then earlier keys stay published; tokens of one that is revoked are rejected',
  });
  const active = activeKey(ledger);
  if (active === null) return of('PodsHoldOldKey', 'stop these pods');
  const listed = listedWorkloads(situation);
  const own = old.pods.filter(({ workload }) => isListed(situation, workload));
  const unreadable = listed.find(
    (each) => each.state !== 'Found' && own.some(({ workload }) => sameWorkload(each, workload)),
  );
  if (unreadable !== undefined) return of('WorkloadUnreadable', unreadableText(unreadable));
  const others = old.pods.filter((pod) => !own.includes(pod));
  if (others.length === 0 && old.more === 0) {
    return of('Restarting', restartingText(listed, active));
  }
  const itself =
    own.length === 0 ? '' : '; those of spec.signer.restart the operator restarts itself';
  return of('PodsHoldOldKey', `${byHandText(others, active)}${itself}`);
}

function isListed({ spec }: Situation, workload: Workload | null): boolean {
  return spec.signer.restart.some((listed) => sameWorkload(listed, workload));
}

function unreadableText({ kind, name, state }: ObservedWorkload): string {
  const found = `${kind} ${name} of spec.signer.restart`;
  return state === 'Forbidden'
    ? `the operator may not read ${found}: grant it get and patch (issuers.restart: true in the chart's values), or restart it yourself`
    : `${found} is not there: take it off the list, or restart these pods yourself`;
}

function byHandText(others: readonly ReadOncePod[], active: LedgerKey): string {
  const workloads = new Map(
    others.flatMap(({ workload }) =>
      workload === null ? [] : [[`${workload.kind.toLowerCase()}/${workload.name}`, workload]],
    ),
  );
  const [first] = [...workloads.keys()].sort();
  const how = first === undefined ? '' : `, such as with kubectl rollout restart ${first}`;
  return `restart them${how}, ${fromWhen(active)}`;
}

function fromWhen(active: LedgerKey): string {
  const { opensAtMs } = restartGate(active);
  if (opensAtMs === null) return 'once the switch was seen';
  return `not before ${formatInstant(ceilToSecondMs(opensAtMs))}`;
}

/** How far it is; where nothing has begun, from when on. */
function restartingText(listed: readonly ObservedWorkload[], active: LedgerKey): string {
  const marked = listed.flatMap((each) =>
    each.state === 'Found' && isMarked(each, active) ? [each] : [],
  );
  const running = marked.find(({ rollOut }) => !isRolledOut(rollOut));
  if (running !== undefined) {
    const { kind, name, rollOut } = running;
    const { updated, available, wanted, heldUpBy } = rollOut;
    const why = heldUpBy === null ? '' : ` (${heldUpBy})`;
    return `${kind} ${name} rolls out, ${updated} of ${wanted} pods updated, ${available} available${why}`;
  }
  if (marked.length > 0) return 'they are restarted, and the last of them are still to end';
  return `the operator restarts their workloads, ${fromWhen(active)}`;
}
