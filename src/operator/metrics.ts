/** The figures of the operator, under the names that users and their dashboards know. */
import { Counter, Gauge, Histogram, type Registry } from '@prometheus-io/client';
import type { WorkQueueMetrics, WorkQueueState } from '../platform/work-queue.ts';

const QUEUE = 'signingkeyset';

export interface OperatorMetrics {
  readonly keyInfo: Gauge<'namespace' | 'set' | 'kid' | 'state' | 'algorithm'>;
  readonly publishedKeyInfo: Gauge<'namespace' | 'set' | 'kid'>;
  readonly keys: Gauge<'namespace' | 'set' | 'state'>;
  readonly condition: Gauge<'namespace' | 'set' | 'type'>;
  readonly nextTransition: Gauge<'namespace' | 'set' | 'action'>;
  readonly overdue: Gauge<'namespace' | 'set' | 'action'>;
  readonly violations: Counter<'invariant'>;
  readonly reconciled: Counter<'controller' | 'result'>;
  readonly leads: Gauge<'name'>;
  readonly queue: WorkQueueMetrics;
  /** Called before each scrape, once. */
  onScrape(fill: () => void): void;
}

/** @param queueState read at each scrape. */
export function createMetrics(
  registry: Registry,
  queueState: () => WorkQueueState | null,
): OperatorMetrics {
  const registers = [registry];
  let fill = () => {};
  const set = ['namespace', 'set'] as const;
  queueGauges(registry, queueState);
  return {
    keyInfo: new Gauge({
      name: 'signingkeys_key_info',
      help: 'A living key of a set; always 1.',
      labelNames: [...set, 'kid', 'state', 'algorithm'],
      registers,
      // The first of the gauges that are filled together: the registry reads them in order.
      collect: () => fill(),
    }),
    publishedKeyInfo: new Gauge({
      name: 'signingkeys_published_key_info',
      help: 'A key that the JWKS ConfigMap of a set shows; always 1.',
      labelNames: [...set, 'kid'],
      registers,
    }),
    keys: new Gauge({
      name: 'signingkeys_keys',
      help: 'How many keys of a set are in each state.',
      labelNames: [...set, 'state'],
      registers,
    }),
    condition: new Gauge({
      name: 'signingkeys_condition',
      help: 'A condition of a set: 1 while it is True, 0 while it is False.',
      labelNames: [...set, 'type'],
      registers,
    }),
    nextTransition: new Gauge({
      name: 'signingkeys_next_transition_timestamp_seconds',
      help: 'When the next transition of a set is planned, or was possible, as a Unix time.',
      labelNames: [...set, 'action'],
      registers,
    }),
    overdue: new Gauge({
      name: 'signingkeys_transition_overdue_seconds',
      help: 'For how long a transition of a set has been possible and has not happened.',
      labelNames: [...set, 'action'],
      registers,
    }),
    violations: new Counter({
      name: 'signingkeys_invariant_violations_total',
      help: 'Writes that were refused because they would have broken an invariant.',
      labelNames: ['invariant'],
      registers,
    }),
    reconciled: new Counter({
      name: 'controller_runtime_reconcile_total',
      help: 'Passes by their result.',
      labelNames: ['controller', 'result'],
      registers,
    }),
    leads: new Gauge({
      name: 'leader_election_master_status',
      help: 'Whether this process leads: 1 or 0.',
      labelNames: ['name'],
      registers,
    }),
    queue: queueMetrics(registry),
    onScrape: (filler) => {
      fill = filler;
    },
  };
}

function queueMetrics(registry: Registry): WorkQueueMetrics {
  const common = { labelNames: ['name'] as const, registers: [registry] };
  const added = new Counter({
    name: 'workqueue_adds_total',
    help: 'Additions to the work queue.',
    ...common,
  });
  const retried = new Counter({
    name: 'workqueue_retries_total',
    help: 'Passes that were put back after a failure.',
    ...common,
  });
  const buckets = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60];
  const waited = new Histogram({
    name: 'workqueue_queue_duration_seconds',
    help: 'From an addition to the start of its pass.',
    buckets,
    ...common,
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
    waited: (seconds) => waited.observe(labels, seconds),
    worked: (seconds) => worked.observe(labels, seconds),
  };
}

function queueGauges(registry: Registry, state: () => WorkQueueState | null): void {
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
  gauge('workqueue_depth', 'Sets that wait for a worker.', ({ depth }) => depth);
  gauge(
    'workqueue_unfinished_work_seconds',
    'The sum over passes under way.',
    (now) => now.unfinishedSeconds,
  );
  gauge(
    'workqueue_longest_running_processor_seconds',
    'The longest pass under way.',
    (now) => now.longestRunningSeconds,
  );
}
