/** Runs a program in a planted copy. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

export interface Ran {
  readonly lines: readonly string[];
  /** Null if it was ended before it was done. */
  readonly status: number | null;
}

export interface RunOptions {
  readonly cwd: string;
  readonly signal: AbortSignal;
  readonly onLine?: (line: string) => void;
}

/** What it writes to its standard error is kept with the lines: a crash says there why. */
export function run(args: readonly string[], { cwd, signal, onLine }: RunOptions): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    const lines: string[] = [];
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', (line) => {
        lines.push(line);
        onLine?.(line);
      });
    }
    const end = () => child.kill();
    signal.addEventListener('abort', end, { once: true });
    if (signal.aborted) end();
    child.once('error', reject);
    child.once('close', (status) => {
      signal.removeEventListener('abort', end);
      resolve({ lines, status: signal.aborted ? null : status });
    });
  });
}
