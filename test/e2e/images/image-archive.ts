import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import manifest from '../../../package.json' with { type: 'json' };
import { writePodsImage } from './pods-image.ts';
import { writeProgramImage } from './program-image.ts';

/** The program that users run, and what the tests' own pods run. */
export const IMAGE_NAMES = ['program', 'pods'] as const;
export type ImageName = (typeof IMAGE_NAMES)[number];

/**
 * Names that no registry answers to: whoever wants these images has to load them. The program has
 * the tag that the charts ask for by themselves.
 */
export const REFERENCES: Readonly<Record<ImageName, string>> = {
  program: `signing-key-operator.test/program:${manifest.version}`,
  pods: 'signing-key-operator.test/pods:e2e',
};

/** Writes an image into a folder, to be loaded into a cluster. @returns the archive's path */
export async function imageArchive(name: ImageName, folder: string): Promise<string> {
  const path = join(folder, `${name}.tar`);
  const workFolder = mkdtempSync(join(tmpdir(), 'signing-key-operator-image-'));
  try {
    const write = name === 'program' ? writeProgramImage : writePodsImage;
    await write(workFolder, path, REFERENCES[name]);
  } finally {
    rmSync(workFolder, { recursive: true, force: true });
  }
  return path;
}
