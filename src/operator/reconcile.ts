/** One pass over one set: observe → plan → admit → execute → report. At most one write. */

import { plan, statusOnly } from '../core/plan.ts';
import { nextReadingMs } from '../core/reading/clock.ts';
import type { Observed, Plan, Step } from '../core/reading/model.ts';
import type { Clock } from '../platform/clock.ts';
import type { Log } from '../platform/log/log.ts';
import type { PassResult } from '../platform/work-queue.ts';
import { figuresOf } from './memory/set-figures.ts';
import type { SetMemories, SetMemory } from './memory/set-memory.ts';
import type { Observer, SetSnapshot } from './reading/observe.ts';
import { setNameOf } from './reading/set-name.ts';
import type { EventSender } from './writing/events.ts';
import type { PassOf, StepTaker } from './writing/take-step.ts';

/**
 * However far away the next transition is, the set is read again by then, so that the operator
 * notices a clock that was set forward, or a change that no watch reported.
 */
const RECHECK_MAX_MS = 600_000;

const NOT_AT_REST = 'The set keeps changing. Is another client editing its objects?';

export interface ReconcilerOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly observer: Observer;
  readonly events: EventSender;
  readonly memories: SetMemories;
  readonly stepTaker: StepTaker;
  /** Asks for a pass at this monotonic time, also during a back-off. */
  readonly wakeAt: (key: string, atMs: number) => void;
}

export class Reconciler {
  readonly #options: ReconcilerOptions;

  constructor(options: ReconcilerOptions) {
    this.#options = options;
  }

  /** @param key `namespace/name`; rejects with what a request failed of. */
  async pass(key: string, signal: AbortSignal): Promise<PassResult> {
    const { clock, memories, observer, stepTaker } = this.#options;
    const of: PassOf = { key, memory: memories.of(key), signal };
    const { memory } = of;
    const snapshot = await observer.observe(setNameOf(key), memory, signal);
    if (snapshot === null) return this.#forget(key);
    memory.isMissing = false;
    if (stepTaker.isOutOfDate(of, snapshot)) return { kind: 'retry' };
    const { observed } = snapshot;
    const { startedMs } = observed.reading;
    const decision = this.#decide(memory, observed);
    memory.figures = figuresOf(observed, decision, memory.figures, clock.wallMs());
    const isStatusNext = memory.refused.takeStatusTurn();
    if (decision.step === null) return this.#rest(of, snapshot, decision);
    this.#wakeForNext(of, snapshot, decision);
    if (isStatusNext && decision.step.write.kind !== 'WriteStatus') {
      const status = statusOnly(observed, startedMs);
      const isHeld = status !== null && memory.contests.holdsUp(status, clock.monotonicMs());
      if (status !== null && !isHeld) return await this.#takeTurn(of, status, snapshot);
    }
    return await this.#take(of, decision.step, snapshot);
  }

  /** A step that was undone backs off, and the plan goes on without it: it holds up no other one. */
  #decide(memory: SetMemory, observed: Observed): Plan {
    const nowMs = this.#options.clock.monotonicMs();
    for (;;) {
      const contests = memory.contests.standing(nowMs);
      const decision = plan({ ...observed, contests }, observed.reading.startedMs);
      const { step } = decision;
      // Each time round, one step more backs off.
      if (step !== null && memory.contests.holdsUp(step, nowMs)) continue;
      memory.contests.review(decision, nowMs);
      return decision;
    }
  }

  /** The status between two tries of a refused step: the back-off between those continues. */
  async #takeTurn(of: PassOf, status: Step, snapshot: SetSnapshot): Promise<PassResult> {
    const result = await this.#take(of, status, snapshot);
    return result.kind === 'again' ? { kind: 'retry' } : result;
  }

  async #take(of: PassOf, step: Step, planned: SetSnapshot): Promise<PassResult> {
    const pause = this.#pause(of, step, planned);
    if (pause !== null) return pause;
    const taken = await this.#options.stepTaker.take(of, step, planned);
    switch (taken) {
      case 'taken':
      case 'read again':
        return { kind: 'again' };
      case 'retry':
        return { kind: 'retry' };
      case 'set missing':
        return this.#forget(of.key);
      default:
        return taken satisfies never;
    }
  }

  /**
   * A set that is gone is looked for once more, later. If a proxy wrongly said that it is gone, it
   * would otherwise be neglected until it changes.
   */
  #forget(key: string): PassResult {
    const { clock, memories } = this.#options;
    const isConfirmed = memories.find(key)?.isMissing === true;
    memories.drop(key);
    if (isConfirmed) return { kind: 'done', nextAtMs: null };
    memories.of(key).isMissing = true;
    return { kind: 'done', nextAtMs: clock.monotonicMs() + RECHECK_MAX_MS };
  }

  /** Whatever becomes of this step: if it fails, its back-off must not hold up what is due by then. */
  #wakeForNext({ key }: PassOf, { observed }: SetSnapshot, { nextAtMs }: Plan): void {
    if (nextAtMs === null) return;
    const { clock, wakeAt } = this.#options;
    const waitMs = nextReadingMs(observed.reading, nextAtMs) - clock.wallMs();
    if (waitMs > 0) wakeAt(key, clock.monotonicMs() + Math.min(RECHECK_MAX_MS, waitMs));
  }

  /** Nothing to do before the next transition: versions just read need no pass of their own. */
  #rest({ memory }: PassOf, { observed }: SetSnapshot, { nextAtMs, held }: Plan): PassResult {
    const { clock } = this.#options;
    memory.seen.remember(observed);
    memory.takenNames.keepOnly(new Set(observed.keySecrets.map(({ meta }) => meta.name)));
    if (held.length === 0) memory.refused.atRest();
    const readAtMs = nextAtMs === null ? Infinity : nextReadingMs(observed.reading, nextAtMs);
    const nowMs = clock.monotonicMs();
    const tryMs = (memory.contests.nextMs() ?? Infinity) - nowMs;
    const waitMs = Math.min(RECHECK_MAX_MS, readAtMs - clock.wallMs(), tryMs);
    return { kind: 'done', nextAtMs: nowMs + Math.max(0, waitMs) };
  }

  /** If the set has taken too many steps: how long until it may take the next one. */
  #pause({ key, memory }: PassOf, step: Step, { observed }: SetSnapshot): PassResult | null {
    const { clock, log, events } = this.#options;
    const nowMs = clock.monotonicMs();
    const waitMs = memory.allowance.waitMs(nowMs);
    if (waitMs === 0) return null;
    if (memory.allowance.isNews(nowMs)) {
      log.warn({ set: key, step: step.write.kind, reason: step.reason.code }, NOT_AT_REST);
      const message = `${NOT_AT_REST} The operator now takes one step a second`;
      events.send(observed.set, [{ type: 'Warning', reason: 'NotAtRest', message }]);
    }
    return { kind: 'done', nextAtMs: nowMs + waitMs };
  }
}
