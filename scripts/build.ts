/**
 * `make build`: the program as files that need nothing but Node, in dist/. With `--descriptions
 * FOLDER` it also copies there the package.json of each package that is in them.
 */
import { statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { bundle } from './bundle.ts';

const DIST = fileURLToPath(new URL('../dist', import.meta.url));

const { values } = parseArgs({ options: { descriptions: { type: 'string' } } });
const files = await bundle(DIST, values.descriptions);
const rows = files
  .filter((file) => file.endsWith('.mjs'))
  .map((file) => `  ${basename(file)} ${Math.round(statSync(join(DIST, file)).size / 1000)} kB\n`);
process.stdout.write(`dist/\n${rows.join('')}`);
