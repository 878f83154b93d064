/** Shows the sets in the metrics, as the pass that read each last has seen it. */
import type { KeyStatus } from '../core/formats/status.ts';
import type { Clock } from '../platform/clock.ts';
import type { SetFigures } from './memory/set-figures.ts';
import type { SetMemories } from './memory/set-memory.ts';
import type { OperatorMetrics } from './metrics.ts';

const LIVING_STATES: readonly KeyStatus['state'][] = ['Pending', 'Active', 'Retiring'];

/** At each scrape from the beginning, so that no figure of a deleted set stays behind. */
export function showSetsAtScrape(
  metrics: OperatorMetrics,
  memories: SetMemories,
  clock: Clock,
): void {
  metrics.onScrape(() => {
    const { keyInfo, publishedKeyInfo, keys, condition, nextTransition, overdue } = metrics;
    for (const gauge of [keyInfo, publishedKeyInfo, keys, condition, nextTransition, overdue]) {
      gauge.reset();
    }
    for (const { figures } of memories.values()) {
      if (figures !== null) showSet(metrics, figures, clock.wallMs());
    }
  });
}

function showSet(metrics: OperatorMetrics, figures: SetFigures, nowMs: number): void {
  const { namespace, set, conditions, publishedKids, times } = figures;
  const labels = { namespace, set };
  showKeys(metrics, figures);
  for (const kid of publishedKids) metrics.publishedKeyInfo.set({ ...labels, kid }, 1);
  for (const { type, status } of conditions) {
    if (status !== 'Unknown') {
      metrics.condition.set({ ...labels, type }, Number(status === 'True'));
    }
  }
  for (const [action, atMs] of [...times.planned, ...times.possibleSince]) {
    const lateMs = Math.max(0, nowMs - atMs);
    metrics.nextTransition.set({ ...labels, action }, atMs / 1000);
    metrics.overdue.set({ ...labels, action }, lateMs / 1000);
  }
}

function showKeys(metrics: OperatorMetrics, { namespace, set, keys }: SetFigures): void {
  const labels = { namespace, set };
  for (const { kid, state, algorithm } of keys) {
    metrics.keyInfo.set({ ...labels, kid, state, algorithm }, 1);
  }
  for (const state of LIVING_STATES) {
    const count = keys.filter((key) => key.state === state).length;
    metrics.keys.set({ ...labels, state }, count);
  }
}
