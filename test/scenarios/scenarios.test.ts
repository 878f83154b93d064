/**
 * Golden timelines: each `*.txt` here is run, and must give the `*.expected.txt` next to it, write
 * by write. `UPDATE_GOLDEN=1` writes them again; read the difference before it is committed.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { runScenario } from '../support/core-world/scenario.ts';

const folder = new URL('.', import.meta.url);
const names = readdirSync(folder)
  .filter((name) => name.endsWith('.txt') && !name.endsWith('.expected.txt'))
  .map((name) => name.slice(0, -'.txt'.length));

test.each(names)('%s', (name) => {
  const actual = runScenario(readFileSync(new URL(`${name}.txt`, folder), 'utf8'));
  const golden = new URL(`${name}.expected.txt`, folder);
  if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(golden, actual);
  expect(actual).toBe(readFileSync(golden, 'utf8'));
});
