/** A Python with the packages of the documents' examples, in the project's cache. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { projectCache, whileFilling } from './building/program-cache.ts';

type Environment = Readonly<Record<string, string | undefined>>;

const run = promisify(execFile);
/** Exact versions and checksums. */
const REQUIREMENTS = fileURLToPath(new URL('python/requirements.txt', import.meta.url));
/** Written last: without it, what is in the folder is not whole. */
const COMPLETE = 'complete';
const INSTALL_TIMEOUT_MS = 300_000;
const VARIABLE = 'PYJWT_PYTHON';
const WITHOUT_PACKAGES = `the Python packages of the examples can't be installed; set ${VARIABLE} to a Python that has PyJWT and cryptography`;

/**
 * Installs the packages once, in a virtual environment. A path in the environment wins:
 * `PYJWT_PYTHON=/usr/bin/python3`, if that one has them.
 *
 * @param onProgress gets lines for people
 * @returns the path of its interpreter; null if this machine has no Python that can make one
 * @throws Error if the packages cannot be installed, or if `PYJWT_PYTHON` does not have them
 */
export async function ensurePython(
  onProgress: (line: string) => void,
  env: Environment = process.env,
): Promise<string | null> {
  const given = env[VARIABLE] ?? '';
  if (given !== '') {
    await orSay(`${VARIABLE} is ${given}, which does not have PyJWT and cryptography`, () =>
      run(given, ['-c', 'import jwt, cryptography']),
    );
    return given;
  }
  const version = await versionOfPython();
  if (version === null) return null;
  const hash = createHash('sha256').update(readFileSync(REQUIREMENTS)).digest('hex');
  const folder = join(projectCache('python', env), `${version}-${hash.slice(0, 16)}`);
  const venv = join(folder, 'venv');
  await whileFilling(folder, onProgress, async () => {
    if (existsSync(join(folder, COMPLETE))) return;
    onProgress('installing the Python packages of the examples (some seconds)');
    rmSync(venv, { recursive: true, force: true });
    await orSay(WITHOUT_PACKAGES, () => install(venv));
    writeFileSync(join(folder, COMPLETE), '');
  });
  return pythonIn(venv);
}

async function install(venv: string): Promise<void> {
  const timeout = INSTALL_TIMEOUT_MS;
  await run('python3', ['-m', 'venv', venv], { timeout });
  const flags = ['--quiet', '--require-hashes', '--only-binary=:all:', '-r', REQUIREMENTS];
  await run(pythonIn(venv), ['-m', 'pip', 'install', ...flags], { timeout });
}

async function orSay(problem: string, work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (cause) {
    throw new Error(`${problem}: ${(cause as Error).message.trim()}`, { cause });
  }
}

function pythonIn(venv: string): string {
  return join(venv, 'bin', 'python');
}

/** Debian's Python has no `ensurepip` unless python3-venv is installed. */
async function versionOfPython(): Promise<string | null> {
  const script = 'import ensurepip, platform, venv; print(platform.python_version())';
  try {
    return (await run('python3', ['-c', script])).stdout.trim();
  } catch {
    return null;
  }
}
