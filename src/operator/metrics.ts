/** The metrics of the operator, under the names that users and their dashboards know. */
import { Counter, Gauge, type Registry } from '@prometheus-io/client';
import type { WorkQueueMetrics, WorkQueueState } from '../platform/work-queue.ts';
import { queueGauges, queueMetrics } from './queue-metrics.ts';

/** One series a set, or several; filled together at each scrape. */
interface SetGauges {
  readonly keyInfo: Gauge<'namespace' | 'set' | 'kid' | 'state' | 'algorithm'>;
  readonly publishedKeyInfo: Gauge<'namespace' | 'set' | 'kid'>;
  readonly keys: Gauge<'namespace' | 'set' | 'state'>;
  readonly condition: Gauge<'namespace' | 'set' | 'type' | 'reason'>;
  readonly activeSince: Gauge<'namespace' | 'set'>;
  readonly nextTransition: Gauge<'namespace' | 'set' | 'action'>;
  readonly overdue: Gauge<'namespace' | 'set' | 'action'>;
}

export interface OperatorMetrics extends SetGauges {
  /** Filled with the gauges of the sets. */
  readonly leftOver: Gauge<'namespace' | 'set' | 'uid'>;
  /** Filled with the gauges of the sets. */
  readonly repairs: Counter<'namespace' | 'set' | 'object' | 'reason'>;
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
  queueGauges(registry, queueState);
  return {
    ...setGauges(registry, () => fill()),
    leftOver: new Gauge({
      name: 'signingkeys_left_over_secrets',
      help: 'The number of Secrets with private keys of a set that is gone.',
      labelNames: ['namespace', 'set', 'uid'],
      registers,
    }),
    repairs: new Counter({
      name: 'signingkeys_repairs_total',
      help: 'What someone else did to the objects of a set, and the operator repaired or recovered from.',
      labelNames: ['namespace', 'set', 'object', 'reason'],
      registers,
    }),
    violations: new Counter({
      name: 'signingkeys_invariant_violations_total',
      help: 'Writes that the operator refused because they would have broken an invariant.',
      labelNames: ['invariant'],
      registers,
    }),
    reconciled: new Counter({
      name: 'controller_runtime_reconcile_total',
      help: 'Passes over a set, by their result.',
      labelNames: ['controller', 'result'],
      registers,
    }),
    leads: new Gauge({
      name: 'leader_election_master_status',
      help: 'Whether this process is the leader: 1 or 0.',
      labelNames: ['name'],
      registers,
    }),
    queue: queueMetrics(registry),
    onScrape: (filler) => {
      fill = filler;
    },
  };
}

function setGauges(registry: Registry, fill: () => void): SetGauges {
  const gauge = <Label extends string>(
    name: string,
    help: string,
    labels: readonly Label[],
    collect?: () => void,
  ) => {
    const labelNames = ['namespace' as const, 'set' as const, ...labels];
    const collected = collect === undefined ? {} : { collect };
    return new Gauge({ name, help, labelNames, registers: [registry], ...collected });
  };
  return {
    // The first of them: the registry reads them in order, and this fills them all.
    keyInfo: gauge(
      'signingkeys_key_info',
      'A living key of a set; always 1.',
      ['kid', 'state', 'algorithm'],
      fill,
    ),
    publishedKeyInfo: gauge(
      'signingkeys_published_key_info',
      'A key in the JWKS ConfigMap of a set; always 1.',
      ['kid'],
    ),
    keys: gauge('signingkeys_keys', 'The number of keys of a set in each state.', ['state']),
    condition: gauge(
      'signingkeys_condition',
      'A condition of a set: 1 while it is True, 0 while it is False.',
      ['type', 'reason'],
    ),
    activeSince: gauge(
      'signingkeys_active_key_activated_timestamp_seconds',
      'Since when the active key of a set signs, as a Unix time.',
      [],
    ),
    nextTransition: gauge(
      'signingkeys_next_transition_timestamp_seconds',
      'When the next transition of a set is planned, or since when it has been possible, as a Unix time.',
      ['action'],
    ),
    overdue: gauge(
      'signingkeys_transition_overdue_seconds',
      'For how long a transition of a set has been possible without happening.',
      ['action'],
    ),
  };
}
