/**
 * The node's own process, mount and network namespaces. One process holds them all: when it ends,
 * the kernel ends every other one in them and undoes every mount and link, so that a node can't
 * outlive the test that started it, however that one ends.
 */
import { execFile } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startTethered, type TetheredProcess } from '../../../support/process/tethered-process.ts';
import { waitFor } from '../../../support/wait/wait-for.ts';
import { noteProcess } from './noted-process.ts';
import type { Place } from './place.ts';

/** A program inside, seen from outside. */
export interface EnclosedProcess {
  /** As this process sees it. */
  readonly pid: number;
  /** How it ended, or null while it runs. */
  end(): string | null;
  logTail(): string;
  /** Sends SIGTERM, after `graceMs` SIGKILL, with 0 at once; resolves when it has ended. */
  stop(graceMs: number): Promise<void>;
}

export interface Enclosure {
  /** Of the process that holds the namespaces, as this process sees it. */
  readonly pid: number;
  /** Starts a program inside. What it prints goes to NAME.log in the node's folder. */
  start(name: string, command: string, args: readonly string[]): Promise<EnclosedProcess>;
  /** Runs a program inside to its end, and returns what it printed to stdout. */
  run(command: string, args: readonly string[]): Promise<string>;
  /** Ends everything inside. */
  end(): Promise<void>;
}

const START_TIMEOUT_MS = 20_000;
const RUN_TIMEOUT_MS = 120_000;
const OUTPUT_MAX = 64 * 1024 * 1024;
const runFile = promisify(execFile);

/** @param init a program that waits, and collects orphans: it is process 1 inside */
export async function openEnclosure(place: Place, init: string): Promise<Enclosure> {
  const holder = await startTethered({
    command: 'unshare',
    args: [
      ...['--mount', '--propagation', 'private', '--net', '--pid', '--mount-proc'],
      ...['--fork', '--kill-child=KILL', init],
    ],
    logPath: join(place.folder, 'holder.log'),
  });
  try {
    const initPid = await waitFor(() => childOf(holder), {
      timeoutMs: START_TIMEOUT_MS,
      describe: `unshare to start process 1 of the node (${holder.logTail()})`,
    });
    noteProcess(place.notePath, initPid);
    return new RunningEnclosure(place, holder, initPid);
  } catch (error) {
    await holder.stop(0);
    throw error;
  }
}

class RunningEnclosure implements Enclosure {
  readonly #place: Place;
  readonly #holder: TetheredProcess;
  readonly #nsenter: readonly string[];
  readonly pid: number;

  constructor(place: Place, holder: TetheredProcess, initPid: number) {
    this.#place = place;
    this.#holder = holder;
    this.pid = initPid;
    this.#nsenter = [`--target=${initPid}`, '--mount', '--net', '--pid', '--'];
  }

  async start(name: string, command: string, args: readonly string[]): Promise<EnclosedProcess> {
    const entry = await startTethered({
      command: 'nsenter',
      args: [...this.#nsenter, command, ...args],
      logPath: join(this.#place.folder, `${name}.log`),
    });
    const pid = await waitFor(() => entry.end() !== null || childOf(entry), {
      timeoutMs: START_TIMEOUT_MS,
      describe: `nsenter to start ${name}`,
    });
    if (pid === true) throw new Error(`${name} ended with ${entry.end()}:\n${entry.logTail()}`);
    return {
      pid,
      end: entry.end,
      logTail: entry.logTail,
      stop: (graceMs) => stop(entry, pid, graceMs),
    };
  }

  async run(command: string, args: readonly string[]): Promise<string> {
    const { stdout } = await runFile('nsenter', [...this.#nsenter, command, ...args], {
      timeout: RUN_TIMEOUT_MS,
      maxBuffer: OUTPUT_MAX,
    });
    return stdout;
  }

  async end(): Promise<void> {
    await this.#holder.stop(0);
  }
}

/**
 * The program that `unshare` or `nsenter` has forked; they hand no signal on to it. They also
 * have the tether's watcher as a child, which is outside.
 */
function childOf({ pid }: TetheredProcess): number | null {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
  const inside = children.find((child) => child !== '' && isInside(child));
  return inside === undefined ? null : Number(inside);
}

function isInside(pid: string): boolean {
  return readlinkSync(`/proc/${pid}/ns/pid`) !== readlinkSync('/proc/self/ns/pid');
}

async function stop(entry: TetheredProcess, pid: number, graceMs: number): Promise<void> {
  const signal = (name: NodeJS.Signals) => {
    if (entry.end() === null) process.kill(pid, name);
  };
  signal(graceMs > 0 ? 'SIGTERM' : 'SIGKILL');
  const timer = setTimeout(() => signal('SIGKILL'), graceMs);
  await entry.ended;
  clearTimeout(timer);
}
