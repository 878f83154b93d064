/** What is said of a run: for people a timeline, for machines figures. */
import { formatSeed } from '../faults/seed.ts';
import { violationText } from '../oracle/judge.ts';
import { timelineOf } from './timeline.ts';
import type { Trial } from './trial.ts';

/** Of a number of runs; two of them add up. */
export interface Tally {
  plansFired: number;
  plansUnfired: number;
  /** Random lives with at least two rotations and three fired faults. */
  randomLives: number;
  randomLivesTooShort: number;
  violations: number;
  passes: number;
  tokens: number;
  verifications: number;
}

export function emptyTally(): Tally {
  return {
    plansFired: 0,
    plansUnfired: 0,
    randomLives: 0,
    randomLivesTooShort: 0,
    violations: 0,
    passes: 0,
    tokens: 0,
    verifications: 0,
  };
}

export function count(tally: Tally, { seed, fired, outcome, violations }: Trial): void {
  if (seed.number === null) {
    tally.plansFired += fired.length;
    tally.plansUnfired += seed.planned.length - fired.length;
  } else if (fired.length >= 3 && outcome.rotations >= 2) tally.randomLives += 1;
  else tally.randomLivesTooShort += 1;
  tally.violations += violations.length > 0 ? 1 : 0;
  tally.passes += outcome.passes;
  tally.tokens += outcome.figures.tokens;
  tally.verifications += outcome.figures.verifications;
}

export function addTally(sum: Tally, more: Tally): void {
  for (const name of Object.keys(sum) as (keyof Tally)[]) sum[name] += more[name];
}

/** A failure in a few lines, with the one command that repeats it. */
export function failureText({ seed, outcome, violations }: Trial): string {
  const broken = violations.map((violation) => `  ${violationText(violation, outcome.startMs)}`);
  return [`make replay SEED='${formatSeed(seed)}'`, ...broken].join('\n');
}

export function storyText({ outcome, violations }: Trial, withRequests: boolean): string {
  const { startMs, trace } = outcome;
  const told = timelineOf(trace.entries, { startMs, fromShow: false, withRequests, violations });
  const result =
    violations.length === 0 ? 'no promise is broken' : `${violations.length} violations`;
  return `${told}\n${result}\ntrace ${trace.hash()}`;
}
