/** One seed, tried: the run, and everything that is wrong with it. */
import { SET_PLURAL } from '../../../src/core/formats/names.ts';
import { isLie, owedAfter, type PlannedFault, PlannedFaults } from '../faults/plan.ts';
import { ArmedFaults, type RandomLife, randomLife } from '../faults/random-life.ts';
import { type Seed, WIDE } from '../faults/seed.ts';
import { wideLife } from '../faults/wide-life.ts';
import type { Scenario } from '../language/scenario.ts';
import { scenarioNamed } from '../language/scenario-files.ts';
import type { Violation } from '../oracle/judge.ts';
import { NO_FAULTS } from '../world/world.ts';
import { clockViolations } from './clock-check.ts';
import { readingViolations } from './reading-check.ts';
import { type Outcome, run } from './run.ts';

export interface Trial {
  readonly seed: Seed;
  readonly outcome: Outcome;
  readonly fired: readonly PlannedFault[];
  readonly violations: readonly Violation[];
}

/** @throws if it names no scenario that there is. */
export async function trySeed(seed: Seed): Promise<Trial> {
  return seed.number === null ? await tryPlan(seed) : await tryRandom(seed, seed.number);
}

const straight = new Map<string, Promise<Outcome>>();

/** The run without a fault: what its plans are made of, and measured by. */
export function straightRun(scenario: Scenario): Promise<Outcome> {
  const key = `${scenario.name} ${scenario.commands.map(({ text }) => text).join('; ')}`;
  const known = straight.get(key);
  if (known !== undefined) return known;
  const outcome = run({ scenario, faults: NO_FAULTS, lenient: true });
  straight.set(key, outcome);
  return outcome;
}

async function tryPlan(seed: Seed): Promise<Trial> {
  const whole = scenarioNamed(seed.scenario);
  const scenario = { ...whole, commands: chosen(whole.commands, seed.commands) };
  const straightOutcome = await straightRun(scenario);
  const faults = new PlannedFaults(seed.planned);
  const isStraight = seed.planned.length === 0;
  const outcome = isStraight ? straightOutcome : await run({ scenario, faults, lenient: true });
  const { fired } = faults;
  const violations = [
    ...outcome.violations.filter((violation) => !isDueTo(violation, outcome.scenario, fired)),
    ...clockViolations(outcome, fired),
    ...readingViolations(outcome.trace),
    ...detourViolations(outcome, straightOutcome, fired),
  ];
  return { seed, outcome, fired, violations };
}

/** @param kind `random` or `wide` */
export function lifeOf(kind: string, number: number): RandomLife {
  return kind === WIDE ? wideLife(number) : randomLife(number);
}

async function tryRandom(seed: Seed, number: number): Promise<Trial> {
  const { scenario, faults } = lifeOf(seed.scenario, number);
  const indices = seed.commands ?? scenario.commands.map((_, index) => index);
  const armed = chosen(faults, seed.faults)
    .map((fault) => ({ ...fault, command: indices.indexOf(fault.command) }))
    .filter(({ command }) => command >= 0);
  const source = new ArmedFaults(armed);
  const outcome = await run({
    scenario: { ...scenario, commands: chosen(scenario.commands, seed.commands) },
    faults: source,
    lenient: true,
  });
  const { fired } = source;
  const violations = [
    ...outcome.violations.filter((violation) => !isDueTo(violation, outcome.scenario, fired)),
    ...clockViolations(outcome, fired),
    ...readingViolations(outcome.trace),
  ];
  return { seed, outcome, fired, violations };
}

function chosen<Value>(
  values: readonly Value[],
  indices: readonly number[] | null,
): readonly Value[] {
  return indices === null ? values : values.filter((_, index) => indices.includes(index));
}

/**
 * What these faults bring about by themselves. An operator to which the API server says that the set is
 * gone has nothing left to come to rest with; if it says that a key's Secret is gone, the operator makes
 * another key. And if someone took every copy, a read from before looks like a ledger that is newer
 * than the one made since.
 */
function isDueTo(
  { promise }: Violation,
  scenario: Scenario,
  fired: readonly PlannedFault[],
): boolean {
  const lies = fired.filter(isLie);
  switch (promise) {
    case 'convergence':
      return lies.some(({ step }) => step.startsWith(`get:${SET_PLURAL}:`));
    case 'Counts':
    case 'Orphans':
    case 'Truth':
      return lies.length > 0;
    case 'I4':
    case 'I8':
    case 'InvariantViolated':
      return losesAllCopies(scenario, lies);
    default:
      return false;
  }
}

/** Someone took the ledger and its copies, or left the one in the status, and a read lied about that. */
function losesAllCopies({ commands }: Scenario, lies: readonly PlannedFault[]): boolean {
  const deeds = commands.map(({ text }) => text);
  const isTaken = (deed: RegExp) => deeds.some((text) => deed.test(text));
  const isLiedAbout = lies.some(({ step }) => step.startsWith(`get:${SET_PLURAL}:`));
  const objects = [
    / signer unledger$| (?:strip|delete) signer$/,
    / jwks unledger$| (?:strip|delete) jwks$/,
  ];
  return lies.length > 0 && objects.every(isTaken) && (isTaken(/ wipe$/) || isLiedAbout);
}

/** The same end by a detour as by the straight way, and no more made or destroyed on it. */
function detourViolations(
  outcome: Outcome,
  straightOutcome: Outcome,
  fired: readonly PlannedFault[],
): readonly Violation[] {
  const owed = owedAfter(outcome.scenario, fired);
  if (owed === 'promises') return [];
  const atMs = outcome.startMs + outcome.durationMs;
  const found: Violation[] = [];
  const differing = differingLines(outcome.endState, straightOutcome.endState);
  if (differing !== '') found.push({ promise: 'same end', atMs, message: differing });
  const more = moreWrites(outcome.counts, straightOutcome.counts, owed === 'all' ? 0 : 1);
  if (more !== '') found.push({ promise: 'same counts', atMs, message: more });
  return found;
}

function differingLines(actual: string, expected: string): string {
  const [have, want] = [actual.split('\n'), expected.split('\n')];
  const extra = have.filter((line) => !want.includes(line)).map((line) => `+ ${line}`);
  const missing = want.filter((line) => !have.includes(line)).map((line) => `- ${line}`);
  return [...extra, ...missing].join('; ');
}

function moreWrites(
  actual: Outcome['counts'],
  expected: Outcome['counts'],
  allowed: number,
): string {
  const kinds = [...new Set([...Object.keys(actual), ...Object.keys(expected)])].sort();
  return kinds
    .map((kind) => [kind, actual[kind] ?? 0, expected[kind] ?? 0] as const)
    .filter(([, have, want]) => have > want + allowed || (allowed === 0 && have < want))
    .map(([kind, have, want]) => `${have} × ${kind} instead of ${want}`)
    .join('; ');
}
