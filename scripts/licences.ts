/** The licences of all packages of which something is in the bundle. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BundledPackage } from './bundled-packages.ts';

const LICENCE_FILE = /^(?:licen[cs]e|notice|copying)(?:[.-].*)?$/i;
const RULE = '-'.repeat(80);

/** @throws Error where a package has no licence file and names none either */
export function licencesOf(packages: readonly BundledPackage[]): string {
  return ['signing-keys holds code of these packages:\n', ...packages.map(licenceOf)].join(
    `\n${RULE}\n`,
  );
}

function licenceOf({ folder, name, version, license }: BundledPackage): string {
  const files = readdirSync(folder).filter((file) => LICENCE_FILE.test(file));
  if (files.length === 0 && license === undefined) {
    throw new Error(`${name} ${version} has no licence: it can't be part of the bundle`);
  }
  const texts = files.sort().map((file) => readFileSync(join(folder, file), 'utf8').trim());
  return [`${name} ${version} (${license ?? 'see below'})`, ...texts].join('\n\n');
}
