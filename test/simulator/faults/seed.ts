/**
 * A run as one text. `rotation/update:secrets:payments-signer:3/crash-after` is a scenario and a
 * fault at one of its steps (`+` joins several); `random/17` is a run in which everything is drawn from
 * the number 17, and `wide/17` is another kind of such lives. What shrinking kept comes after that: `~c0,2` keeps only these commands, `~f1` only
 * these faults of a random run.
 */
import type { PlannedFault } from './plan.ts';

export interface Seed {
  /** A scenario's name, `random` or `wide`. */
  readonly scenario: string;
  /** Of a random run. */
  readonly number: number | null;
  readonly planned: readonly PlannedFault[];
  /** Indices; null: all. */
  readonly commands: readonly number[] | null;
  readonly faults: readonly number[] | null;
}

export const RANDOM = 'random';
export const WIDE = 'wide';

/** @throws if it is none. */
export function parseSeed(text: string): Seed {
  const [base = '', ...options] = text.split('~');
  const [scenario = '', ...rest] = base.split('/');
  const option = (letter: string) => {
    const found = options.find((each) => each.startsWith(letter));
    return found === undefined ? null : indicesOf(found.slice(1));
  };
  const shared = { scenario, commands: option('c'), faults: option('f') };
  if (scenario === RANDOM || scenario === WIDE) {
    const number = Number(rest[0]);
    if (!Number.isSafeInteger(number)) throw new Error(`${text} is no seed: it needs a number`);
    return { ...shared, number, planned: [] };
  }
  const planned = rest
    .join('/')
    .split('+')
    .filter((each) => each !== '')
    .map(plannedOf);
  return { ...shared, number: null, planned };
}

export function formatSeed({ scenario, number, planned, commands, faults }: Seed): string {
  const what = number ?? planned.map(({ step, fault }) => `${step}/${fault}`).join('+');
  return [
    what === '' ? scenario : `${scenario}/${what}`,
    ...(commands === null ? [] : [`c${commands.join(',')}`]),
    ...(faults === null ? [] : [`f${faults.join(',')}`]),
  ].join('~');
}

export function seedOfPlan(scenario: string, planned: readonly PlannedFault[]): Seed {
  return { scenario, number: null, planned, commands: null, faults: null };
}

function plannedOf(text: string): PlannedFault {
  const [step, fault] = text.split('/');
  if (step === undefined || fault === undefined) throw new Error(`${text} is no step/fault`);
  return { step, fault };
}

function indicesOf(text: string): readonly number[] {
  return text
    .split(',')
    .filter((each) => each !== '')
    .map(Number);
}
