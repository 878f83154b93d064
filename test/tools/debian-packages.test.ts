import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { temporaryFolder } from '../support/files/temporary-folder.ts';
import { aptInstall } from './debian-packages.ts';

/** In PATH instead of the real one; `failures` counts down, and each call is noted. */
function fakeAptGet(failures: number, message: string) {
  const folder = temporaryFolder();
  const path = (name: string) => join(folder, name);
  writeFileSync(path('left'), `${failures}\n`);
  writeFileSync(
    path('apt-get'),
    `#!/bin/sh
left=$(cat '${path('left')}')
if [ "$left" -gt 0 ]; then
  echo $((left - 1)) > '${path('left')}'
  echo '${message}' >&2
  exit 100
fi
echo "$@" >> '${path('done')}'
`,
  );
  chmodSync(path('apt-get'), 0o755);
  vi.stubEnv('PATH', `${folder}:${process.env['PATH']}`);
  onTestFinished(() => void vi.unstubAllEnvs());
  return {
    /** What was done in the end, each line without its flags. */
    done: () =>
      existsSync(path('done'))
        ? readFileSync(path('done'), 'utf8')
            .trim()
            .replaceAll(/^.*?(?=update|install)/gm, '')
            .split('\n')
        : [],
  };
}

const isRoot = process.getuid?.() === 0;
const SOON = { lockIntervalMs: 10 };

test.runIf(isRoot)('waits for someone else who updates the lists', async () => {
  const lock = 'E: Could not get lock /var/lib/apt/lists/lock. It is held by process 1 (apt-get)';
  const { done } = fakeAptGet(2, lock);
  await aptInstall(['a', 'b'], () => {}, SOON);
  expect(done()).toEqual(['update', 'install --yes --no-install-recommends a b']);
});

test.runIf(isRoot)('what else is wrong is not tried again', async () => {
  const { done } = fakeAptGet(1, 'E: Unable to locate package a');
  await expect(aptInstall(['a'], () => {}, SOON)).rejects.toThrow('Unable to locate package a');
  expect(done()).toEqual([]);
});

test.skipIf(isRoot)('a user who is not root learns what to install', async () => {
  await expect(aptInstall(['a', 'b'], () => {}, SOON)).rejects.toThrow('a b must be installed');
});
