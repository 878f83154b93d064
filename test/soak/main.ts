/** `npm run soak -- --minutes N [--seed N]`: what takes too long for every change. */
import { setPriority } from 'node:os';
import { parseArgs } from 'node:util';
import { WHOLE_BOUNDS } from '../explorer/bounds.ts';
import { exploreAll } from '../explorer/explore-all.ts';
import { soak } from '../simulator/soak/soak.ts';
import { startNodeSoak } from './node-soak.ts';

/** The node's clock is a real one: what only computes waits for it. */
const SIMULATOR_NICENESS = 10;

/** The part of the time in which the explorer tries the core; the simulator has the rest. */
const EXPLORER_SHARE = 1 / 4;

const WHOLLY = { all: WHOLE_BOUNDS, depthMax: Number.MAX_SAFE_INTEGER };

const print = (text: string) => void process.stdout.write(`${text}\n`);

/** @returns whether nothing was found */
async function main(): Promise<boolean> {
  const text = { type: 'string' } as const;
  const options = { minutes: { ...text, default: '5' }, seed: { ...text, default: '1' } };
  const { values } = parseArgs({ options });
  const [minutes, seed] = [Number(values.minutes), Number(values.seed)];
  if (!(minutes > 0) || !Number.isInteger(seed))
    throw new Error('--minutes and --seed are numbers');
  const node = startNodeSoak(minutes, process.env, print);
  setPriority(SIMULATOR_NICENESS);
  const explorerMinutes = minutes * EXPLORER_SHARE;
  const explored = await exploreAll({ ...WHOLLY, minutes: explorerMinutes }, print);
  const { isClean, summary } = await soak({ minutes: minutes - explorerMinutes, seed }, print);
  const isNodeClean = (await node) === 0;
  print(explored.summary);
  print(summary);
  return explored.isClean && isClean && isNodeClean;
}

try {
  process.exitCode = (await main()) ? 0 : 1;
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 2;
}
