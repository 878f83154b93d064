/**
 * `npm run explore -- [--bounds 'hands=2 rotations=1'] [--minutes N] [--depth N]` explores the core;
 * with `--path '…'` it tells that one path, step by step.
 */
import { parseArgs } from 'node:util';
import { admit } from '../../src/core/guard/guard.ts';
import { plan } from '../../src/core/plan.ts';
import { type Bounds, parseBounds, WHOLE_BOUNDS } from './bounds.ts';
import { startOf } from './explore.ts';
import { exploreAll } from './explore-all.ts';
import { parsePath, toldPath } from './search/paths.ts';

const print = (text: string) => void process.stdout.write(`${text}\n`);

/** @returns whether nothing was found */
async function main(): Promise<boolean> {
  const text = { type: 'string' } as const;
  const options = { bounds: text, path: text, minutes: text, depth: text };
  const { values } = parseArgs({ options });
  const given = values.bounds ?? '';
  if ((values.path ?? '') !== '') {
    const start = startOf(parseBounds(given), { plan, admit });
    for (const line of toldPath(start, parsePath(values.path ?? ''))) print(line);
    return true;
  }
  const all: readonly Bounds[] = given === '' ? WHOLE_BOUNDS : [parseBounds(given)];
  const minutes = positive('minutes', values.minutes, 10);
  const depthMax = positive('depth', values.depth, Number.MAX_SAFE_INTEGER);
  const { isClean, summary } = await exploreAll({ all, minutes, depthMax }, print);
  print(summary);
  return isClean;
}

function positive(name: string, text: string | undefined, otherwise: number): number {
  if (text === undefined || text === '') return otherwise;
  const value = Number(text);
  if (!(value > 0)) throw new Error(`--${name} is a positive number`);
  return value;
}

try {
  process.exitCode = (await main()) ? 0 : 1;
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 2;
}
