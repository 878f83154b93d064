/** What the metrics show of a set: as the pass that read it last has seen it. */

import type { Action } from '../../core/formats/codes.ts';
import type { Condition, KeyStatus } from '../../core/formats/status.ts';
import type { Observed, Plan } from '../../core/reading/model.ts';

export interface SetFigures {
  readonly namespace: string;
  readonly set: string;
  readonly keys: readonly KeyStatus[];
  readonly conditions: readonly Condition[];
  readonly publishedKids: readonly string[];
  readonly times: TransitionTimes;
}

/** For each kind of transition the one that comes first, by this machine's clock. */
export interface TransitionTimes {
  /** Transitions that wait for something: when the wait is over. */
  readonly planned: ReadonlyMap<Action, number>;
  /** Transitions that wait for nothing: since when. */
  readonly possibleSince: ReadonlyMap<Action, number>;
}

const NO_TIMES: TransitionTimes = { planned: new Map(), possibleSince: new Map() };

/** @param last those of the pass before */
export function figuresOf(
  { set }: Observed,
  plan: Plan,
  last: SetFigures | null,
  nowMs: number,
): SetFigures {
  const { namespace, name } = set.ref;
  // With a spec that can't be acted on nothing was planned: the figures from before stay true.
  const isStale = set.spec === null && last !== null;
  return {
    namespace,
    set: name,
    keys: (set.status?.keys ?? []).filter(({ state }) => state !== 'Retired'),
    conditions: set.status?.conditions ?? [],
    publishedKids: isStale ? last.publishedKids : plan.publishedKids,
    times: isStale ? last.times : timesOf(plan, last?.times ?? NO_TIMES, nowMs),
  };
}

function timesOf(
  { upcoming, rotationDueMs }: Plan,
  last: TransitionTimes,
  nowMs: number,
): TransitionTimes {
  const planned = new Map<Action, number>();
  const possibleSince = new Map<Action, number>();
  // While suspended, or without a published next key, a rotation can still be late.
  if (rotationDueMs !== null) planned.set('Activate', rotationDueMs);
  // Soonest first: of several transitions with one action, the first counts.
  for (const { action, when } of [...upcoming].reverse()) {
    if ('atMs' in when) planned.set(action, when.atMs);
    else if (when.kind === 'AtOnce') {
      possibleSince.set(action, last.possibleSince.get(action) ?? nowMs);
    }
  }
  return { planned, possibleSince };
}
