/** Every run that once failed, shrunk: [regressions.txt](regressions.txt) says what it broke. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parseSeed } from './faults/seed.ts';
import { failureText } from './run/report.ts';
import { trySeed } from './run/trial.ts';

const file = new URL('./regressions.txt', import.meta.url);
const lines = readFileSync(file, 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'));

test.each(lines)('%s', async (line) => {
  const [seed = '', story = ''] = line.split(/ {2}/);
  expect(story).not.toBe('');
  const trial = await trySeed(parseSeed(seed));
  expect(trial.violations.length === 0 ? '' : failureText(trial)).toBe('');
});
