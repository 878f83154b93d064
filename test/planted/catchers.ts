/** All that can notice a planted bug. A new one is a line here. */
import type { Catcher } from './catcher.ts';
import type { Patch } from './plant.ts';
import { type SearchBounds, simulator } from './simulator.ts';
import { suite } from './suite.ts';

/** About as long as the tests take on the other core. */
const SEARCH: SearchBounds = { plans: 1500, seconds: 150 };

/**
 * Two lines, each for one core. The catchers of a line look one after the other; those that judge
 * the world come before those that compare code.
 */
export const LINES: readonly (readonly Catcher[])[] = [
  [simulator(SEARCH)],
  [
    suite('properties', 'world', ['test/properties']),
    suite('explorer', 'world', ['test/explorer']),
    suite('tests', 'code', [
      'test/api',
      'test/core',
      'test/scenarios',
      'test/server',
      'test/smoke',
      'test/platform',
      'test/operator',
      'test/simulator/scenarios.test.ts',
    ]),
  ],
];

/**
 * What must catch a patch of this folder: the simulator, unless the patch names another check on
 * the world. It has time enough for a slow machine.
 */
export function catcherOf({ name, by }: Patch): Catcher {
  if (by === null) return simulator({ plans: SEARCH.plans, seconds: 270 });
  const found = LINES.flat().find((each) => each.name === by && each.judges === 'world');
  if (found === undefined) throw new Error(`${name}: no check on the world is called ${by}`);
  return found;
}

/** Of a bug that nothing notices, on two cores with no other work. */
export const LONGEST_MINUTES = 3;
