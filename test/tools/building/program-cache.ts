import { execFile } from 'node:child_process';
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
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

export interface EnsureOptions {
  /** By default `process.env`; KUBEBUILDER_ASSETS and XDG_CACHE_HOME are read from it. */
  readonly env?: Environment;
  /** By default it builds with Go. */
  readonly builder?: Builder;
}

const PROBE_TIMEOUT_MS = 60_000;
const BUILD_FOLDER_PREFIX = '.build-';
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
  if ((await missing(folder, shelf.programs)).length > 0) {
    await fill(folder, shelf.programs, options.builder ?? goBuilder(), onProgress);
  }
  return folder;
}

async function fill(
  folder: string,
  programs: readonly Program[],
  builder: Builder,
  onProgress: (line: string) => void,
): Promise<void> {
  const onWait = (waitedMs: number) => {
    // The lock is tried twice a second; a line every ten seconds is enough.
    if (Math.round(waitedMs / 500) % 20 === 0) onProgress('another process is building; waiting');
  };
  await withFileLock(
    `${folder}.lock`,
    async () => {
      mkdirSync(folder, { recursive: true });
      // Whoever held the lock before may have been killed at its work.
      for (const name of readdirSync(folder)) {
        if (name.startsWith(BUILD_FOLDER_PREFIX)) removeTree(join(folder, name));
      }
      for (const program of await missing(folder, programs)) {
        await buildOne(folder, program, builder, onProgress);
      }
    },
    { onWait },
  );
}

/** Built aside, run once, then renamed: a name in the cache is a program that works. */
async function buildOne(
  folder: string,
  program: Program,
  builder: Builder,
  onProgress: (line: string) => void,
): Promise<void> {
  const aside = join(folder, `${BUILD_FOLDER_PREFIX}${process.pid}`);
  mkdirSync(aside, { recursive: true });
  try {
    const output = join(aside, program.name);
    await builder(program, output, onProgress);
    const fault = await probe(output, program.versionArgs, program.version);
    if (fault !== null) throw new Error(`${program.name} was built, but it ${fault}`);
    // What is in the way may even be a folder.
    removeTree(join(folder, program.name));
    renameSync(output, join(folder, program.name));
  } finally {
    removeTree(aside);
  }
}

async function missing(folder: string, programs: readonly Program[]): Promise<readonly Program[]> {
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
  rmSync(path, { recursive: true, force: true });
}
