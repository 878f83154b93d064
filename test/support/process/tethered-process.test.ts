import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { temporaryFolder } from '../files/temporary-folder.ts';
import { waitFor } from '../wait/wait-for.ts';
import { isRunning } from './is-running.ts';
import { startTethered } from './tethered-process.ts';

const ORPHAN_MAKER = fileURLToPath(new URL('orphan-maker.ts', import.meta.url));

function start(script: string, folder: string, removeOnDeath: string) {
  const logPath = join(folder, 'log');
  return startTethered({ command: 'sh', args: ['-c', script], logPath, removeOnDeath });
}

function folders(): { folder: string; doomed: string } {
  const folder = temporaryFolder();
  const doomed = join(folder, 'doomed');
  mkdirSync(doomed);
  return { folder, doomed };
}

describe('a tethered program', () => {
  test.each<NodeJS.Signals>(['SIGKILL', 'SIGTERM', 'SIGINT'])(
    'dies with a parent that dies of %s, and its folder goes',
    async (signal) => {
      const { folder, doomed } = folders();
      const parent = spawn(process.execPath, [ORPHAN_MAKER, join(folder, 'log'), doomed], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      onTestFinished(() => void parent.kill('SIGKILL'));
      const [line] = (await once(parent.stdout, 'data')) as [Buffer];
      const pid = Number(line.toString());
      expect(isRunning(pid)).toBe(true);
      parent.kill(signal);
      await waitFor(() => !isRunning(pid) && !existsSync(doomed), {
        timeoutMs: 10_000,
        describe: `process ${pid} and its folder to be gone`,
      });
    },
  );

  test.each([
    ['exit 3', 'exit code 3'],
    ['kill -KILL $$', 'signal SIGKILL'],
  ])('that ends by itself with "%s" is reported as %s', async (script, end) => {
    const { folder, doomed } = folders();
    const program = await start(`echo last words; ${script}`, folder, doomed);
    expect(await program.ended).toBe(end);
    expect(program.end()).toBe(end);
    expect(program.logTail()).toBe('last words');
  });

  test('that crashes does not take its folder with it', async () => {
    const { folder, doomed } = folders();
    const program = await start('exit 1', folder, doomed);
    await program.ended;
    await waitFor(() => !isRunning(-program.pid), {
      timeoutMs: 10_000,
      describe: 'the watcher, the last of its process group, to be gone',
    });
    expect(existsSync(doomed)).toBe(true);
  });

  test('gets SIGTERM first, and SIGKILL when it does not heed it', async () => {
    const { folder, doomed } = folders();
    const polite = await start(
      'trap "exit 0" TERM; echo up; while :; do sleep 0.05; done',
      folder,
      doomed,
    );
    await waitFor(() => polite.logTail() === 'up', { timeoutMs: 5_000, describe: 'its trap' });
    await polite.stop(10_000);
    expect(polite.end()).toBe('exit code 0');
    const deaf = join(folder, 'deaf');
    mkdirSync(deaf);
    const stubborn = await start('trap "" TERM; echo up; while :; do sleep 0.05; done', deaf, '');
    await waitFor(() => stubborn.logTail() === 'up', { timeoutMs: 5_000, describe: 'its trap' });
    await stubborn.stop(200);
    expect(stubborn.end()).toBe('signal SIGKILL');
  });

  test('that is not there is an error of the shell in its log', async () => {
    const { folder } = folders();
    const program = await startTethered({
      command: join(folder, 'no-such-program'),
      args: [],
      logPath: join(folder, 'log'),
    });
    expect(await program.ended).toBe('exit code 127');
    expect(program.logTail()).toContain('no-such-program');
  });
});
