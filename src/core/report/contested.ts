/** The condition `Contested`: steps that someone else keeps undoing. */
import { MANAGER } from '../formats/names.ts';
import type { Verdict } from '../formats/status.ts';
import type { Contest } from '../reading/contest.ts';

type Contested = Verdict & { readonly type: 'Contested'; readonly reason: 'StepUndone' };

/** The maximum number of objects that a message names; it counts the rest. */
const NAMED_MAX = 4;

const REMEDY =
  'Decide who sets it: change the spec of this set, or the other client. The operator tries again at longer ' +
  'and longer intervals. Everything else goes on.';

/** @returns null if no step is undone again and again. */
export function contestedOf(contests: readonly Contest[]): Contested | null {
  const reported = contests.filter(({ isReported }) => isReported);
  if (reported.length === 0) return null;
  // In one order, so that the status does not change with the order of the tries.
  const texts = [...new Set(reported.map(textOf))].sort();
  const more = texts.length - NAMED_MAX;
  const named = texts.slice(0, NAMED_MAX).join(' ');
  const message = `${named}${more > 0 ? ` And ${more} more.` : ''} ${REMEDY}`;
  return { type: 'Contested', status: 'True', reason: 'StepUndone', message };
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
