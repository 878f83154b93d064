/**
 * The programs as the Kubernetes project builds them for tests, which is minutes faster than building
 * them. setup-envtest downloads them, and checks each archive against the checksum of its index.
 */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { startTethered, type TetheredProcess } from '../../support/process/tethered-process.ts';
import { goArchitecture, machine } from '../../tools/building/machine.ts';
import {
  cacheFolder,
  inAside,
  isWhole,
  moveIn,
  type Probed,
  probe,
  whileFilling,
} from '../../tools/building/program-cache.ts';
import { ensureTool } from '../../tools/go-tool.ts';
import type { Versions } from './versions.ts';

type Environment = Readonly<Record<string, string | undefined>>;

export interface DownloadOptions {
  /** ENVTEST_INDEX names another index than setup-envtest's own. setup-envtest reads the rest. */
  readonly env: Environment;
  /** By default setup-envtest, built from its Go module. */
  readonly tool?: (onProgress: (line: string) => void) => Promise<string>;
  /** Whoever sends nothing for this long is given up. */
  readonly stallLimitMs?: number;
}

const STALL_LIMIT_MS = 15_000;
/** A download that takes longer costs more than a build. */
const DOWNLOAD_LIMIT_MS = 5 * 60_000;
const LOOK_EVERY_MS = 250;
const PROGRESS_EVERY_MS = 10_000;
const MEGABYTE = 1_000_000;

/** `v1.36`: the index has some patch releases of a minor release, and any of them will do. */
function minorRelease(versions: Versions): string {
  return versions.kubernetes.split('.').slice(0, 2).join('.');
}

function probed(versions: Versions): readonly Probed[] {
  const version = `${minorRelease(versions)}.`;
  return [
    // etcd is of the version that its builders chose for that Kubernetes.
    { name: 'etcd', version: '', versionArgs: ['--version'] },
    { name: 'kubectl', version, versionArgs: ['version', '--client'] },
    { name: 'kube-apiserver', version, versionArgs: ['--version'] },
  ];
}

/** The folder of downloaded programs, whether there are any or not. */
function folderOf(versions: Versions, env: Environment): string {
  return join(cacheFolder(env), `envtest-kubernetes-${minorRelease(versions)}-${machine()}`);
}

/** The folder of the programs that were downloaded before, or null if one of them does not run. */
export async function downloadedBefore(
  versions: Versions,
  env: Environment,
): Promise<string | null> {
  const folder = folderOf(versions, env);
  return (await isWhole(folder, probed(versions))) ? folder : null;
}

/**
 * Downloads the programs into the project's cache. What was downloaded is run once before it counts.
 * @returns the folder that they are in, or null if they can't be had; `onProgress` has been told why
 */
export async function download(
  versions: Versions,
  onProgress: (line: string) => void,
  options: DownloadOptions,
): Promise<string | null> {
  const folder = folderOf(versions, options.env);
  const build = options.tool ?? ((say) => ensureTool('setup-envtest', say, options.env));
  try {
    return await whileFilling(folder, onProgress, async () => {
      // Whoever had the lock before may have downloaded them.
      if (await isWhole(folder, probed(versions))) return folder;
      const tool = await build(onProgress);
      await inAside(folder, async (aside) => {
        const found = await runSetup({ tool, aside, versions, onProgress, options });
        await moveAll(found, folder, versions);
      });
      return folder;
    });
  } catch (error) {
    onProgress(`nothing was downloaded: ${(error as Error).message}`);
    return null;
  }
}

interface Setup {
  readonly tool: string;
  /** An empty folder, for the archive and for what is in it. */
  readonly aside: string;
  readonly versions: Versions;
  readonly onProgress: (line: string) => void;
  readonly options: DownloadOptions;
}

/** @returns the folder that the programs were unpacked into */
async function runSetup(setup: Setup): Promise<string> {
  const { tool, aside, versions, options } = setup;
  const index = options.env['ENVTEST_INDEX'] ?? '';
  const started = await startTethered({
    command: tool,
    args: [
      'use',
      `${minorRelease(versions).slice(1)}.x`,
      `--bin-dir=${aside}`,
      `--os=${process.platform}`,
      `--arch=${goArchitecture()}`,
      '--use-env=false',
      '--print=path',
      ...(index === '' ? [] : [`--index=${index}`]),
    ],
    // The archive goes there as well: it is removed with the folder, and its growth is seen.
    env: { ...options.env, PATH: process.env['PATH'], TMPDIR: aside },
    logPath: join(aside, 'setup-envtest.log'),
  });
  const fault = await watchDownload(started, setup);
  if (fault !== null) throw new Error(fault);
  const [unpacked] = readdirSync(join(aside, 'k8s'));
  if (unpacked === undefined) throw new Error('setup-envtest has unpacked nothing');
  return join(aside, 'k8s', unpacked);
}

/** Ends a download from which nothing comes any more. @returns what went wrong, or null */
async function watchDownload(started: TetheredProcess, setup: Setup): Promise<string | null> {
  const stallLimitMs = setup.options.stallLimitMs ?? STALL_LIMIT_MS;
  const startMs = performance.now();
  let bytes = 0;
  let grownMs = startMs;
  let toldMs = startMs;
  let fault: string | null = null;
  const timer = setInterval(() => {
    const nowMs = performance.now();
    const size = bytesIn(setup.aside);
    if (size > bytes) grownMs = nowMs;
    bytes = Math.max(size, bytes);
    if (nowMs - toldMs >= PROGRESS_EVERY_MS) {
      toldMs = nowMs;
      setup.onProgress(`downloading: ${Math.round(bytes / MEGABYTE)} MB`);
    }
    if (nowMs - grownMs >= stallLimitMs) fault = `nothing came for ${stallLimitMs / 1000} s`;
    else if (nowMs - startMs >= DOWNLOAD_LIMIT_MS) fault = 'it is slower than a build';
    if (fault !== null) void started.stop(0);
  }, LOOK_EVERY_MS);
  const end = await started.ended.finally(() => clearInterval(timer));
  if (fault !== null || end === 'exit code 0') return fault;
  return started.logTail().split('\n').at(-1) || `setup-envtest ended with ${end}`;
}

/** Files may come and go while they are counted. */
function bytesIn(folder: string): number {
  let bytes = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) bytes += bytesIn(path);
    else bytes += statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  }
  return bytes;
}

async function moveAll(from: string, folder: string, versions: Versions): Promise<void> {
  for (const { name, versionArgs, version } of probed(versions)) {
    const fault = await probe(join(from, name), versionArgs, version);
    if (fault !== null) throw new Error(`${name} was downloaded, but it ${fault}`);
  }
  for (const { name } of probed(versions)) moveIn(join(from, name), folder, name);
}
