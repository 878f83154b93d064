/** `make manifests`: dist/install.yaml. By the environment: IMAGE names another image. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ensureTool } from '../test/tools/go-tool.ts';
import { renderManifests } from './render-manifests.ts';

const FILE = fileURLToPath(new URL('../dist/install.yaml', import.meta.url));

const helm = await ensureTool('helm', (line) => void process.stderr.write(`${line}\n`));
const image = process.env['IMAGE'] ?? '';
const text = await renderManifests({ helm, ...(image === '' ? {} : { image }) });
mkdirSync(fileURLToPath(new URL('../dist', import.meta.url)), { recursive: true });
writeFileSync(FILE, text);
process.stdout.write('dist/install.yaml\n');
