/** What is shown of each set in figures: as the pass that read it last has seen it. */

import type { Action } from '../core/formats/codes.ts';
import type { Condition, KeyStatus } from '../core/formats/status.ts';
import type { Refusal } from '../core/guard/guard.ts';
import type { Observed, Plan } from '../core/reading/model.ts';
import type { Clock } from '../platform/clock.ts';
import type { OperatorMetrics } from './metrics.ts';
import { setKey } from './reading/set-name.ts';

const LIVING_STATES: readonly KeyStatus['state'][] = ['Pending', 'Active', 'Retiring'];

interface SetFigures {
  readonly namespace: string;
  readonly set: string;
  readonly keys: readonly KeyStatus[];
  readonly conditions: readonly Condition[];
  readonly publishedKids: readonly string[];
  readonly times: TransitionTimes;
}

/** Of each kind of transition the one that comes first, by this machine's clock. */
interface TransitionTimes {
  /** Of what waits for something, when that is over. */
  readonly planned: ReadonlyMap<Action, number>;
  /** Of what waits for nothing, since when. */
  readonly possibleSince: ReadonlyMap<Action, number>;
}

const NO_TIMES: TransitionTimes = { planned: new Map(), possibleSince: new Map() };

export class SetReport {
  readonly #metrics: OperatorMetrics;
  readonly #clock: Clock;
  readonly #bySet = new Map<string, SetFigures>();

  constructor(metrics: OperatorMetrics, clock: Clock) {
    this.#metrics = metrics;
    this.#clock = clock;
    metrics.onScrape(() => this.#fill());
  }

  reconciled({ set }: Observed, plan: Plan): void {
    const { namespace, name } = set.ref;
    const last = this.#bySet.get(setKey(set.ref));
    // By a spec that can't be acted on nothing was looked at: what was known goes on being true.
    const isKnown = set.spec !== null || last === undefined;
    this.#bySet.set(setKey(set.ref), {
      namespace,
      set: name,
      keys: (set.status?.keys ?? []).filter(({ state }) => state !== 'Retired'),
      conditions: set.status?.conditions ?? [],
      publishedKids: isKnown ? plan.publishedKids : last.publishedKids,
      times: isKnown ? timesOf(plan, last?.times ?? NO_TIMES, this.#clock.wallMs()) : last.times,
    });
  }

  refused({ invariants }: Refusal): void {
    for (const invariant of invariants) this.#metrics.violations.inc({ invariant });
  }

  forget(key: string): void {
    this.#bySet.delete(key);
  }

  /** Made anew at each scrape, so that no figure of a set that is gone stays behind. */
  #fill(): void {
    const { keyInfo, publishedKeyInfo, keys, condition } = this.#metrics;
    const { nextTransition, overdue } = this.#metrics;
    for (const gauge of [keyInfo, publishedKeyInfo, keys, condition, nextTransition, overdue]) {
      gauge.reset();
    }
    for (const figures of this.#bySet.values()) this.#fillSet(figures);
  }

  #fillSet({ namespace, set, keys, conditions, publishedKids, times }: SetFigures): void {
    const labels = { namespace, set };
    for (const { kid, state, algorithm } of keys) {
      this.#metrics.keyInfo.set({ ...labels, kid, state, algorithm }, 1);
    }
    for (const kid of publishedKids) this.#metrics.publishedKeyInfo.set({ ...labels, kid }, 1);
    for (const state of LIVING_STATES) {
      const count = keys.filter((key) => key.state === state).length;
      this.#metrics.keys.set({ ...labels, state }, count);
    }
    for (const { type, status } of conditions) {
      if (status !== 'Unknown')
        this.#metrics.condition.set({ ...labels, type }, Number(status === 'True'));
    }
    for (const [action, atMs] of [...times.planned, ...times.possibleSince]) {
      const lateMs = Math.max(0, this.#clock.wallMs() - atMs);
      this.#metrics.nextTransition.set({ ...labels, action }, atMs / 1000);
      this.#metrics.overdue.set({ ...labels, action }, lateMs / 1000);
    }
  }
}

function timesOf(
  { upcoming, rotationDueMs }: Plan,
  last: TransitionTimes,
  nowMs: number,
): TransitionTimes {
  const planned = new Map<Action, number>();
  const possibleSince = new Map<Action, number>();
  // Suspended, or without a next key that is published: then a rotation is late all the same.
  if (rotationDueMs !== null) planned.set('Activate', rotationDueMs);
  // Soonest first: of several with one action, the first is what is waited for.
  for (const { action, when } of [...upcoming].reverse()) {
    if (when.kind === 'At') planned.set(action, when.atMs);
    else if (when.kind === 'AtOnce') {
      possibleSince.set(action, last.possibleSince.get(action) ?? nowMs);
    }
  }
  return { planned, possibleSince };
}
