/** `make build`: the program as files that need nothing but Node, in dist/. */
import { statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundle } from './bundle.ts';

const DIST = fileURLToPath(new URL('../dist', import.meta.url));

const files = await bundle(DIST);
const rows = files
  .filter((file) => file.endsWith('.mjs'))
  .map((file) => `  ${basename(file)} ${Math.round(statSync(join(DIST, file)).size / 1000)} kB\n`);
process.stdout.write(`dist/\n${rows.join('')}`);
