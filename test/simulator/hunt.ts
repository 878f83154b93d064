/**
 * Tries plan after plan until one breaks a promise: how long a bug stays hidden. First each
 * scenario without any fault, then plans of all scenarios in turn, then random lives.
 */
import { plansOf, sampleOf } from './sample.ts';
import { scenarioFileNames, scenariosOf } from './scenario-files.ts';
import { formatSeed, RANDOM, type Seed, seedOfPlan } from './seed.ts';
import { type Trial, trySeed } from './trial.ts';

/** Of each scenario file, before random lives are tried. */
const PLANS_A_FILE = 40;

/** What is printed at the end, as one line of JSON. */
interface Hunted {
  readonly plans: number;
  readonly caught: {
    readonly promise: string;
    readonly message: string;
    readonly seed: string;
  } | null;
}

/**
 * @param first such as `three-leaders/late`: scenarios, each with a fault, whose plans are tried
 * before all others
 * @returns whether a promise was broken
 */
export async function hunt(
  plansMax: number,
  first: readonly string[],
  print: (text: string) => void,
): Promise<boolean> {
  let plans = 0;
  for await (const seed of seeds(first)) {
    if (plans >= plansMax) break;
    plans += 1;
    const broken = brokenBy(await trySeed(seed));
    if (broken === null) continue;
    print(JSON.stringify({ plans, caught: broken } satisfies Hunted));
    return true;
  }
  print(JSON.stringify({ plans, caught: null } satisfies Hunted));
  return false;
}

function brokenBy(trial: Trial): Hunted['caught'] {
  const [first] = trial.violations;
  if (first === undefined) return null;
  const { promise, message } = first;
  return { promise, message, seed: formatSeed(trial.seed) };
}

async function* seeds(first: readonly string[]): AsyncGenerator<Seed> {
  for (const each of first) yield* plansWith(each);
  const names = scenarioFileNames();
  for (const { name } of names.flatMap(scenariosOf)) yield seedOfPlan(name, []);
  yield* inTurn(names, PLANS_A_FILE);
  for (let number = 1; ; number += 1) yield { ...seedOfPlan(RANDOM, []), number };
}

/** Every plan of a scenario with one fault. */
async function* plansWith(each: string): AsyncGenerator<Seed> {
  const [name = '', fault] = each.split('/');
  for (const scenario of scenariosOf(name)) {
    const plans = await plansOf(scenario, 'hunt');
    const chosen = plans.filter((planned) => planned.fault === fault);
    for (const planned of chosen) yield seedOfPlan(scenario.name, [planned]);
  }
}

/** A spread sample of each file's plans, one of each file after the other. */
async function* inTurn(names: readonly string[], count: number): AsyncGenerator<Seed> {
  const samples: (readonly Seed[])[] = [];
  for (const name of names) samples.push(await sampleOf(scenariosOf(name), count));
  for (let turn = 0; turn < count; turn += 1) {
    for (const sample of samples) {
      const seed = sample[turn];
      if (seed !== undefined) yield seed;
    }
  }
}
