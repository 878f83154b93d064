import { mkdirSync } from 'node:fs';
import { IMAGE_NAMES, imageArchive } from './image-archive.ts';

// `npm run e2e:images -- FOLDER`: the images of the e2e tests as archives, for whoever loads them
// into a cluster of their own. With names behind the folder, only these.

const [folder, ...wanted] = process.argv.slice(2);
if (folder === undefined) {
  process.stderr.write('error: name the folder that the archives are to be written to\n');
  process.exitCode = 2;
} else {
  mkdirSync(folder, { recursive: true });
  for (const name of IMAGE_NAMES.filter((one) => wanted.length === 0 || wanted.includes(one))) {
    process.stdout.write(`${await imageArchive(name, folder)}\n`);
  }
}
