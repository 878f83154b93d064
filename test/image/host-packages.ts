/** Debian packages that a test needs on the machine itself. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);
/** dpkg waits so long for somebody else who installs. */
const LOCK_TIMEOUT_SECONDS = 300;
const INSTALL_TIMEOUT_MS = 900_000;

export async function isOnPath(program: string): Promise<boolean> {
  try {
    await run('sh', ['-c', 'command -v "$0"', program]);
    return true;
  } catch {
    return false;
  }
}

/** @throws Error where this is no root, or no Debian */
export async function aptInstall(
  packages: readonly string[],
  onProgress: (line: string) => void,
): Promise<void> {
  const names = packages.join(' ');
  if (process.getuid?.() !== 0 || !(await isOnPath('apt-get'))) {
    throw new Error(`${names} must be installed: only root on Debian has it done automatically`);
  }
  onProgress(`installing ${names} with apt-get`);
  const apt = (...args: string[]) =>
    run('apt-get', ['-qq', '-o', `DPkg::Lock::Timeout=${LOCK_TIMEOUT_SECONDS}`, ...args], {
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      timeout: INSTALL_TIMEOUT_MS,
    });
  await apt('update');
  await apt('install', '--yes', '--no-install-recommends', ...packages);
}
