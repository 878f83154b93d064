import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { givenProgramArchive } from './chosen-images.ts';
import { dockerfileArchive } from './dockerfile-image.ts';
import { IMAGE_NAMES } from './image-archive.ts';

const WRITER = fileURLToPath(new URL('main.ts', import.meta.url));
const WRITE_TIMEOUT_MS = 300_000;
const run = promisify(execFile);

/**
 * Makes the images of the program and of the tests' own pods, and hands them to a cluster. Those that
 * Docker does not build are written by a process of its own: the bundler's plugins need what a test
 * runner's modules lack.
 *
 * @param load takes the path of an archive, which is there until it resolves
 */
export async function loadImages(
  load: (archivePath: string) => Promise<void>,
  onProgress: (line: string) => void,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'signing-key-operator-images-'));
  try {
    const { env } = process;
    const given = givenProgramArchive(env) ?? (await dockerfileArchive(folder, onProgress, env));
    const names = given === null ? IMAGE_NAMES : IMAGE_NAMES.filter((name) => name !== 'program');
    onProgress(`writing the images ${names.join(', ')}`);
    const { stdout } = await run(process.execPath, [WRITER, folder, ...names], {
      timeout: WRITE_TIMEOUT_MS,
    });
    const archives = [...stdout.trim().split('\n'), ...(given === null ? [] : [given])];
    for (const path of archives) await load(path);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
