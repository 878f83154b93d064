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
import { withFileLock } from './file-lock.ts';
import { type Builder, goBuilder } from './go-build.ts';
import { readVersions, type Versions } from './versions.ts';

/** Paths of programs that run. */
export interface Binaries {
  readonly etcd: string;
  readonly kubeApiserver: string;
  readonly kubectl: string;
}

export type BinaryName = 'etcd' | 'kubectl' | 'kube-apiserver';

/** In the order in which they are built: the quick ones first. */
const NAMES: readonly BinaryName[] = ['etcd', 'kubectl', 'kube-apiserver'];

export interface EnsureOptions {
  /** `process.env` unless told; KUBEBUILDER_ASSETS and XDG_CACHE_HOME are read from it. */
  readonly env?: Environment;
  /** Builds with Go unless told. */
  readonly builder?: Builder;
}

type Environment = Readonly<Record<string, string | undefined>>;

const PROBE_TIMEOUT_MS = 60_000;
const BUILD_FOLDER_PREFIX = '.build-';
const run = promisify(execFile);

/**
 * Finds the programs of the control plane: in the folder that KUBEBUILDER_ASSETS names (as for
 * envtest), else in the project's cache, else it builds them into that cache, which takes about
 * eight minutes once. Each one has been run by then. `onProgress` gets lines for people.
 */
export async function ensureBinaries(
  onProgress: (line: string) => void,
  options: EnsureOptions = {},
): Promise<Binaries> {
  const env = options.env ?? process.env;
  const assets = env['KUBEBUILDER_ASSETS'];
  if (assets !== undefined && assets !== '') return fromAssets(assets);
  const versions = readVersions();
  const folder = join(cacheFolder(env), versions.cacheKey);
  if ((await missing(folder, versions)).length > 0) {
    await fill(folder, versions, options.builder ?? goBuilder(versions), onProgress);
  }
  return binariesIn(folder);
}

/** The project's cache for control planes. */
export function cacheFolder(env: Environment): string {
  return projectCache('control-plane', env);
}

/** A part of the project's cache, in `~/.cache/…` unless XDG_CACHE_HOME says otherwise. */
export function projectCache(part: string, env: Environment = process.env): string {
  const root = env['XDG_CACHE_HOME'];
  const base = root === undefined || root === '' ? join(homedir(), '.cache') : root;
  return join(base, 'signing-key-operator', part);
}

function binariesIn(folder: string): Binaries {
  return {
    etcd: join(folder, 'etcd'),
    kubeApiserver: join(folder, 'kube-apiserver'),
    kubectl: join(folder, 'kubectl'),
  };
}

/** Any version will do here: whoever sets the variable has chosen it. */
async function fromAssets(folder: string): Promise<Binaries> {
  for (const name of NAMES) {
    const fault = await probe(join(folder, name), name, '');
    if (fault === null) continue;
    throw new Error(
      `KUBEBUILDER_ASSETS is ${folder}, but ${name} there ${fault}. It must hold ` +
        `${NAMES.toSorted().join(', ')}; unset it to use the project's own.`,
    );
  }
  return binariesIn(folder);
}

/** Builds what the cache lacks or cannot run, one process at a time. */
async function fill(
  folder: string,
  versions: Versions,
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
      for (const name of await missing(folder, versions)) {
        await buildOne(folder, name, versions, builder, onProgress);
      }
    },
    { onWait },
  );
}

/** Built aside, run once, then renamed: a name in the cache is a program that works. */
async function buildOne(
  folder: string,
  name: BinaryName,
  versions: Versions,
  builder: Builder,
  onProgress: (line: string) => void,
): Promise<void> {
  const aside = join(folder, `${BUILD_FOLDER_PREFIX}${process.pid}`);
  mkdirSync(aside, { recursive: true });
  try {
    const output = join(aside, name);
    await builder(name, output, onProgress);
    const fault = await probe(output, name, wantedVersion(name, versions));
    if (fault !== null) throw new Error(`${name} was built, but it ${fault}`);
    // What is in the way may even be a folder.
    removeTree(join(folder, name));
    renameSync(output, join(folder, name));
  } finally {
    removeTree(aside);
  }
}

async function missing(folder: string, versions: Versions): Promise<BinaryName[]> {
  const faults = await Promise.all(
    NAMES.map((name) => probe(join(folder, name), name, wantedVersion(name, versions))),
  );
  return NAMES.filter((_, index) => faults[index] !== null);
}

function wantedVersion(name: BinaryName, versions: Versions): string {
  return name === 'etcd' ? versions.etcd.slice(1) : versions.kubernetes;
}

/** Runs the program for its version; null where it is as wanted, else what is wrong with it. */
async function probe(path: string, name: BinaryName, version: string): Promise<string | null> {
  if (!existsSync(path)) return 'is missing';
  try {
    accessSync(path, constants.X_OK);
  } catch {
    return 'is not executable';
  }
  const args = name === 'kubectl' ? ['version', '--client'] : ['--version'];
  try {
    const { stdout } = await run(path, args, { timeout: PROBE_TIMEOUT_MS });
    return stdout.includes(version) ? null : `says "${stdout.trim()}" and not ${version}`;
  } catch (error) {
    const { message } = error as Error;
    return `does not run (${message.trim()})`;
  }
}

function removeTree(path: string): void {
  rmSync(path, { recursive: true, force: true });
}
