/** The JWKS server as users run it: a process of its own. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { until } from './fixtures.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface ServeProcess {
  readonly pid: number;
  /** Everything that it printed. */
  output(): string;
  /** Both ports, once they are open. */
  ports(): Promise<{ readonly port: number; readonly metricsPort: number }>;
  kill(signal: 'SIGTERM' | 'SIGINT'): void;
  /** The exit code, or the signal's name, once it has ended. */
  readonly ended: Promise<number | string>;
}

/** Starts the one program with these words; it ends with the test, if it did not before. */
export function startProgram(
  argv: readonly string[],
  env: Readonly<Record<string, string>> = {},
): ServeProcess {
  return started([process.execPath, 'src/main.ts', ...argv], env);
}

function started(
  [command = '', ...words]: readonly string[],
  env: Readonly<Record<string, string>>,
): ServeProcess {
  const child = spawn(command, words, {
    cwd: ROOT,
    env: { PATH: process.env['PATH'] ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const gather = (chunk: Buffer) => {
    output += chunk.toString();
  };
  child.stdout.on('data', gather);
  child.stderr.on('data', gather);
  const ended = once(child, 'close').then(([code, signal]) => code ?? signal);
  onTestFinished(async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
    await ended;
  });
  return {
    pid: child.pid ?? 0,
    output: () => output,
    async ports() {
      const found = await until(`the ports in: ${output}`, () =>
        /"port":([0-9]+),"metricsPort":([0-9]+)/.exec(output),
      );
      return { port: Number(found[1]), metricsPort: Number(found[2]) };
    },
    kill: (signal) => void child.kill(signal),
    ended,
  };
}

/** 40 % of the chart's 192 MiB, as the chart asks of Node.js in a container. */
const HEAP_OF_CHART = '--max-old-space-size=77';

const ON_LOOPBACK = ['--host', '127.0.0.1', '--port', '0', '--metrics-port', '0'];

/** Serves a folder on free ports of the loopback interface. */
export function startServe(folder: string, ...args: readonly string[]): ServeProcess {
  return startProgram(['serve', '--dir', folder, ...ON_LOOPBACK, ...args], {
    NODE_OPTIONS: HEAP_OF_CHART,
  });
}

/** The same in a process that may have this many files open. */
export function startServeWithin(openFiles: number, folder: string): ServeProcess {
  const limited = ['/bin/sh', '-c', `ulimit -n ${openFiles} && exec "$0" "$@"`];
  const program = [process.execPath, 'src/main.ts', 'serve', '--dir', folder, ...ON_LOOPBACK];
  return started([...limited, ...program], { NODE_OPTIONS: HEAP_OF_CHART });
}
