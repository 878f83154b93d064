import { readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeFolder } from '../../server/fixtures.ts';
import { ProjectedVolume } from './projected-volume.ts';

test('the folder looks as a kubelet leaves it', async () => {
  const volume = new ProjectedVolume(join(await makeFolder(), 'mount'));
  expect(await volume.project({ a: '1', b: '2' })).toBe(true);
  const state = await readlink(join(volume.folder, '..data'));
  expect(state).toMatch(/^\.\.\d{4}(_\d\d){5}\../);
  expect((await readdir(volume.folder)).sort()).toEqual([state, '..data', 'a', 'b'].sort());
  expect(await readlink(join(volume.folder, 'a'))).toBe('..data/a');

  expect(await volume.project({ b: '2', a: '1' })).toBe(false);
  expect(await readlink(join(volume.folder, '..data'))).toBe(state);

  expect(await volume.project({ b: '3', c: '4' })).toBe(true);
  const next = await readlink(join(volume.folder, '..data'));
  expect((await readdir(volume.folder)).sort()).toEqual([next, '..data', 'b', 'c'].sort());
  expect(await readFile(join(volume.folder, 'b'), 'utf8')).toBe('3');
});
