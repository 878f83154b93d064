/** Processes of the demo's own, which talk with it and end with it. */
import { type ChildProcess, fork } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export interface Actor<To> {
  readonly name: string;
  readonly pid: number;
  send(message: To): void;
  /** How it ended, or null while it runs. */
  end(): string | null;
  logTail(): string;
  stop(): Promise<void>;
}

export interface ActorOptions<From> {
  readonly name: string;
  /** File name in the folder of the actors. */
  readonly module: string;
  readonly start: unknown;
  /** What it prints goes here. */
  readonly logPath: string;
  readonly onMessage: (message: From) => void;
}

const STOP_GRACE_MS = 2000;
const LOG_TAIL_LINES = 20;

/** Starts a process in a session of its own, so that Ctrl-C reaches only the demo. */
export function startActor<From, To>(options: ActorOptions<From>): Actor<To> {
  const log = openSync(options.logPath, 'a', 0o600);
  const path = fileURLToPath(new URL(`actors/${options.module}`, import.meta.url));
  const child = fork(path, { stdio: ['ignore', log, log, 'ipc'], detached: true });
  closeSync(log);
  let end: string | null = null;
  const ended = new Promise<void>((resolve) => {
    child.once('error', (error) => {
      end ??= error.message;
      resolve();
    });
    child.once('exit', (code, signal) => {
      end = signal === null ? `exit code ${code}` : `signal ${signal}`;
      resolve();
    });
  });
  child.on('message', (message) => options.onMessage(message as From));
  child.send(options.start as object);
  return {
    name: options.name,
    pid: child.pid ?? 0,
    send: (message) => {
      if (child.connected) child.send(message as object);
    },
    end: () => end,
    logTail: () =>
      readFileSync(options.logPath, 'utf8').trimEnd().split('\n').slice(-LOG_TAIL_LINES).join('\n'),
    stop: () => stop(child, ended),
  };
}

async function stop(child: ChildProcess, ended: Promise<void>): Promise<void> {
  if (child.connected) child.disconnect();
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_GRACE_MS);
  await ended;
  clearTimeout(timer);
}

/**
 * In the actor's process: its first message. The process ends when the demo lets go of it or is
 * gone, however that happened.
 */
export function receiveStart<Start>(): Promise<Start> {
  process.once('disconnect', () => process.exit(0));
  return new Promise((resolve) => process.once('message', (message) => resolve(message as Start)));
}

/** In the actor's process: tells the demo. */
export function tellDemo(message: object): void {
  if (process.connected) process.send?.(message, undefined, undefined, ignoreClosedChannel);
}

/** The demo may be gone in the moment of a message; `disconnect` then ends this process. */
function ignoreClosedChannel(): void {}
