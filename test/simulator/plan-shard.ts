/** A share of the sampled plans as tests: one for each scenario file. */
import { expect, test } from 'vitest';
import { recordFigure, recordTotal } from '../support/vitest/record-figure.ts';
import { formatSeed } from './faults/seed.ts';
import { scenarioFileNames, scenariosOf } from './language/scenario-files.ts';
import { count, emptyTally, failureText } from './run/report.ts';
import { sampleOf } from './run/sample.ts';
import { shrink } from './run/shrink.ts';
import { trySeed } from './run/trial.ts';

/** Of each scenario file: together more than any sample of this field has. */
const PLANS_A_FILE = 30;
/** For a machine that is slow and does other things as well; on others it takes a minute or two. */
const TIMEOUT_MS = 600_000;

export function testShare(share: number, shares: number): void {
  const names = scenarioFileNames().filter((_, index) => index % shares === share);
  test.each(names)('%s', { timeout: TIMEOUT_MS }, async (name) => {
    const scenarios = scenariosOf(name);
    const began = process.cpuUsage();
    const tally = emptyTally();
    const failures: string[] = [];
    const unfired: string[] = [];
    for (const seed of await sampleOf(scenarios, PLANS_A_FILE)) {
      const trial = await trySeed(seed);
      count(tally, trial);
      if (trial.fired.length === 0) unfired.push(formatSeed(seed));
      if (trial.violations.length > 0) failures.push(failureText(await shrink(trial)));
    }
    const { user, system } = process.cpuUsage(began);
    const cpuSeconds = (user + system) / 1e6;
    recordTotal('simulatorScenarios', scenarios.length);
    recordTotal('simulatorPlansFired', tally.plansFired);
    recordTotal('simulatorPlansUnfired', tally.plansUnfired);
    recordTotal('simulatorViolations', tally.violations);
    recordTotal('simulatorPasses', tally.passes);
    recordTotal('simulatorTokens', tally.tokens);
    recordTotal('simulatorVerifications', tally.verifications);
    recordTotal('simulatorCpuMs', Math.round(cpuSeconds * 1000));
    if (unfired.length > 0) recordFigure('simulatorUnfired', unfired.join(' '));
    expect(failures.join('\n\n')).toBe('');
  });
}
