/**
 * Steps that did not last: someone undid them, or the API server refuses them. Such a step backs off, so
 * that it holds up no other one, and is tried again at longer and longer intervals.
 */
import type { Contest, Effort, Urgency } from '../../core/reading/contest.ts';
import type { Plan, Step } from '../../core/reading/model.ts';

/** The back-off after a step was undone for the first time. Each further time in a row doubles it. */
const PAUSE_FIRST_MS = 1000;
/** Its largest value. Whoever undoes a step may stop at any time, so it is tried for ever. */
export const PAUSE_MAX_MS: Readonly<Record<Urgency, number>> = {
  Immediate: 10_000,
  Soon: 60_000,
  Later: 600_000,
};
/** A refusal ends when somebody changes a policy or a right, and then the step is to follow soon. */
export const REFUSED_PAUSE_MAX_MS = 60_000;
/** A step that is still done after this long was not undone: the next such step is a new one. */
export const LASTING_MS = 300_000;
/** Undone this often in a row, a step is contested. Once is what people do by mistake. */
const REPORTED_FROM = 2;
/** Fewer in a row are normal where two operators work at the same time. */
const OUTDATED_FROM = 4;
/** Refused this often in a row, a step backs off: the first time it is tried again as after any error. */
const REFUSED_FROM = 2;

interface Entry {
  effort: Effort;
  /** When it was last taken or tried. */
  triedAtMs: number;
  /** It was undone, or refused, and has not been taken since. */
  isOpen: boolean;
  undone: number;
  refused: number;
  pausedUntilMs: number;
}

/** Of one set. Times are the clock's monotonic milliseconds. */
export class Contests {
  readonly #byName = new Map<string, Entry>();
  /** How often in a row a step met something else than what was read. */
  readonly #outdated = new Map<string, number>();
  /** Whether any step was ever undone so often that people are told. */
  #hasReported = false;
  /** Another operator's report, by the time at which it began, and since when this one has seen it. */
  #others: { readonly began: string; readonly sinceMs: number } | null = null;

  /**
   * For how long the report that the status shows is kept, although this operator has seen nothing of the kind:
   * the last leader may have made it. It learns of a contest only when its own steps are undone.
   * @param began when the condition began; null if there is none
   * @returns milliseconds; 0 if this operator knows better
   */
  keptForMs(began: string | null, nowMs: number): number {
    if (began === null || this.#hasReported) return 0;
    if (this.#others?.began !== began) this.#others = { began, sinceMs: nowMs };
    return Math.max(0, this.#others.sinceMs + LASTING_MS - nowMs);
  }

  /** A step was taken. */
  taken({ effort }: Step, nowMs: number): void {
    this.#outdated.delete(effort.name);
    const undone = this.#byName.get(effort.name)?.undone ?? 0;
    const entry = { effort, triedAtMs: nowMs, isOpen: false, undone, refused: 0, pausedUntilMs: 0 };
    this.#byName.set(effort.name, entry);
  }

  /**
   * It met another version of its object, or an object that should not be there: the set is read again. If that goes on,
   * whoever writes the object all the time would hold up everything that comes after the step.
   */
  outdated(step: Step, nowMs: number): void {
    const { name } = step.effort;
    const times = (this.#outdated.get(name) ?? 0) + 1;
    this.#outdated.set(name, times);
    if (times >= OUTDATED_FROM) this.refused(step, nowMs);
  }

  /** The API server refused it, and will again until somebody changes something. */
  refused({ effort }: Step, nowMs: number): void {
    const known = this.#byName.get(effort.name);
    const refused = (known?.refused ?? 0) + 1;
    const times = refused - REFUSED_FROM + 1;
    const pauseMs = times < 1 ? 0 : Math.min(pauseOf(effort, times), REFUSED_PAUSE_MAX_MS);
    const undone = known?.undone ?? 0;
    const pausedUntilMs = nowMs + pauseMs;
    const entry = { effort, triedAtMs: nowMs, isOpen: true, undone, refused, pausedUntilMs };
    this.#byName.set(effort.name, entry);
  }

  /**
   * A step is planned. If it is one that was taken a moment ago, someone has undone it.
   * @returns whether it backs off: then the set is to be planned again, and the plan goes on without it
   */
  holdsUp({ effort }: Step, nowMs: number): boolean {
    const entry = this.#byName.get(effort.name);
    if (entry === undefined || entry.effort.intent !== effort.intent) return false;
    if (!entry.isOpen) {
      if (nowMs - entry.triedAtMs >= LASTING_MS) entry.undone = 0;
      entry.undone += 1;
      if (entry.undone >= REPORTED_FROM) this.#hasReported = true;
      entry.isOpen = true;
      entry.pausedUntilMs = entry.triedAtMs + pauseOf(effort, entry.undone);
    }
    // The field, and who set it, as they are now.
    entry.effort = effort;
    return nowMs < entry.pausedUntilMs;
  }

  /** What the whole plan does not want any more is over, and so is what has lasted. */
  review({ step, held, isWhole }: Plan, nowMs: number): void {
    if (!isWhole) return;
    if (step === null && held.length === 0) this.#outdated.clear();
    const wanted = new Set(
      [...held, ...(step === null ? [] : [step.effort])].map(({ name }) => name),
    );
    for (const [name, { isOpen, triedAtMs }] of this.#byName) {
      const isOver = isOpen ? !wanted.has(name) : nowMs - triedAtMs >= LASTING_MS;
      if (isOver) this.#byName.delete(name);
    }
  }

  /** For the core. */
  standing(nowMs: number): readonly Contest[] {
    return [...this.#byName.values()]
      .filter(({ undone, refused }) => undone + refused > 0)
      .map(({ effort, undone, isOpen, pausedUntilMs }) => ({
        ...effort,
        isPaused: isOpen && nowMs < pausedUntilMs,
        isReported: undone >= REPORTED_FROM,
      }));
  }

  /** When a step may be tried again, or has lasted; null if there is nothing to wait for. */
  nextMs(): number | null {
    const times = [...this.#byName.values()]
      .filter(({ isOpen, undone }) => isOpen || undone >= REPORTED_FROM)
      .map((entry) => (entry.isOpen ? entry.pausedUntilMs : entry.triedAtMs + LASTING_MS));
    return times.length === 0 ? null : Math.min(...times);
  }
}

function pauseOf({ urgency }: Effort, times: number): number {
  return Math.min(PAUSE_MAX_MS[urgency], PAUSE_FIRST_MS * 2 ** Math.min(times - 1, 30));
}
