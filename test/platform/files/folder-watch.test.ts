import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { watchFolder } from '../../../src/platform/files/folder-watch.ts';
import { makeFolder, until } from '../../server/fixtures.ts';
import { ProjectedVolume } from '../../support/files/projected-volume.ts';

test('each switch of a projected volume is reported', async () => {
  const volume = new ProjectedVolume(await makeFolder());
  await volume.project({ a: '0' });
  let changes = 0;
  const watch = watchFolder(
    volume.folder,
    () => changes++,
    (error) => expect.fail(String(error)),
  );
  onTestFinished(() => watch.close());
  for (const content of ['1', '2', '3']) {
    const before = changes;
    await volume.project({ a: content });
    await until(`the swap to ${content} is reported`, () => changes > before);
  }
});

test('nothing is reported after close', async () => {
  const folder = await makeFolder();
  let closedChanges = 0;
  let changes = 0;
  const closed = watchFolder(
    folder,
    () => closedChanges++,
    () => closedChanges++,
  );
  const open = watchFolder(
    folder,
    () => changes++,
    () => undefined,
  );
  onTestFinished(() => open.close());
  closed.close();
  await writeFile(join(folder, 'a'), '');
  await until('the other watch tells', () => changes > 0);
  expect(closedChanges).toBe(0);
});

test('a folder that can not be watched is reported once, after the call', async () => {
  const folder = join(await makeFolder(), 'gone');
  await mkdir(folder);
  await rm(folder, { recursive: true });
  const failures: Error[] = [];
  const watch = watchFolder(
    folder,
    () => undefined,
    (error) => failures.push(error),
  );
  onTestFinished(() => watch.close());
  expect(failures).toEqual([]);
  await until('the failure is reported', () => failures.length > 0);
  expect(failures[0]).toMatchObject({ code: 'ENOENT' });
});
