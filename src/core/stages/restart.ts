/**
 * `spec.signer.restart`: workloads whose pods read the signer Secret once are restarted by the
 * operator, one after the other, each only where a pod of its own is too old, and the next only once
 * the one before has rolled out: a key that issuers can't work with stops the first of them alone.
 */

import type { Workload } from '../formats/spec.ts';
import { formatInstant } from '../formats/time.ts';
import { isOpen, restartGate } from '../ledger/gates.ts';
import { activeKey, type LedgerKey } from '../ledger/ledger.ts';
import type { ObservedWorkload, Step } from '../reading/model.ts';
import { concernsPods, isRolledOut, oldPodsFor, sameWorkload } from '../reading/old-pods.ts';
import type { Situation } from '../reading/situation.ts';
import type { Schedule } from '../schedule/schedule.ts';
import { guardedStep } from './steps.ts';

/**
 * What the pod template is marked with: the same for the same switch, so that a restart is made once
 * however often it is tried; another one for a switch back to a key that signed before.
 */
export function restartMark(active: LedgerKey): string | null {
  const { opensAtMs } = restartGate(active);
  return opensAtMs === null ? null : `${active.kid} ${formatInstant(opensAtMs)}`;
}

export type FoundWorkload = Extract<ObservedWorkload, { state: 'Found' }>;

/** Whether the present switch has already restarted it. */
export function isMarked({ restartedFor }: FoundWorkload, active: LedgerKey): boolean {
  return restartedFor === restartMark(active);
}

export function listedWorkloads({ observed, spec }: Situation): readonly ObservedWorkload[] {
  return spec.signer.restart.flatMap(
    (listed) => observed.workloads.find((found) => sameWorkload(listed, found)) ?? [],
  );
}

export function restartNext(situation: Situation, { ledger }: Schedule): Step | null {
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
      !isMarked(each, active) && old.pods.some(({ workload }) => sameWorkload(each, workload)),
  );
  return next === undefined ? null : restart(next, active, mark);
}

function restart(found: FoundWorkload, active: LedgerKey, restartedFor: string): Step {
  const { kind, name, uid, resourceVersion } = found;
  const workload: Workload = { kind, name };
  const message = `${kind} ${name} is restarted, so that its pods sign with key #${active.ordinal}`;
  return guardedStep(
    { kind: 'RestartWorkload', workload, expects: { uid, resourceVersion }, restartedFor },
    { code: 'RestartWorkload', message },
    [{ type: 'Normal', reason: 'WorkloadRestarted', message }],
  );
}
