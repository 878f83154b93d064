/** The condition `Contested`: steps that someone else keeps undoing. */
import { MANAGER } from '../formats/names.ts';
import type { Condition, Status, Verdict } from '../formats/status.ts';
import type { Contest } from '../reading/contest.ts';
import type { Observed, ObservedSet } from '../reading/model.ts';

/** The maximum number of objects that a message names; it counts the rest. */
const NAMED_MAX = 4;

const REMEDY =
  'Decide who sets it: change the spec of this set, or the other client. The operator tries again at longer ' +
  'and longer intervals. Everything else goes on.';

type Given = Pick<Observed, 'contests' | 'contestedKeptForMs' | 'set'>;

/**
 * @param observed `contests` come from the memory of one process. What another operator has reported, such as the
 * last leader, is kept for a while: otherwise two operators would keep removing each other's.
 * @returns null if no step is undone again and again
 */
export function contestedOf({ contests, contestedKeptForMs, set }: Given): Verdict | null {
  const reported = contests.filter(({ isReported }) => isReported);
  if (reported.length === 0) return contestedKeptForMs > 0 ? reportedBefore(set) : null;
  // In one order, so that the status does not change with the order of the tries.
  const texts = [...new Set(reported.map(textOf))].sort();
  const more = texts.length - NAMED_MAX;
  const named = texts.slice(0, NAMED_MAX).join(' ');
  const message = `${named}${more > 0 ? ` And ${more} more.` : ''} ${REMEDY}`;
  return { type: 'Contested', status: 'True', reason: 'StepUndone', message };
}

function reportedBefore({ status }: ObservedSet): Verdict | null {
  const found = contestedIn(status);
  return found === null
    ? null
    : { type: 'Contested', status: 'True', reason: 'StepUndone', message: found.message };
}

function contestedIn(status: Status | null): Condition | null {
  const isReport = ({ type, status: value, reason }: Condition) =>
    type === 'Contested' && value === 'True' && reason === 'StepUndone';
  return status?.conditions?.find(isReport) ?? null;
}

/** @returns since when a status reports contests, as it says; null if it does not */
export function contestedSince(status: Status | null): string | null {
  return contestedIn(status)?.lastTransitionTime ?? null;
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
