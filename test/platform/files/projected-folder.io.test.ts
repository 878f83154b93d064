import { execFileSync } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readSnapshot } from '../../../src/platform/files/projected-folder.ts';
import { makeFolder } from '../../server/fixtures.ts';
import { ProjectedVolume } from '../../support/files/projected-volume.ts';

const NAMES = ['a.json', 'b.json', 'c.json'];
const BOUNDS = Object.fromEntries(NAMES.map((name) => [name, 100]));

async function readTexts(folder: string): Promise<Record<string, unknown>> {
  const snapshot = await readSnapshot(folder, BOUNDS);
  if ('problem' in snapshot) throw new Error(snapshot.problem);
  return Object.fromEntries(
    [...snapshot].map(([name, content]) => [
      name,
      content instanceof Uint8Array ? Buffer.from(content).toString() : content,
    ]),
  );
}

test('all files are of one state while a kubelet switches', async () => {
  const volume = new ProjectedVolume(await makeFolder());
  const state = (number: number) => Object.fromEntries(NAMES.map((name) => [name, `${number}`]));
  await volume.project(state(0));
  let reading = true;
  const swaps = (async () => {
    let number = 0;
    while (reading) await volume.project(state(++number));
    return number;
  })();
  const seen = new Set<unknown>();
  try {
    while (seen.size < 20) {
      const snapshot = await readSnapshot(volume.folder, BOUNDS);
      // It may also report that the folder changed during each attempt.
      if ('problem' in snapshot) continue;
      const texts = NAMES.map((name) => Buffer.from(snapshot.get(name) as Uint8Array).toString());
      expect(new Set(texts).size).toBe(1);
      seen.add(texts[0]);
    }
  } finally {
    reading = false;
    await swaps;
  }
});

test('a folder that no kubelet writes is read directly', async () => {
  const folder = await makeFolder();
  await writeFile(join(folder, 'a.json'), 'text');
  await mkdir(join(folder, 'b.json'));
  expect(await readTexts(folder)).toEqual({
    'a.json': 'text',
    'b.json': { problem: 'it is not a regular file' },
    'c.json': null,
  });
});

test('a file is read up to its bound', async () => {
  const folder = await makeFolder();
  await writeFile(join(folder, 'a.json'), 'x'.repeat(100));
  await writeFile(join(folder, 'b.json'), 'x'.repeat(101));
  expect(await readTexts(folder)).toMatchObject({
    'a.json': 'x'.repeat(100),
    'b.json': { problem: 'it is larger than 100 bytes' },
  });
});

test('a named pipe does not hang the reader', async () => {
  const folder = await makeFolder();
  execFileSync('mkfifo', [join(folder, 'a.json')]);
  expect(await readTexts(folder)).toMatchObject({
    'a.json': { problem: 'it is not a regular file' },
  });
});

test('a missing folder is a problem', async () => {
  const folder = await makeFolder();
  await rm(folder, { recursive: true });
  expect(await readSnapshot(folder, BOUNDS)).toEqual({ problem: 'it cannot be read (ENOENT)' });
});
