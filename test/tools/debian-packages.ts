/** Debian packages that tests need on the machine itself. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { waitFor } from '../support/wait/wait-for.ts';

const run = promisify(execFile);
/** How long to wait for someone else who is installing. */
const LOCK_TIMEOUT_MS = 300_000;
const LOCK_INTERVAL_MS = 1000;
const INSTALL_TIMEOUT_MS = 900_000;
/** apt waits by itself for dpkg's lock, and for that of the archives; never for that of its lists. */
const LOCKED = /Could not get lock/;

export interface AptOptions {
  /** Pause between two tries while someone else installs; by default 1 s. */
  readonly lockIntervalMs?: number;
}

export async function isOnPath(program: string): Promise<boolean> {
  try {
    await run('sh', ['-c', 'command -v "$0"', program]);
    return true;
  } catch {
    return false;
  }
}

/**
 * Installs packages; waits while anybody else does, another call of this process included.
 *
 * @throws Error if the user is not root, or the system is not Debian
 */
export async function aptInstall(
  packages: readonly string[],
  onProgress: (line: string) => void,
  options: AptOptions = {},
): Promise<void> {
  const names = packages.join(' ');
  if (process.getuid?.() !== 0 || !(await isOnPath('apt-get'))) {
    throw new Error(`${names} must be installed: only root on Debian has it done automatically`);
  }
  onProgress(`installing ${names} with apt-get`);
  await aptGet(options, 'update');
  await aptGet(options, 'install', '--yes', '--no-install-recommends', ...packages);
}

async function aptGet(options: AptOptions, ...args: readonly string[]): Promise<void> {
  const flags = ['-qq', '-o', `DPkg::Lock::Timeout=${LOCK_TIMEOUT_MS / 1000}`];
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const once = () => run('apt-get', [...flags, ...args], { env, timeout: INSTALL_TIMEOUT_MS });
  let failure: unknown = null;
  const isSettled = async () => {
    try {
      await once();
      failure = null;
    } catch (error) {
      failure = error;
      if (LOCKED.test((error as Error).message)) throw error;
    }
    return true;
  };
  await waitFor(isSettled, {
    timeoutMs: LOCK_TIMEOUT_MS + INSTALL_TIMEOUT_MS,
    intervalMs: options.lockIntervalMs ?? LOCK_INTERVAL_MS,
    describe: `apt-get ${args.join(' ')}, while someone else installs`,
  });
  if (failure !== null) throw failure;
}
