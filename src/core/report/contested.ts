/** The condition `Contested`: steps that someone else keeps undoing. */
import { MANAGER } from '../formats/names.ts';
import type { Condition, Verdict } from '../formats/status.ts';
import type { Contest } from '../reading/contest.ts';
import type { Observed, ObservedSet } from '../reading/model.ts';

/** The maximum number of objects that a message names; it counts the rest. */
const NAMED_MAX = 4;

const REMEDY =
  'Decide who sets it: change the spec of this set, or the other client. The operator tries again at longer ' +
  'and longer intervals. Everything else goes on.';

/** An operator that has just begun learns of a contest only when its own steps are undone. */
const KEPT_MS = 300_000;

type Given = Pick<Observed, 'contests' | 'knowsContests' | 'set'>;

/**
 * @param observed `contests` come from the memory of one process. What another operator has reported, such as the
 * last leader, is kept for as long as that one would have kept it: else two of them undid each other's.
 * @returns null if no step is undone again and again
 */
export function contestedOf(observed: Given, nowMs: number): Verdict | null {
  const reported = observed.contests.filter(({ isReported }) => isReported);
  if (reported.length === 0) {
    const untilMs = contestKeptUntilMs(observed);
    return untilMs === null || nowMs >= untilMs ? null : reportedBefore(observed.set);
  }
  // In one order, so that the status does not change with the order of the tries.
  const texts = [...new Set(reported.map(textOf))].sort();
  const more = texts.length - NAMED_MAX;
  const named = texts.slice(0, NAMED_MAX).join(' ');
  const message = `${named}${more > 0 ? ` And ${more} more.` : ''} ${REMEDY}`;
  return { type: 'Contested', status: 'True', reason: 'StepUndone', message };
}

/** @returns until when the report of another operator is kept; null if there is none, or this one knows better */
export function contestKeptUntilMs({ contests, knowsContests, set }: Given): number | null {
  if (knowsContests === true || contests.some(({ isReported }) => isReported)) return null;
  const found = foundIn(set);
  return found === undefined ? null : Date.parse(found.lastTransitionTime) + KEPT_MS;
}

function reportedBefore(set: ObservedSet): Verdict | null {
  const found = foundIn(set);
  if (found === undefined) return null;
  return { type: 'Contested', status: 'True', reason: 'StepUndone', message: found.message };
}

function foundIn({ status }: ObservedSet): Condition | undefined {
  return status?.conditions?.find(
    ({ type, status: value, reason }) =>
      type === 'Contested' && value === 'True' && reason === 'StepUndone',
  );
}

function textOf({ object, fields, setBy }: Contest): string {
  if (fields.length === 0) return `${object} does not stay as the operator leaves it.`;
  return `${object}: ${fields.join(', ')} ${fields.length === 1 ? 'does' : 'do'} not stay as the operator writes it; ${byWhom(setBy)}.`;
}

function byWhom(setBy: string | null): string {
  // What admission changes is recorded as set by whoever sent the write.
  if (setBy === MANAGER)
    return 'an admission policy or webhook changes it in the operator’s own write';
  return setBy === null
    ? 'the API server has no record of who last set it: an admission policy or webhook, or whoever removed it'
    : `${setBy} set it last`;
}
