/**
 * Tries plan after plan until one breaks a promise: how long a bug stays hidden. First each
 * scenario without any fault, then plans of all scenarios in turn, then random lives. A scenario's
 * run without a fault, which its plans are made from and measured by, is itself the first of them:
 * nothing is run that is not judged, and nothing twice.
 */

import { formatSeed, RANDOM, type Seed, seedOfPlan, WIDE } from '../faults/seed.ts';
import { scenarioFileNames, scenariosOf } from '../language/scenario-files.ts';
import { withRule } from '../oracle/verdict/rules.ts';
import { plansOf, sampleOf } from '../run/sample.ts';
import { type Trial, trySeed } from '../run/trial.ts';

/** Of each scenario file, before random lives are tried. */
const PLANS_A_FILE = 40;

/** How often it is printed how many were tried. */
const PRINTED_EVERY = 25;

/** The search ends at the first of the two. */
interface Bounds {
  readonly plans: number;
  readonly seconds: number;
}

/** What is printed at the end, as one line of JSON. */
interface Hunted {
  readonly plans: number;
  readonly caught: {
    readonly promise: string;
    /** The promise with the rule, and the file that keeps it. */
    readonly rule: string;
    readonly message: string;
    readonly seed: string;
  } | null;
}

/**
 * @param first such as `three-leaders/late`: scenarios, each with or without a fault, which are tried
 * before all others
 * @returns whether a promise was broken
 */
export async function hunt(
  bounds: Bounds,
  first: readonly string[],
  print: (text: string) => void,
): Promise<boolean> {
  const endMs = performance.now() + bounds.seconds * 1000;
  const tried = new Set<string>();
  for await (const seed of seeds(first)) {
    if (tried.size >= bounds.plans || performance.now() >= endMs) break;
    if (tried.has(formatSeed(seed))) continue;
    tried.add(formatSeed(seed));
    if (tried.size % PRINTED_EVERY === 0) print(`${tried.size} plans`);
    const broken = brokenBy(await trySeed(seed));
    if (broken === null) continue;
    print(JSON.stringify({ plans: tried.size, caught: broken } satisfies Hunted));
    return true;
  }
  print(JSON.stringify({ plans: tried.size, caught: null } satisfies Hunted));
  return false;
}

function brokenBy(trial: Trial): Hunted['caught'] {
  const [first] = trial.violations;
  if (first === undefined) return null;
  const { promise, message } = first;
  return { promise, rule: withRule(promise), message, seed: formatSeed(trial.seed) };
}

async function* seeds(first: readonly string[]): AsyncGenerator<Seed> {
  for (const each of first) yield* plansWith(each);
  const names = scenarioFileNames();
  for (const { name } of names.flatMap(scenariosOf)) yield seedOfPlan(name, []);
  yield* inTurn(names, PLANS_A_FILE);
  for (let number = 1; ; number += 1) {
    for (const kind of [RANDOM, WIDE]) yield { ...seedOfPlan(kind, []), number };
  }
}

/** A scenario as it is, then with one fault at each of its steps. */
async function* plansWith(each: string): AsyncGenerator<Seed> {
  const [name = '', fault] = each.split('/');
  for (const scenario of scenariosOf(name)) {
    yield seedOfPlan(scenario.name, []);
    const plans = await plansOf(scenario, 'hunt');
    const chosen = plans.filter((planned) => planned.fault === fault);
    for (const planned of chosen) yield seedOfPlan(scenario.name, [planned]);
  }
}

/** A spread sample of each file's plans, one of each file after the other. */
async function* inTurn(names: readonly string[], count: number): AsyncGenerator<Seed> {
  const samples = new Map<string, readonly Seed[]>();
  for (let turn = 0; turn < count; turn += 1) {
    for (const name of names) {
      // Drawn at its first turn, and not before anything is tried.
      const sample = samples.get(name) ?? (await sampleOf(scenariosOf(name), count));
      samples.set(name, sample);
      const seed = sample[turn];
      if (seed !== undefined) yield seed;
    }
  }
}
