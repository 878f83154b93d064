/** Shows the sets in the metrics, as the pass that read each last has seen it. */
import { REPAIRS } from '../core/formats/codes.ts';
import type { KeyStatus } from '../core/formats/status.ts';
import type { Clock } from '../platform/clock.ts';
import type { LeftOver } from './left-over.ts';
import { REPAIR_REASONS, type RepairCounts } from './memory/repair-counts.ts';
import type { SetFigures } from './memory/set-figures.ts';
import type { SetMemories } from './memory/set-memory.ts';
import type { OperatorMetrics } from './metrics.ts';

const LIVING_STATES: readonly KeyStatus['state'][] = ['Pending', 'Active', 'Retiring'];

/**
 * At each scrape from the beginning, so that no figure of a deleted set stays behind.
 *
 * @param leftOver of sets that are gone
 */
export function showSetsAtScrape(
  metrics: OperatorMetrics,
  memories: SetMemories,
  clock: Clock,
  leftOver: () => readonly LeftOver[],
): void {
  metrics.onScrape(() => {
    const { keyInfo, publishedKeyInfo, keys, condition, activeSince } = metrics;
    const { nextTransition, overdue, leftOver: leftOverGauge } = metrics;
    for (const gauge of [keyInfo, publishedKeyInfo, keys, condition, activeSince]) gauge.reset();
    for (const gauge of [nextTransition, overdue, leftOverGauge]) gauge.reset();
    metrics.repairs.reset();
    for (const { figures, repairs } of memories.values()) {
      if (figures === null) continue;
      showSet(metrics, figures, clock.wallMs());
      showRepairs(metrics, figures, repairs);
    }
    for (const { secrets, ...labels } of leftOver()) leftOverGauge.set(labels, secrets);
  });
}

function showSet(metrics: OperatorMetrics, figures: SetFigures, nowMs: number): void {
  const { namespace, set, conditions, publishedKids, times } = figures;
  const labels = { namespace, set };
  showKeys(metrics, figures);
  for (const kid of publishedKids) metrics.publishedKeyInfo.set({ ...labels, kid }, 1);
  for (const { type, status, reason } of conditions) {
    if (status !== 'Unknown') {
      metrics.condition.set({ ...labels, type, reason }, Number(status === 'True'));
    }
  }
  for (const [action, atMs] of [...times.planned, ...times.possibleSince]) {
    const lateMs = Math.max(0, nowMs - atMs);
    metrics.nextTransition.set({ ...labels, action }, atMs / 1000);
    metrics.overdue.set({ ...labels, action }, lateMs / 1000);
  }
}

/** Each has a series from the beginning: Prometheus sees no increase in one that begins with 1. */
function showRepairs(
  metrics: OperatorMetrics,
  { namespace, set }: SetFigures,
  repairs: RepairCounts,
): void {
  for (const reason of REPAIR_REASONS) {
    const labels = { namespace, set, object: REPAIRS[reason], reason };
    metrics.repairs.inc(labels, repairs.of(reason));
  }
}

function showKeys(metrics: OperatorMetrics, { namespace, set, keys }: SetFigures): void {
  const labels = { namespace, set };
  for (const { kid, state, algorithm, activatedTime } of keys) {
    metrics.keyInfo.set({ ...labels, kid, state, algorithm }, 1);
    if (state === 'Active' && activatedTime !== undefined) {
      metrics.activeSince.set(labels, Date.parse(activatedTime) / 1000);
    }
  }
  for (const state of LIVING_STATES) {
    const count = keys.filter((key) => key.state === state).length;
    metrics.keys.set({ ...labels, state }, count);
  }
}
