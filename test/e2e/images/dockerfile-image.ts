/** The image that users run, as the Dockerfile builds it, if there is Docker to build it with. */
import { join } from 'node:path';
import { buildImage } from '../../../scripts/build-image.ts';
import { type Docker, docker } from '../../tools/docker.ts';
import { ensureLocalBases } from '../../tools/local-bases.ts';
import { REFERENCES } from './image-archive.ts';

/** The machine's own daemon: none is started for this. */
const MACHINES: Docker = { host: null };

/**
 * With the bases that `make image` takes, by the same variables of the environment.
 * @returns the archive's path; null if no daemon answers, or none is to be used
 */
export async function dockerfileArchive(
  folder: string,
  onProgress: (line: string) => void,
  env: Readonly<Record<string, string | undefined>>,
): Promise<string | null> {
  if (env['E2E_DOCKER'] === '0' || !(await answers())) return null;
  onProgress('building the image of the program with Docker (E2E_DOCKER=0 makes it without)');
  const { NODE_IMAGE, RUNTIME_IMAGE } = env;
  const given = {
    ...(NODE_IMAGE ? { NODE_IMAGE } : {}),
    ...(RUNTIME_IMAGE ? { RUNTIME_IMAGE } : {}),
  };
  const bases = env['BASES'] === 'local' ? await ensureLocalBases(onProgress, MACHINES) : given;
  const image = REFERENCES.program;
  await buildImage({ where: MACHINES, image, bases, onOutput: () => {} });
  const path = join(folder, 'program.tar');
  await docker(MACHINES, ['save', '--output', path, image]);
  // The layers stay for the next build; the name is the tests' own.
  await docker(MACHINES, ['image', 'rm', image]);
  return path;
}

async function answers(): Promise<boolean> {
  try {
    await docker(MACHINES, ['version']);
    return true;
  } catch {
    return false;
  }
}
