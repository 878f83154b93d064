/**
 * Plants a bug: a copy of the project with one patch applied, in a folder of its own, so that the
 * bug cannot get into the tree that is worked on.
 */

import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
const PATCHES = fileURLToPath(new URL('.', import.meta.url));
/** What the checks need in addition to the packages. */
const COPIED = [
  'src',
  'test',
  'scripts',
  'charts',
  'crds',
  'docs',
  'package.json',
  'tsconfig.json',
  'vitest.config.ts',
];

export interface Patch {
  /** Such as `activation-without-c`. */
  readonly name: string;
  readonly path: string;
  /** Its first paragraph: what the bug is, and whom it harms. */
  readonly description: string;
  /** Such as `three-leaders/late` or `foreign-objects`: what is tried first; from `First: …`. */
  readonly first: readonly string[];
  /** What must catch it, if not the simulator: a catcher's name, such as `properties`; from `By: …`. */
  readonly by: string | null;
}

/** The patches next to this file, by name. */
export function knownPatches(): readonly Patch[] {
  const files = readdirSync(PATCHES).filter((file) => file.endsWith('.patch'));
  return files.sort().map((file) => readPatch(join(PATCHES, file)));
}

export function readPatch(path: string): Patch {
  const text = readFileSync(path, 'utf8');
  const description = text.split(/\n\n/, 1)[0]?.trim() ?? '';
  const first = /^First: (.+)$/m.exec(text)?.[1]?.split(' ') ?? [];
  const by = /^By: (.+)$/m.exec(text)?.[1] ?? null;
  const name = basename(path).replace(/\.(?:patch|diff)$/, '');
  return { name, path: resolve(path), description, first, by };
}

/** Thrown if a patch does not fit the code as it is. */
export class DoesNotApply extends Error {
  override readonly name = 'DoesNotApply';
}

/** Runs `work` in a patched copy, which is removed afterwards. */
export async function withPlanted<Result>(
  patch: Patch,
  work: (folder: string) => Promise<Result>,
): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), 'signing-key-operator-planted-'));
  try {
    for (const name of COPIED) cpSync(join(PROJECT, name), join(folder, name), { recursive: true });
    symlinkSync(packagesFolder(), join(folder, 'node_modules'));
    apply(patch, folder);
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Runs `work` in a folder that has the programs' sources once for each group of patches that have no file in
 * common, planted with them: `group-<n>/src`. Whatever looks at all of them together reads what they share
 * only once.
 */
export async function withEachPlanted<Result>(
  patches: readonly Patch[],
  work: (folder: string) => Promise<Result>,
): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), 'signing-key-operator-planted-'));
  try {
    symlinkSync(packagesFolder(), join(folder, 'node_modules'));
    cpSync(join(PROJECT, 'tsconfig.json'), join(folder, 'tsconfig.json'));
    for (const [index, group] of disjoint(patches).entries()) {
      const copy = join(folder, `group-${index + 1}`);
      for (const name of ['src', 'package.json']) {
        cpSync(join(PROJECT, name), join(copy, name), { recursive: true });
      }
      for (const patch of group) apply(patch, copy);
    }
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Each patch is in the first group that does not touch its files. */
function disjoint(patches: readonly Patch[]): readonly (readonly Patch[])[] {
  const groups: { readonly patches: Patch[]; readonly files: Set<string> }[] = [];
  for (const patch of patches) {
    const files = [...readFileSync(patch.path, 'utf8').matchAll(/^\+\+\+ b\/(.+)$/gm)].map(
      ([, file]) => file ?? '',
    );
    const free = groups.find((group) => !files.some((file) => group.files.has(file)));
    const group = free ?? { patches: [], files: new Set() };
    if (free === undefined) groups.push(group);
    group.patches.push(patch);
    for (const file of files) group.files.add(file);
  }
  return groups.map((group) => group.patches);
}

function packagesFolder(): string {
  const folder = join(PROJECT, 'node_modules');
  if (!existsSync(folder)) throw new Error('node_modules is not there: run make install');
  return folder;
}

function apply({ name, path }: Patch, folder: string): void {
  // Git finds no repository above the copy, so that paths are those in the patch.
  const env = { ...process.env, GIT_CEILING_DIRECTORIES: tmpdir() };
  const done = spawnSync('git', ['apply', path], {
    cwd: folder,
    env,
    encoding: 'utf8',
  });
  if (done.status === 0) return;
  throw new DoesNotApply(`${name} does not fit the code as it is: ${(done.stderr ?? '').trim()}`);
}
