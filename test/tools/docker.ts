/** A Docker daemon for the tests: the machine's, or Debian's, started here and ended with them. */
import { execFile, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { withFileLock } from '../support/process/file-lock.ts';
import { startTethered, type TetheredProcess } from '../support/process/tethered-process.ts';
import { waitFor } from '../support/wait/wait-for.ts';
import { projectCache } from './building/program-cache.ts';
import { aptInstall, isOnPath } from './debian-packages.ts';

/** Where the daemon listens; null: where the client looks by itself. */
export interface Docker {
  readonly host: string | null;
}

export interface RunningDocker extends Docker, AsyncDisposable {}

const READY_TIMEOUT_MS = 60_000;
const STOP_GRACE_MS = 20_000;
const LOCK_INTERVAL_MS = 5000;

/** @throws Error if there is no daemon and none can be started */
export async function ensureDocker(onProgress: (line: string) => void): Promise<RunningDocker> {
  const given: Docker = { host: null };
  if ((await isOnPath('docker')) && (await answers(given))) {
    return { ...given, async [Symbol.asyncDispose]() {} };
  }
  if (process.getuid?.() !== 0) {
    throw new Error('no Docker daemon answers, and only root can start one: start it first');
  }
  if (!(await isOnPath('dockerd'))) await aptInstall(['docker.io', 'iptables'], onProgress);
  return await startDaemon(onProgress);
}

async function answers(where: Docker): Promise<boolean> {
  try {
    await docker(where, ['version']);
    return true;
  } catch {
    return false;
  }
}

/**
 * Its layers are kept in the project's cache, so that a second build is quick. Two daemons would
 * spoil them, so the second waits until the first has ended.
 */
async function startDaemon(onProgress: (line: string) => void): Promise<RunningDocker> {
  const data = projectCache('docker');
  mkdirSync(data, { recursive: true });
  const locked = Promise.withResolvers<void>();
  const unlock = Promise.withResolvers<void>();
  const onWait = () => onProgress('another dockerd of this project runs; waiting for its end');
  const hold = async () => {
    locked.resolve();
    await unlock.promise;
  };
  const holding = withFileLock(`${data}.lock`, hold, { onWait, intervalMs: LOCK_INTERVAL_MS });
  await Promise.race([locked.promise, holding]);
  const release = async () => {
    unlock.resolve();
    await holding;
  };
  try {
    const { host, stop } = await launch(data, onProgress);
    return { host, [Symbol.asyncDispose]: () => stop().finally(release) };
  } catch (error) {
    await release();
    throw error;
  }
}

async function launch(
  data: string,
  onProgress: (line: string) => void,
): Promise<Docker & { stop(): Promise<void> }> {
  onProgress('starting dockerd');
  const folder = mkdtempSync(join(tmpdir(), 'signing-key-operator-docker-'));
  const where: Docker = { host: `unix://${join(folder, 'docker.sock')}` };
  const daemon = await startTethered({
    command: 'dockerd',
    args: [
      `--host=${where.host}`,
      `--data-root=${data}`,
      `--exec-root=${join(folder, 'exec')}`,
      `--pidfile=${join(folder, 'docker.pid')}`,
    ],
    logPath: join(folder, 'dockerd.log'),
  });
  const stop = async () => {
    await daemon.stop(STOP_GRACE_MS);
    await unmountWithin(folder);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await untilReady(daemon, where);
  } catch (error) {
    const log = daemon.logTail();
    await stop();
    throw new Error(`dockerd does not answer; its log ends with\n${log}`, { cause: error });
  }
  return { ...where, stop };
}

/** A daemon leaves the network namespaces of its containers mounted. */
async function unmountWithin(folder: string): Promise<void> {
  const mounts = readFileSync('/proc/self/mounts', 'utf8').split('\n');
  const points = mounts.map((line) => line.split(' ')[1] ?? '');
  for (const point of points.filter((path) => path.startsWith(`${folder}/`)).reverse()) {
    await promisify(execFile)('umount', ['--lazy', point]);
  }
}

async function untilReady(daemon: TetheredProcess, where: Docker): Promise<void> {
  await waitFor(async () => daemon.end() !== null || (await answers(where)), {
    timeoutMs: READY_TIMEOUT_MS,
    describe: 'dockerd to answer',
  });
  if (daemon.end() !== null) throw new Error(`dockerd ended with ${daemon.end()}`);
}

/** What `docker` prints to stdout. @throws Error with the end of what it printed to stderr */
export function docker(
  where: Docker,
  args: readonly string[],
  onOutput: (text: string, stream: 'stdout' | 'stderr') => void = () => {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    const env = where.host === null ? process.env : { ...process.env, DOCKER_HOST: where.host };
    const child = spawn('docker', args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk.toString();
      onOutput(chunk.toString(), 'stdout');
    });
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
      onOutput(chunk.toString(), 'stderr');
    });
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve(stdout);
      else reject(new Error(`docker ${args[0]} ended with ${code}:\n${stderr.slice(-2000)}`));
    });
  });
}
