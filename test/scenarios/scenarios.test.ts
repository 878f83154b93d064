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

/** A time of the timeline itself: before a line, or in its words for the status. */
const OF_THE_TIMELINE = /^\d\d:\d\d:\d\d(?:\.\d+)? .* status: .*$|^\d\d:\d\d:\d\d(?:\.\d+)?/gm;
/** Whoever reads a message days later, or elsewhere, must know which day, and in which zone. */
const BARE_TIME = /(?<!\d{4}-\d\d-\d\dT)\b\d\d:\d\d(?::\d\d)?\b|\d\d:\d\d:\d\d(?!\.\d|\d|Z)/g;

test.each(names)('%s', (name) => {
  const actual = runScenario(readFileSync(new URL(`${name}.txt`, folder), 'utf8'));
  expect(actual.replace(OF_THE_TIMELINE, '').match(BARE_TIME) ?? []).toEqual([]);
  const golden = new URL(`${name}.expected.txt`, folder);
  if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(golden, actual);
  expect(actual).toBe(readFileSync(golden, 'utf8'));
});
