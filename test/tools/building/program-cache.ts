import { execFile } from 'node:child_process';
import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { withFileLock } from '../../support/process/file-lock.ts';
import { type Builder, goBuilder } from './go-build.ts';
import type { Program } from './program.ts';

type Environment = Readonly<Record<string, string | undefined>>;

export interface Shelf {
  /** Its name in the cache: it has the versions and the machine in it. */
  readonly cacheKey: string;
  /** In the order in which they are built. */
  readonly programs: readonly Program[];
}

/** What is asked of a program in the cache: that it runs, and says its version. */
export type Probed = Pick<Program, 'name' | 'version' | 'versionArgs'>;

export interface EnsureOptions {
  /** By default `process.env`; KUBEBUILDER_ASSETS and XDG_CACHE_HOME are read from it. */
  readonly env?: Environment;
  /** By default it builds with Go. */
  readonly builder?: Builder;
}

const PROBE_TIMEOUT_MS = 60_000;
const ASIDE_PREFIX = '.build-';
const run = promisify(execFile);

/** The project's cache for programs. */
export function cacheFolder(env: Environment): string {
  return projectCache('control-plane', env);
}

/** A part of the project's cache, in `~/.cache/…` unless XDG_CACHE_HOME says otherwise. */
export function projectCache(part: string, env: Environment = process.env): string {
  const root = env['XDG_CACHE_HOME'];
  const base = root === undefined || root === '' ? join(homedir(), '.cache') : root;
  return join(base, 'signing-key-operator', part);
}

/**
 * Builds what the cache lacks or cannot run, one process at a time. Each program has been run by
 * then. `onProgress` gets lines for people.
 * @returns the folder that the programs are in
 */
export async function ensureShelf(
  shelf: Shelf,
  onProgress: (line: string) => void,
  options: EnsureOptions = {},
): Promise<string> {
  const env = options.env ?? process.env;
  const folder = join(cacheFolder(env), shelf.cacheKey);
  if (!(await isWhole(folder, shelf.programs))) {
    await fill(folder, shelf.programs, options.builder ?? goBuilder(), onProgress);
  }
  return folder;
}

/** Whether each of the programs is in the folder, runs, and is of the wanted version. */
export async function isWhole(folder: string, programs: readonly Probed[]): Promise<boolean> {
  return (await missing(folder, programs)).length === 0;
}

/**
 * Runs `work` while no other process fills this folder of the cache. What a process that was killed at
 * this work has left in the folder is removed before.
 */
export async function whileFilling<T>(
  folder: string,
  onProgress: (line: string) => void,
  work: () => Promise<T>,
): Promise<T> {
  const onWait = (waitedMs: number) => {
    // The lock is tried twice a second; a line every ten seconds is enough.
    if (Math.round(waitedMs / 500) % 20 === 0) onProgress('another process is at it; waiting');
  };
  const cleanly = async () => {
    mkdirSync(folder, { recursive: true });
    for (const name of readdirSync(folder)) {
      if (name.startsWith(ASIDE_PREFIX)) removeTree(join(folder, name));
    }
    return await work();
  };
  return await withFileLock(`${folder}.lock`, cleanly, { onWait });
}

/** A new folder beside what is finished, for `work` alone. */
export async function inAside<T>(folder: string, work: (aside: string) => Promise<T>): Promise<T> {
  const aside = join(folder, `${ASIDE_PREFIX}${process.pid}`);
  mkdirSync(aside, { recursive: true });
  try {
    return await work(aside);
  } finally {
    removeTree(aside);
  }
}

/** Moves a program that works to its name in the cache. What is in the way may even be a folder. */
export function moveIn(program: string, folder: string, name: string): void {
  chmodSync(dirname(program), 0o755);
  removeTree(join(folder, name));
  renameSync(program, join(folder, name));
}

async function fill(
  folder: string,
  programs: readonly Program[],
  builder: Builder,
  onProgress: (line: string) => void,
): Promise<void> {
  await whileFilling(folder, onProgress, async () => {
    for (const program of await missing(folder, programs)) {
      await buildOne(folder, program, builder, onProgress);
    }
  });
}

/** Built aside, run once, then renamed: a name in the cache is a program that works. */
async function buildOne(
  folder: string,
  program: Program,
  builder: Builder,
  onProgress: (line: string) => void,
): Promise<void> {
  await inAside(folder, async (aside) => {
    const output = join(aside, program.name);
    await builder(program, output, onProgress);
    const fault = await probe(output, program.versionArgs, program.version);
    if (fault !== null) throw new Error(`${program.name} was built, but it ${fault}`);
    moveIn(output, folder, program.name);
  });
}

async function missing<P extends Probed>(
  folder: string,
  programs: readonly P[],
): Promise<readonly P[]> {
  const faults = await Promise.all(
    programs.map(({ name, versionArgs, version }) =>
      probe(join(folder, name), versionArgs, version),
    ),
  );
  return programs.filter((_, index) => faults[index] !== null);
}

/** Runs a program for its version; null if it is the wanted one, else what is wrong with it. */
export async function probe(
  path: string,
  versionArgs: readonly string[],
  version: string,
): Promise<string | null> {
  if (!existsSync(path)) return 'is missing';
  try {
    accessSync(path, constants.X_OK);
  } catch {
    return 'is not executable';
  }
  try {
    const { stdout } = await run(path, versionArgs, { timeout: PROBE_TIMEOUT_MS });
    return stdout.includes(version) ? null : `says "${stdout.trim()}" and not ${version}`;
  } catch (error) {
    const { message } = error as Error;
    return `does not run (${message.trim()})`;
  }
}

function removeTree(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) makeWritable(path);
  rmSync(path, { recursive: true, force: true });
}

/** setup-envtest leaves a folder that nobody may write to, so only root could empty it. */
function makeWritable(folder: string): void {
  chmodSync(folder, 0o755);
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) makeWritable(join(folder, entry.name));
  }
}
