/** The simulator's search as a catcher. */
import type { Catcher, Find, Task } from './catcher.ts';
import { run } from './run.ts';

export interface SearchBounds {
  /** The number of plans that are tried before it counts as having missed the bug. */
  readonly plans: number;
  readonly seconds: number;
}

/** What the simulator's `hunt` prints as its last line. */
interface Hunted {
  /** Fault plans that were run, the one that caught it included. */
  readonly plans: number;
  readonly caught: {
    readonly promise: string;
    readonly message: string;
    /** Repeats the run. */
    readonly seed: string;
  } | null;
}

/** A run that does not come to an end is noticed as well, this long after the search's own end. */
const HANGS_AFTER_MS = 30_000;

export function simulator(bounds: SearchBounds): Catcher {
  return { name: 'simulator', judges: 'world', look: (task) => search(bounds, task) };
}

async function search({ plans, seconds }: SearchBounds, task: Task): Promise<Find | null> {
  const { patch, folder, signal, say } = task;
  const hangs = AbortSignal.timeout(seconds * 1000 + HANGS_AFTER_MS);
  const args = ['test/simulator/main.ts', 'hunt', '--first', patch.first.join(',')];
  args.push('--plans', String(plans), '--seconds', String(seconds));
  const onLine = (line: string) => {
    if (/^\d+ plans/.test(line)) say(line);
  };
  const { lines } = await run(args, {
    cwd: folder,
    signal: AbortSignal.any([signal, hangs]),
    onLine,
  });
  if (signal.aborted) return null;
  const last = lines.findLast((line) => line.startsWith('{'));
  if (last !== undefined) return findIn(JSON.parse(last) as Hunted, say);
  if (hangs.aborted) return find('the time was up', 'hangs', 'a run does not come to an end');
  throw new Error(`the simulator said nothing: ${lines.join('\n')}`);
}

function findIn({ plans, caught }: Hunted, say: Task['say']): Find | null {
  const after = plans === 1 ? '1 plan' : `${plans} plans`;
  if (caught !== null) return find(after, caught.promise, caught.message);
  say(`nothing in ${after}`);
  return null;
}

function find(after: string, promise: string, message: string): Find {
  return { by: 'simulator', judges: 'world', after, promise, message };
}
