import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { isRunning } from '../support/process/is-running.ts';
import { waitFor } from '../support/wait/wait-for.ts';
import { hasHands } from './cluster/cluster.ts';
import { takePlace } from './node/host/place.ts';

const HOLDER = fileURLToPath(new URL('node/killed-holder.ts', import.meta.url));
const ENDED_TIMEOUT_MS = 30_000;

interface Told {
  readonly folder: string;
  readonly link: string;
  readonly cgroups: readonly string[];
  readonly pids: readonly number[];
}

// It opens namespaces itself, for which it needs root, as the project's own node does.
test.runIf(hasHands())('a killed test leaves no remains of its node to the next', async () => {
  const holder = spawn(process.execPath, [HOLDER], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void holder.kill('SIGKILL'));
  const [line] = (await once(createInterface({ input: holder.stdout }), 'line')) as [string];
  const { folder, link, cgroups, pids } = JSON.parse(line) as Told;
  expect(pids.every(isRunning)).toBe(true);
  expect(networkInterfaces()).toHaveProperty(link);
  expect(cgroups.filter((each) => existsSync(each))).not.toEqual([]);
  holder.kill('SIGKILL');
  await once(holder, 'exit');
  await waitFor(() => !pids.some(isRunning) && !(link in networkInterfaces()), {
    timeoutMs: ENDED_TIMEOUT_MS,
    describe: 'processes and link of the killed node to be gone',
  });
  expect(existsSync(folder)).toBe(true);
  await (await takePlace()).release();
  expect(existsSync(folder)).toBe(false);
  expect(existsSync(`${folder}.lock`)).toBe(false);
  expect(cgroups.filter((each) => existsSync(each))).toEqual([]);
});
