/** Whether a set that rests can still rotate, within a bounded number of steps. */
import { REQUEST } from '../../../src/core/formats/names.ts';
import type { Violation } from '../judge/judge.ts';
import { unrest } from '../judge/rest.ts';
import type { State } from '../model/state.ts';
import { handsIn } from '../moves/hand-moves.ts';
import { aloneMove } from '../moves/operator-moves.ts';

const STEPS_MAX = 120;

/** @returns what went wrong; empty if it rotated */
export function rotates(start: State): readonly Violation[] {
  const before = start.world.signerKid;
  const world = start.world.after((api) =>
    handsIn(start.world, api, (hands) => hands.annotate(REQUEST.rotate, 'rotate-last')),
  );
  let state: State = { ...start, world, slots: [] };
  for (let steps = 0; steps < STEPS_MAX; steps += 1) {
    const move = aloneMove(state);
    if (move === null) return atEnd(state, before);
    const { state: next, violations } = move.take();
    if (violations.length > 0) return violations;
    state = next;
  }
  return [{ rule: 'Rotates', text: `a rotation is not over after ${STEPS_MAX} steps` }];
}

function atEnd(state: State, before: string | null): readonly Violation[] {
  const wrong = unrest(state);
  if (wrong !== null) return [{ rule: 'Rotates', text: `after a rotation ${wrong}` }];
  const isDone = state.world.signerKid !== before;
  return isDone
    ? []
    : [{ rule: 'Rotates', text: 'the rotation that was requested did not happen' }];
}
