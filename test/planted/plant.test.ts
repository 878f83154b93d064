import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../support/files/temporary-folder.ts';
import { DoesNotApply, knownPatches, readPatch, withEachPlanted, withPlanted } from './plant.ts';

test('there are patches, each with a sentence of what it breaks', () => {
  const patches = knownPatches();
  expect(patches.length).toBeGreaterThanOrEqual(15);
  for (const { description } of patches) expect(description).toMatch(/^[A-Z].{20,}\.$/s);
});

test('a copy has the bug in it, and the project has not', async () => {
  const [patch] = knownPatches();
  if (patch === undefined) throw new Error('there is no patch');
  const file = 'src/core/ledger/gates.ts';
  const planted = await withPlanted(patch, (folder) => readFile(join(folder, file), 'utf8'));
  const own = await readFile(new URL(`../../${file}`, import.meta.url), 'utf8');
  expect(planted).not.toBe(own);
});

test('a patch that does not fit is reported, and nothing is hunted', async () => {
  const path = join(temporaryFolder(), 'odd.patch');
  writeFileSync(
    path,
    'An odd one.\n\n--- a/src/main.ts\n+++ b/src/main.ts\n@@ -1 +1 @@\n-nothing\n+x\n',
  );
  await expect(withPlanted(readPatch(path), async () => 'ran')).rejects.toThrow(DoesNotApply);
});

/** One that does not compile would be caught for that, whatever it plants. */
test('each is a bug that the compiler lets through', async () => {
  const problems = await withEachPlanted(knownPatches(), async (folder) => {
    // What a patch no longer uses is no slip.
    const compilerOptions = { noUnusedLocals: false, noUnusedParameters: false };
    const config = { extends: './tsconfig.json', include: ['*/src'], compilerOptions };
    writeFileSync(join(folder, 'tsconfig.planted.json'), JSON.stringify(config));
    const tsc = join(folder, 'node_modules/.bin/tsc');
    const args = ['--noEmit', '--pretty', 'false', '--project', 'tsconfig.planted.json'];
    return spawnSync(tsc, args, { cwd: folder, encoding: 'utf8' }).stdout;
  });
  expect(problems.split('\n').filter((line) => line !== '')).toEqual([]);
}, 60_000);
