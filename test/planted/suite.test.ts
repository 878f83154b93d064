import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../support/files/temporary-folder.ts';
import type { Find, Task } from './catcher.ts';
import { suite } from './suite.ts';

const PACKAGES = fileURLToPath(new URL('../../node_modules', import.meta.url));
const CONFIG = `export default { test: { projects: [
  { test: { name: 'unit', include: ['*.test.ts'] } },
  { test: { name: 'fast', include: ['none'] } },
] } };`;
const RIGHT = `import { test } from 'vitest';
test('is right', () => {});`;
const ONE_WRONG = `import { expect, test } from 'vitest';
test('is right', () => {});
test('is wrong', () => {
  console.log('{"a line": "that is no report"}');
  expect(1, 'one is two').toBe(2);
});`;
const BROKEN = `import './nowhere.ts';`;

/** A project of its own with one file of tests, as a planted copy is. */
function taskWith(text: string, said: string[] = []): Task {
  const folder = temporaryFolder();
  symlinkSync(PACKAGES, join(folder, 'node_modules'));
  writeFileSync(join(folder, 'vitest.config.ts'), CONFIG);
  writeFileSync(join(folder, 'a.test.ts'), text);
  const patch = {
    ...{ name: 'odd', path: '/odd.patch', description: 'An odd one.' },
    ...{ first: [], by: null },
  };
  const say = (progress: string) => said.push(progress);
  return { patch, folder, signal: new AbortController().signal, say };
}

const look = (task: Task, path = 'a.test.ts'): Promise<Find | null> =>
  suite('tests', 'code', [path]).look(task);

test('names the test that failed, whatever the tests print', async () => {
  expect(await look(taskWith(ONE_WRONG))).toEqual({
    by: 'tests',
    judges: 'code',
    promise: 'tests',
    after: 'a.test.ts: is wrong',
    message: expect.stringContaining('one is two'),
  });
});

test('names the file that could not be loaded', async () => {
  const found = await look(taskWith(BROKEN));
  expect(found).toMatchObject({ after: 'a.test.ts', message: expect.stringContaining('nowhere') });
});

test('finds nothing if all pass', async () => {
  const said: string[] = [];
  expect(await look(taskWith(RIGHT, said))).toBeNull();
  expect(said).toEqual(['running', 'nothing']);
});

test('tests that are not there find nothing, and say so', async () => {
  const said: string[] = [];
  expect(await look(taskWith(RIGHT, said), 'test/none')).toBeNull();
  expect(said).toEqual(['not there']);
});

test('finds nothing once it is told to stop', async () => {
  const task = { ...taskWith(ONE_WRONG), signal: AbortSignal.abort() };
  expect(await look(task)).toBeNull();
});
