/** What the commit before this one would have been installed as: its chart, and its program's image. */
import { execFile } from 'node:child_process';
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from '../install/project-root.ts';
import { writeProgramArchive } from './program-image.ts';

export interface PreviousBuild {
  readonly commit: string;
  /** Folder of the operator's chart. */
  readonly chart: string;
  readonly image: string;
  readonly archivePath: string;
}

const COMMIT = 'HEAD~1';
const IMAGE = 'signing-key-operator.test/program:previous';
const BUILD_TIMEOUT_MS = 300_000;
const run = promisify(execFile);

/**
 * Builds it by its own means, with the packages that are installed now. The folder has to stay for
 * as long as the chart is used. Null if there is no such commit: in an archive of the sources,
 * or in a clone of depth 1.
 */
export async function buildPrevious(folder: string): Promise<PreviousBuild | null> {
  const commit = await git('rev-parse', '--verify', '--quiet', COMMIT).catch(() => null);
  if (commit === null) return null;
  const sources = join(folder, 'sources');
  mkdirSync(sources, { recursive: true });
  const tar = join(folder, 'sources.tar');
  await git('archive', '--format=tar', `--output=${tar}`, commit);
  await run('tar', ['-x', '-f', tar, '-C', sources]);
  symlinkSync(join(ROOT, 'node_modules'), join(sources, 'node_modules'));
  const dist = join(folder, 'dist');
  const program = `await (await import('./scripts/bundle.ts')).bundle(${JSON.stringify(dist)})`;
  await run(process.execPath, ['--input-type=module', '--eval', program], {
    cwd: sources,
    timeout: BUILD_TIMEOUT_MS,
  });
  const archivePath = join(folder, 'previous.tar');
  writeProgramArchive(dist, archivePath, IMAGE);
  const chart = join(sources, 'charts/signing-key-operator');
  return { commit, chart, image: IMAGE, archivePath };
}

async function git(...args: readonly string[]): Promise<string> {
  return (await run('git', args, { cwd: ROOT })).stdout.trim();
}
