import { mkdirSync } from 'node:fs';
import { imageArchive } from './image-archive.ts';

// `npm run e2e:images -- FOLDER`: the images of the e2e tests as archives, for whoever loads them
// into a cluster of their own.

const folder = process.argv[2];
if (folder === undefined) {
  process.stderr.write('error: name the folder that the archives are to be written to\n');
  process.exitCode = 2;
} else {
  mkdirSync(folder, { recursive: true });
  for (const name of ['program', 'pods'] as const) {
    process.stdout.write(`${await imageArchive(name, folder)}\n`);
  }
}
