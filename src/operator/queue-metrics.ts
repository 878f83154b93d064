/** The metrics of the work queue, under the names that client-go gives them. */
import { Counter, Gauge, Histogram, type Registry } from '@prometheus-io/client';
import { LANES } from '../platform/waiting-keys.ts';
import type { WorkQueueMetrics, WorkQueueState } from '../platform/work-queue.ts';

const QUEUE = 'signingkeyset';

export function queueMetrics(registry: Registry): WorkQueueMetrics {
  const common = { labelNames: ['name'] as const, registers: [registry] };
  const added = new Counter({
    name: 'workqueue_adds_total',
    help: 'Sets that were added to the work queue.',
    ...common,
  });
  const retried = new Counter({
    name: 'workqueue_retries_total',
    help: 'Passes that are tried again after a failure.',
    ...common,
  });
  const buckets = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60];
  const waited = new Histogram({
    name: 'workqueue_queue_duration_seconds',
    help: 'How long sets wait in the work queue before their pass starts, by lane.',
    buckets,
    labelNames: ['name', 'lane'],
    registers: [registry],
  });
  const worked = new Histogram({
    name: 'workqueue_work_duration_seconds',
    help: 'How long passes take.',
    buckets,
    ...common,
  });
  const labels = { name: QUEUE };
  return {
    added: () => added.inc(labels),
    retried: () => retried.inc(labels),
    waited: (seconds, lane) => waited.observe({ ...labels, lane }, seconds),
    worked: (seconds) => worked.observe(labels, seconds),
  };
}

export function queueGauges(registry: Registry, state: () => WorkQueueState | null): void {
  const gauge = (name: string, help: string, read: (state: WorkQueueState) => number) => {
    const made: Gauge<'name'> = new Gauge({
      name,
      help,
      labelNames: ['name'],
      registers: [registry],
      collect: () => {
        const now = state();
        if (now !== null) made.set({ name: QUEUE }, read(now));
      },
    });
  };
  const depth: Gauge<'name' | 'lane'> = new Gauge({
    name: 'workqueue_depth',
    help: 'Sets that wait for a worker, by lane.',
    labelNames: ['name', 'lane'],
    registers: [registry],
    collect: () => {
      const now = state();
      if (now === null) return;
      for (const lane of LANES) depth.set({ name: QUEUE, lane }, now.depth[lane]);
    },
  });
  gauge(
    'workqueue_unfinished_work_seconds',
    'How long all passes that now run have taken so far, added up.',
    (now) => now.unfinishedSeconds,
  );
  gauge(
    'workqueue_longest_running_processor_seconds',
    'How long the longest pass that now runs has taken so far.',
    (now) => now.longestRunningSeconds,
  );
}
