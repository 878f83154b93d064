/** The licences of all packages of which something is in the bundle. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Metafile } from 'esbuild';

const LICENCE_FILE = /^(?:licen[cs]e|notice|copying)(?:[.-].*)?$/i;
const RULE = '-'.repeat(80);

/**
 * @param root what the paths of the metafile are relative to
 * @throws Error where a package has no licence file and names none either
 */
export function licencesOf({ outputs }: Metafile, root: string): string {
  const inputs = Object.values(outputs).flatMap((output) =>
    Object.entries(output.inputs).filter(([, { bytesInOutput }]) => bytesInOutput > 0),
  );
  const folders = new Set(inputs.flatMap(([path]) => packageFolder(resolve(root, path)) ?? []));
  const entries = new Set([...folders].map(licenceOf));
  return [
    'signing-keys holds code of these packages:\n',
    ...[...entries].sort((a, b) => (a < b ? -1 : 1)),
  ].join(`\n${RULE}\n`);
}

function packageFolder(path: string): string | null {
  return /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? null;
}

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license?: string;
}

function licenceOf(folder: string): string {
  const manifest: Manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const { name, version, license } = manifest;
  const files = existsSync(folder) ? readdirSync(folder).filter((f) => LICENCE_FILE.test(f)) : [];
  if (files.length === 0 && license === undefined) {
    throw new Error(`${name} ${version} has no licence: it can't be part of the bundle`);
  }
  const texts = files.sort().map((file) => readFileSync(join(folder, file), 'utf8').trim());
  return [`${name} ${version} (${license ?? 'see below'})`, ...texts].join('\n\n');
}
