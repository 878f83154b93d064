/** The simulator from the command line: `replay SEED`, `hunt`. */
import { parseArgs } from 'node:util';
import { replay } from './run/replay.ts';
import { hunt } from './soak/hunt.ts';

const USAGE = `node test/simulator/main.ts replay SEED [--until STEP] [--requests]
node test/simulator/main.ts hunt [--plans N] [--seconds N] [--first SCENARIO/FAULT,…]`;

const print = (text: string) => process.stdout.write(`${text}\n`);

async function main(): Promise<boolean> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      until: { type: 'string' },
      requests: { type: 'boolean', default: false },
      plans: { type: 'string', default: '4000' },
      seconds: { type: 'string', default: 'Infinity' },
      first: { type: 'string', default: '' },
    },
  });
  const [command, seed = ''] = positionals;
  if (command === 'replay' && seed !== '') {
    const { until = null, requests } = values;
    return await replay(seed, { until, requests }, print);
  }
  if (command === 'hunt') {
    const first = values.first.split(',').filter((name) => name !== '');
    const bounds = { plans: Number(values.plans), seconds: Number(values.seconds) };
    return await hunt(bounds, first, print);
  }
  throw new Error(`what to do is missing\n${USAGE}`);
}

try {
  process.exitCode = (await main()) ? 0 : 1;
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 2;
}
