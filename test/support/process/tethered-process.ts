import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { Writable } from 'node:stream';

export interface TetherOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  /** File that takes what the program prints, both streams; appended to. */
  readonly logPath: string;
  /** Folder to remove if this process dies before it stopped the program. */
  readonly removeOnDeath?: string;
}

export interface TetheredProcess {
  readonly pid: number;
  /** Resolves once with how the program ended, `exit code 1` or `signal SIGKILL`. */
  readonly ended: Promise<string>;
  /** How it ended, or null while it runs. */
  end(): string | null;
  /** The last lines that it printed. */
  logTail(): string;
  /** Sends SIGTERM, after `graceMs` SIGKILL, with 0 at once; resolves when it has ended. */
  stop(graceMs: number): Promise<void>;
}

/**
 * The shell that becomes the program. Before that it leaves a watcher behind, which blocks on a
 * pipe that this process holds: the kernel closes the pipe however this process dies, SIGKILL
 * included, and the watcher then kills the program and removes its folder. A line on the pipe
 * tells the watcher that the program ended in order. `exec` keeps the process id, so the watcher
 * knows the program as `$$` and Node sees its real exit.
 */
const TETHER = `
folder=$1; shift
(
  if read -r _ <&3; then exit 0; fi
  kill -KILL $$
  if [ -n "$folder" ]; then sleep 1; rm -rf -- "$folder"; fi
) >/dev/null 2>&1 </dev/null &
exec "$@" 3<&-
`;

const LOG_TAIL_LINES = 20;

/**
 * Starts a program that cannot outlive this process. It gets a session of its own, so that
 * Ctrl-C in a terminal reaches only this process, which then stops its programs in order.
 */
export async function startTethered(options: TetherOptions): Promise<TetheredProcess> {
  const log = openSync(options.logPath, 'a', 0o600);
  const child = spawn(
    '/bin/sh',
    ['-c', TETHER, 'tether', options.removeOnDeath ?? '', options.command, ...options.args],
    {
      // The tether is not stdin, which Node closes by itself before it tells of an exit.
      stdio: ['ignore', log, log, 'pipe'],
      detached: true,
      ...(options.env ? { env: { ...options.env } } : {}),
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    },
  );
  closeSync(log);
  let end: string | null = null;
  const ended = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => {
      end = signal === null ? `exit code ${code}` : `signal ${signal}`;
      release(child);
      resolve(end);
    });
  });
  return {
    pid: await spawned(child),
    ended,
    end: () => end,
    logTail: () => tail(options.logPath),
    stop: (graceMs) => stop(child, ended, () => end !== null, graceMs),
  };
}

function spawned(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('spawn', () => resolve(child.pid ?? 0));
  });
}

function release(child: ChildProcess): void {
  const tether = child.stdio[3];
  if (!(tether instanceof Writable)) return;
  // The watcher may be gone already; then there is nobody left to tell.
  tether.on('error', () => undefined);
  tether.end('ended\n');
}

async function stop(
  child: ChildProcess,
  ended: Promise<string>,
  hasEnded: () => boolean,
  graceMs: number,
): Promise<void> {
  if (hasEnded()) return;
  child.kill(graceMs > 0 ? 'SIGTERM' : 'SIGKILL');
  const timer = setTimeout(() => child.kill('SIGKILL'), graceMs);
  await ended;
  clearTimeout(timer);
}

function tail(path: string): string {
  return readFileSync(path, 'utf8').trimEnd().split('\n').slice(-LOG_TAIL_LINES).join('\n');
}
