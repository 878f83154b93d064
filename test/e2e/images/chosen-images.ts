import { type ImageName, REFERENCES } from './image-archive.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Which images the pods of the tests run: the tests' own, unless others are named. */
export function chosenImages(env: Environment): Readonly<Record<ImageName, string>> {
  return {
    program: env['E2E_PROGRAM_IMAGE'] ?? REFERENCES.program,
    pods: env['E2E_PODS_IMAGE'] ?? REFERENCES.pods,
  };
}

/** An archive of the program's image that is there already, as `docker save` writes it. */
export function givenProgramArchive(env: Environment): string | null {
  const path = env['E2E_PROGRAM_ARCHIVE'] ?? '';
  if (path === '') return null;
  if (env['E2E_PROGRAM_IMAGE'] !== undefined) return path;
  throw new Error('E2E_PROGRAM_ARCHIVE is set: say in E2E_PROGRAM_IMAGE what the image is called');
}
