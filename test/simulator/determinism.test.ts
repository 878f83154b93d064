/** The same seed is the same run, to the byte: twice in one process, and in another one. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { parseSeed } from './faults/seed.ts';
import { trySeed } from './run/trial.ts';

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url));
const SEEDS = [
  'two-leaders',
  'rotation/update:secrets:payments-signer:5/crash-after',
  'two-operators/update:configmaps:payments-jwks:1/late-paused+event:secrets:payments-key-3:1/double',
  'random/4',
];

test.each(SEEDS)('%s', async (text) => {
  const seed = parseSeed(text);
  const first = await trySeed(seed);
  const second = await trySeed(seed);
  const hash = first.outcome.trace.hash();
  expect(second.outcome.trace.hash()).toBe(hash);
  const elsewhere = execFileSync(process.execPath, [MAIN, 'replay', text], { encoding: 'utf8' });
  expect(elsewhere).toContain(`trace ${hash}`);
});

test('another fault is another run', async () => {
  const seeds = SEEDS.map((text) => trySeed(parseSeed(text)));
  const hashes = (await Promise.all(seeds)).map(({ outcome }) => outcome.trace.hash());
  expect(new Set(hashes).size).toBe(SEEDS.length);
});
