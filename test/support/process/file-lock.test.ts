import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { temporaryFolder } from '../files/temporary-folder.ts';
import { takeFileLock, withFileLock } from './file-lock.ts';

const LOCK_HOLDER = fileURLToPath(new URL('lock-holder.ts', import.meta.url));

test('a lock is waited for while its holder lives, and free when it is killed', async () => {
  const path = join(temporaryFolder(), 'lock');
  const holder = spawn(process.execPath, [LOCK_HOLDER, path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void holder.kill('SIGKILL'));
  await once(holder.stdout, 'data');
  let waits = 0;
  const onWait = () => {
    waits += 1;
    // Killed only once it has been seen to keep others out.
    if (waits === 3) holder.kill('SIGKILL');
  };
  const got = await withFileLock(path, async () => 'got it', { onWait, intervalMs: 10 });
  expect(got).toBe('got it');
  expect(waits).toBeGreaterThanOrEqual(3);
});

test('a lock keeps out others in the same process, and is free after an error', async () => {
  const path = join(temporaryFolder(), 'lock');
  let inside = 0;
  const work = async () => {
    inside += 1;
    expect(inside).toBe(1);
    await new Promise((resolve) => setTimeout(resolve, 20));
    inside -= 1;
    throw new Error('the work failed');
  };
  const options = { intervalMs: 5 };
  const all = [1, 2, 3].map(() => withFileLock(path, work, options));
  for (const end of await Promise.allSettled(all)) {
    expect(end).toMatchObject({ status: 'rejected', reason: { message: 'the work failed' } });
  }
});

test('a lock that is only tried is not waited for, and can be taken once it is given back', () => {
  const path = join(temporaryFolder(), 'lock');
  const giveBack = takeFileLock(path);
  expect(giveBack).not.toBeNull();
  expect(takeFileLock(path)).toBeNull();
  giveBack?.();
  const again = takeFileLock(path);
  expect(again).not.toBeNull();
  again?.();
});
