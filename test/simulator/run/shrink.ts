/** Makes a failure small: fewer faults, fewer commands, as long as the same promise breaks. */

import type { Seed } from '../faults/seed.ts';
import { scenarioNamed } from '../language/scenario-files.ts';
import { lifeOf, type Trial, trySeed } from './trial.ts';

/** More runs than this are not spent on one failure. */
const TRIES_MAX = 80;

export async function shrink(failed: Trial): Promise<Trial> {
  const broken = new Set(failed.violations.map(({ promise }) => promise));
  let smallest = failed;
  let tries = 0;
  for (let progress = true; progress; ) {
    progress = false;
    for (const seed of smallerSeeds(smallest.seed)) {
      if (tries >= TRIES_MAX) return smallest;
      tries += 1;
      const trial = await trySeed(seed);
      if (!trial.violations.some(({ promise }) => broken.has(promise))) continue;
      smallest = trial;
      progress = true;
      break;
    }
  }
  return smallest;
}

/** One fault or one command less; the last commands first. */
function smallerSeeds(seed: Seed): readonly Seed[] {
  const { commands, faults } = wholeOf(seed);
  const withoutFault =
    seed.number === null
      ? less(seed.planned).map((planned) => ({ ...seed, planned }))
      : less(faults).map((left) => ({ ...seed, faults: left }));
  const withoutCommand = less(commands)
    .filter((left) => left.length > 0)
    .map((left) => ({ ...seed, commands: left }));
  return [...withoutFault, ...withoutCommand];
}

/** What is left of the commands and faults of a seed, by index. */
function wholeOf(seed: Seed): { commands: readonly number[]; faults: readonly number[] } {
  const life = seed.number === null ? null : lifeOf(seed.scenario, seed.number);
  const all = life?.scenario.commands ?? scenarioNamed(seed.scenario).commands;
  return {
    commands: seed.commands ?? [...all.keys()],
    faults: seed.faults ?? [...(life?.faults ?? []).keys()],
  };
}

function less<Value>(values: readonly Value[]): readonly (readonly Value[])[] {
  return values.map((_, index) => values.toSpliced(index, 1)).reverse();
}
