/** The container image, by the Dockerfile and whatever `docker build` there is. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import manifest from '../package.json' with { type: 'json' };
import { type Docker, docker } from '../test/tools/docker.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
export const DEFAULT_IMAGE = `${manifest.name}:${manifest.version}`;

export interface ImageBuild {
  readonly where: Docker;
  /** `name:tag` */
  readonly image: string;
  /** Other bases than the Dockerfile's own. */
  readonly bases: { readonly NODE_IMAGE?: string; readonly RUNTIME_IMAGE?: string };
  readonly onOutput: (text: string) => void;
}

export async function buildImage({ where, image, bases, onOutput }: ImageBuild): Promise<void> {
  const build = { ...bases, VERSION: manifest.version, REVISION: await revision() };
  const args = Object.entries(build).flatMap(([name, value]) => [
    '--build-arg',
    `${name}=${value}`,
  ]);
  await docker(where, ['build', ...args, '--tag', image, ROOT], onOutput);
}

/** Of the sources: a commit, `-dirty` behind it where files were changed since. */
async function revision(): Promise<string> {
  try {
    const args = ['describe', '--always', '--dirty', '--abbrev=40', '--exclude=*'];
    return (await promisify(execFile)('git', args, { cwd: ROOT })).stdout.trim();
  } catch {
    // An archive of the sources has no history.
    return 'unknown';
  }
}
