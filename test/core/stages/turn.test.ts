import { expect, test } from 'vitest';
import type { Contest } from '../../../src/core/reading/contest.ts';
import type { Step } from '../../../src/core/reading/model.ts';
import { Turn } from '../../../src/core/stages/turn.ts';
import { plannedStep, rotatedWorld } from '../../support/core-world/states.ts';

function removedLabels(): { readonly step: Step; readonly turn: (contests: Contest[]) => Turn } {
  const world = rotatedWorld();
  world.hands.editSigner((signer) => ({ ...signer, meta: { ...signer.meta, labels: {} } }));
  const turn = (contests: Contest[]) => new Turn({ ...world.observe(), contests });
  return { step: plannedStep(world), turn };
}

test.each<[string, Partial<Contest>, boolean]>([
  ['a step that backs off is held', {}, false],
  ['one whose pause is over is taken', { isPaused: false }, true],
  ['one that wants something else is taken', { intent: 'another' }, true],
  ['one of another name is taken', { name: 'another' }, true],
])('%s', (_, contest, isTaken) => {
  const { step, turn } = removedLabels();
  const paused = { ...step.effort, isPaused: true, isReported: false, ...contest };
  const now = turn([paused]);
  expect(now.open(step)?.write ?? null).toEqual(isTaken ? step.write : null);
  expect(now.held).toHaveLength(isTaken ? 0 : 1);
});

test('no step is none that is held', () => {
  const { turn } = removedLabels();
  expect(turn([]).open(null)).toBeNull();
});
