/** Looks for a planted bug: first by the simulator, plan by plan, then by the fast tests. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type Patch, withPlanted } from './plant.ts';

/** The number of the simulator's plans that are tried before it counts as having missed the bug. */
export const PLANS_MAX = 1500;
/** The tests that judge behaviour; they run if the simulator found nothing. */
const FAST_TESTS = [
  'test/core',
  'test/scenarios',
  'test/properties',
  'test/operator',
  'test/platform',
];

/** What the simulator's `hunt` prints as its last line. */
export interface Hunted {
  /** Fault plans that were run, the one that caught it included. */
  readonly plans: number;
  readonly caught: {
    /** What was broken, such as `P1`. */
    readonly promise: string;
    readonly message: string;
    /** Repeats the run. */
    readonly seed: string;
  } | null;
}

export interface Find {
  readonly by: 'simulator' | 'tests';
  /** How many plans it took, or which test failed. */
  readonly after: string;
  readonly promise: string;
  readonly message: string;
}

/** @returns what caught the bug, or null if nothing did. */
export async function hunt(patch: Patch, withTests: boolean): Promise<Find | null> {
  return await withPlanted(patch, async (folder) => {
    const { plans, caught } = await huntBySimulator(patch, folder);
    if (caught !== null) {
      const { promise, message } = caught;
      const after = plans === 1 ? '1 plan' : `${plans} plans`;
      return { by: 'simulator', after, promise, message };
    }
    return withTests ? await huntByTests(folder) : null;
  });
}

async function huntBySimulator({ first }: Patch, folder: string): Promise<Hunted> {
  const bounds = ['--plans', String(PLANS_MAX), '--first', first.join(',')];
  const args = ['test/simulator/main.ts', 'hunt', ...bounds];
  const { lines } = await run(process.execPath, args, folder);
  const last = lines.findLast((line) => line.startsWith('{'));
  if (last === undefined) throw new Error(`the simulator said nothing: ${lines.join('\n')}`);
  return JSON.parse(last) as Hunted;
}

async function huntByTests(folder: string): Promise<Find | null> {
  const vitest = join(folder, 'node_modules', 'vitest', 'vitest.mjs');
  const args = [
    vitest,
    'run',
    '--project',
    'unit',
    '--project',
    'fast',
    '--bail',
    '1',
    '--reporter',
    'json',
    ...FAST_TESTS,
  ];
  const { lines, status } = await run(process.execPath, args, folder);
  if (status === 0) return null;
  const report = JSON.parse(lines.findLast((line) => line.startsWith('{')) ?? '{}') as Report;
  const failed = (report.testResults ?? []).flatMap(({ assertionResults }) => assertionResults);
  const first = failed.find((result) => result.status === 'failed');
  if (first === undefined) throw new Error('the tests failed without a failed test');
  const message = first.failureMessages[0]?.split('\n', 1)[0] ?? '';
  return { by: 'tests', after: first.fullName, promise: 'tests', message };
}

interface Report {
  readonly testResults?: readonly {
    readonly assertionResults: readonly {
      readonly status: string;
      readonly fullName: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
}

function run(
  command: string,
  args: readonly string[],
  cwd: string,
): Promise<{ readonly lines: readonly string[]; readonly status: number | null }> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, stdio: ['ignore', 'pipe', 'inherit'] });
    const lines: string[] = [];
    createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
    child.once('error', reject);
    child.once('close', (status) => resolve({ lines, status }));
  });
}
