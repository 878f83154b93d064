import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { bundle } from '../../../scripts/bundle.ts';
import { writeDockerArchive } from './docker-archive.ts';
import { nodeRuntime } from './node-runtime.ts';
import type { TarEntry } from './tar.ts';

/**
 * Writes the image of the program, with the same files in the same places as the Dockerfile's,
 * but made without Docker, and with this machine's Node.js and C library for a base.
 */
export async function writeProgramImage(
  folder: string,
  archivePath: string,
  reference: string,
): Promise<void> {
  const dist = join(folder, 'dist');
  await bundle(dist);
  writeProgramArchive(dist, archivePath, reference);
}

/** The same of a bundle that is there already. */
export function writeProgramArchive(dist: string, archivePath: string, reference: string): void {
  writeDockerArchive(archivePath, {
    reference,
    entrypoint: ['/usr/local/bin/node', '--disable-sigusr1', '/app/signing-keys.mjs'],
    user: '65532:65532',
    entries: [...nodeRuntime(), ...modulesIn(dist)],
  });
}

/** The bundled files of a folder, as they lie in /app. */
export function modulesIn(folder: string): readonly TarEntry[] {
  const names = readdirSync(folder).filter((name) => name.endsWith('.mjs'));
  return names.map((name) => ({
    kind: 'file',
    path: `app/${name}`,
    content: { file: join(folder, name) },
  }));
}
