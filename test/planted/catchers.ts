/** All that can notice a planted bug. A new one is a line here. */
import type { Catcher } from './catcher.ts';
import { type SearchBounds, simulator } from './simulator.ts';
import { suite } from './suite.ts';

/** About as long as the tests take on the other core. */
const SEARCH: SearchBounds = { plans: 1500, seconds: 150 };

/** The simulator alone, however slow the machine: what must catch the patches of this folder. */
export const SIMULATOR = simulator({ plans: SEARCH.plans, seconds: 270 });

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

/** Of a bug that nothing notices, on two cores with no other work. */
export const LONGEST_MINUTES = 3;
