/** The bundled program as a process, and what the kernel says of it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundle, PROGRAM } from '../scripts/bundle.ts';

const DIST = fileURLToPath(new URL('../dist', import.meta.url));
const KILL_AFTER_MS = 15_000;
/** `getconf CLK_TCK` is 100 on every Linux. */
const TICKS_PER_SECOND = 100;

let built: Promise<string> | null = null;

/** Bundles once a run. @returns the path of the program */
export function builtProgram(): Promise<string> {
  built ??= bundle(DIST).then(() => join(DIST, PROGRAM));
  return built;
}

export interface Program {
  readonly pid: number;
  /** The last lines that it printed. */
  output(): string;
  isRunning(): boolean;
  /** SIGTERM, later SIGKILL; resolves when it has ended. */
  stop(): Promise<void>;
}

/** @param prefix words before `node`, such as `taskset -c 0` */
export async function startProgram(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  prefix: readonly string[] = [],
): Promise<Program> {
  return startProcess([...prefix, process.execPath, await builtProgram(), ...args], env);
}

export function startProcess(
  [command = '', ...args]: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Program {
  const child = spawn(command, args, {
    env: { PATH: process.env['PATH'] ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  // Whatever ends this process, Ctrl-C included, takes it along.
  const onExit = () => child.kill('SIGKILL');
  process.once('exit', onExit);
  let output = '';
  const gather = (chunk: Buffer) => {
    output = (output + chunk.toString()).slice(-4000);
  };
  child.stdout.on('data', gather);
  child.stderr.on('data', gather);
  child.once('error', (error) => gather(Buffer.from(String(error))));
  const ended = once(child, 'close').then(() => void process.off('exit', onExit));
  const isRunning = () => child.exitCode === null && child.signalCode === null;
  return {
    pid: child.pid ?? 0,
    output: () => output,
    isRunning,
    stop: () => stop(child, ended, isRunning),
  };
}

async function stop(child: ChildProcess, ended: Promise<void>, isRunning: () => boolean) {
  if (!isRunning()) return;
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), KILL_AFTER_MS);
  await ended;
  clearTimeout(timer);
}

/** Resident memory now and at its peak, in bytes. */
export function memoryOf(pid: number): { readonly rssBytes: number; readonly peakBytes: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const kilobytes = (field: string) =>
    Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) * 1024;
  return { rssBytes: kilobytes('VmRSS'), peakBytes: kilobytes('VmHWM') };
}

/** User and system time together. */
export function cpuSecondsOf(pid: number): number {
  // The second field is the command in parentheses and may hold blanks.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port is free');
  return address.port;
}
