/** The npm packages of which something is in the bundle. */
import { copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import type { Metafile } from 'esbuild';

export interface BundledPackage {
  /** Where it is installed. */
  readonly folder: string;
  readonly name: string;
  readonly version: string;
  /** In the words of its package.json: as a rule an SPDX expression. */
  readonly license?: string;
}

const DESCRIPTION = 'package.json';

/**
 * Each version of a package once, by name and version.
 *
 * @param root what the paths of the metafile are relative to
 */
export function bundledPackages({ outputs }: Metafile, root: string): readonly BundledPackage[] {
  const inputs = Object.values(outputs).flatMap((output) =>
    Object.entries(output.inputs).filter(([, { bytesInOutput }]) => bytesInOutput > 0),
  );
  const folders = new Set(inputs.flatMap(([path]) => packageFolder(resolve(root, path)) ?? []));
  const byName = new Map<string, BundledPackage>();
  for (const folder of [...folders].sort()) {
    const found = readPackage(folder);
    const key = `${found.name} ${found.version}`;
    if (!byName.has(key)) byName.set(key, found);
  }
  return [...byName].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, found]) => found);
}

/** Copies each package's own description to where it would be installed below another folder. */
export function copyDescriptions(
  packages: readonly BundledPackage[],
  root: string,
  to: string,
): void {
  for (const { folder } of packages) {
    const target = join(to, relative(root, folder));
    mkdirSync(target, { recursive: true });
    copyFileSync(join(folder, DESCRIPTION), join(target, DESCRIPTION));
  }
}

function packageFolder(path: string): string | null {
  return /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? null;
}

function readPackage(folder: string): BundledPackage {
  const description = JSON.parse(readFileSync(join(folder, DESCRIPTION), 'utf8'));
  const { name, version, license } = description;
  return { folder, name, version, ...(license === undefined ? {} : { license }) };
}
