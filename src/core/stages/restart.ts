/**
 * `spec.signer.restart`: the operator restarts workloads whose pods read the signer Secret once, one
 * after the other: each only if one of its own pods is too old, the next once the one before has
 * rolled out. So a key that issuers cannot work with stops only the first of them.
 */

import type { Workload } from '../formats/spec.ts';
import { formatInstant } from '../formats/time.ts';
import { isOpen, restartGate } from '../ledger/gates.ts';
import { activeKey, type LedgerKey } from '../ledger/ledger.ts';
import type { ObservedWorkload, Step } from '../reading/model.ts';
import { concernsPods, isRolledOut, oldPodsFor, sameWorkload } from '../reading/old-pods.ts';
import type { Situation } from '../reading/situation.ts';
import type { Schedule } from '../schedule/schedule.ts';
import { guardedStep, NONE_HELD } from './steps.ts';

/**
 * The mark on the pod template: the same for the same switch, so that a restart happens once,
 * however often it is tried; another one for a switch back to an earlier key.
 */
export function restartMark(active: LedgerKey): string | null {
  const { opensAtMs } = restartGate(active);
  return opensAtMs === null ? null : `${active.kid} ${formatInstant(opensAtMs)}`;
}

export type FoundWorkload = Extract<ObservedWorkload, { state: 'Found' }>;

/** Whether it was already restarted for the present switch. */
export function isMarked({ restartedFor }: FoundWorkload, active: LedgerKey): boolean {
  return restartedFor === restartMark(active);
}

export function listedWorkloads({ observed, spec }: Situation): readonly ObservedWorkload[] {
  return spec.signer.restart.flatMap(
    (listed) => observed.workloads.find((found) => sameWorkload(listed, found)) ?? [],
  );
}

export function restartNext(
  situation: Situation,
  { ledger }: Schedule,
  held = NONE_HELD,
): Step | null {
  const active = activeKey(ledger);
  if (active === null || !isOpen(restartGate(active), situation.nowMs)) return null;
  if (!concernsPods(ledger, active) || active.settled !== null) return null;
  const old = oldPodsFor(situation, active);
  const mark = restartMark(active);
  if (old.kind !== 'TooOld' || mark === null) return null;
  const found = listedWorkloads(situation).filter((workload) => workload.state === 'Found');
  if (found.some((each) => isMarked(each, active) && !isRolledOut(each.rollOut))) return null;
  const next = found.find(
    (each) =>
      !isMarked(each, active) &&
      !held.has(`${each.kind} ${each.name}`) &&
      old.pods.some(({ workload }) => sameWorkload(each, workload)),
  );
  return next === undefined ? null : restart(next, active, mark);
}

function restart(found: FoundWorkload, active: LedgerKey, restartedFor: string): Step {
  const { kind, name, uid, resourceVersion } = found;
  const workload: Workload = { kind, name };
  const message = `The operator restarts ${kind} ${name}, so that its pods sign with key #${active.ordinal}`;
  return guardedStep(
    { kind: 'RestartWorkload', workload, expects: { uid, resourceVersion }, restartedFor },
    { code: 'RestartWorkload', message },
    [{ type: 'Normal', reason: 'WorkloadRestarted', message }],
  );
}
