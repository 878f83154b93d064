/**
 * Golden timelines: each scenario runs without a fault, and must go as the file next to it says.
 * `UPDATE_GOLDEN=1` writes them again; read the difference before it is committed.
 */
import { expect, test } from 'vitest';
import {
  readGolden,
  scenarioFileNames,
  scenariosOf,
  writeGolden,
} from './language/scenario-files.ts';
import { violationText } from './oracle/verdict/verdict.ts';
import { run } from './run/run.ts';
import { timelineOf } from './run/timeline.ts';
import { NO_FAULTS } from './world/world.ts';

test.each(scenarioFileNames())('%s', async (name) => {
  const parts: string[] = [];
  for (const scenario of scenariosOf(name)) {
    const outcome = await run({ scenario, faults: NO_FAULTS, lenient: false });
    const { startMs } = outcome;
    expect(outcome.violations.map((each) => violationText(each, startMs))).toEqual([]);
    const timeline = timelineOf(outcome.trace.entries, {
      startMs,
      fromShow: true,
      withRequests: false,
    });
    parts.push(scenario.name === name ? timeline : `${scenario.name}\n${timeline}`);
  }
  const actual = parts.join('\n');
  if (process.env['UPDATE_GOLDEN'] === '1') writeGolden(name, actual);
  expect(actual).toBe(readGolden(name));
});
