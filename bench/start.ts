/** From the start of the process to ready, and what it holds in memory while nothing happens. */
import { get } from 'node:http';
import type { ControlPlane } from '../test/cluster/control-plane/control-plane.ts';
import { waitFor } from '../test/support/wait/wait-for.ts';
import { createSets, plainClient, SETS_PATH, waitForReady, withControlPlane } from './cluster.ts';
import { cpuSecondsOf, freePort, memoryOf, type Program, startProgram } from './program.ts';
import { type Figures, median, round } from './report.ts';

const SETS = 5;
const STARTS = 11;
const IDLE_MS = 10_000;

export async function benchStart(say: (line: string) => void): Promise<Figures> {
  return await withControlPlane(say, async (controlPlane) => {
    using client = plainClient(controlPlane);
    await createSets(client, SETS);
    // The first start does the sets' work and warms the file cache; it is not counted.
    const first = await start(controlPlane);
    await waitForReady(client, SETS, 60_000);
    await first.program.stop();
    const starts: Started[] = [];
    for (let i = 0; i < STARTS; i++) {
      const started = await start(controlPlane);
      starts.push(started);
      if (i < STARTS - 1) await started.program.stop();
    }
    const last = starts.at(-1)?.program;
    await new Promise((resolve) => setTimeout(resolve, IDLE_MS));
    const idle = memoryOf(last?.pid ?? 0);
    await last?.stop();
    const readyMs = starts.map((each) => each.readyMs);
    return {
      sets: SETS,
      starts: STARTS,
      readyMs: round(median(readyMs), 0),
      readyFastestMs: round(Math.min(...readyMs), 0),
      readyGoalMs: 300,
      cpuUntilReadyMs: round(median(starts.map((each) => each.cpuMs)), 0),
      firstListsMs: round(await firstLists(controlPlane), 0),
      idleRssMb: round(idle.rssBytes / 1e6, 1),
      idleRssMib: round(idle.rssBytes / 2 ** 20, 1),
      idleGoalMb: 90,
    };
  });
}

interface Started {
  readonly program: Program;
  readonly readyMs: number;
  readonly cpuMs: number;
}

async function start(controlPlane: ControlPlane): Promise<Started> {
  const port = await freePort();
  const beganMs = performance.now();
  const program = await startProgram(['operator', '--listen', `127.0.0.1:${port}`], {
    KUBECONFIG: controlPlane.kubeconfig(),
  });
  await waitFor(
    async () => {
      if (!program.isRunning()) throw new Error(program.output());
      return (await statusOf(`http://127.0.0.1:${port}/readyz`)) === 200;
    },
    { timeoutMs: 30_000, intervalMs: 2, describe: 'the operator to be ready' },
  );
  const readyMs = performance.now() - beganMs;
  return { program, readyMs, cpuMs: cpuSecondsOf(program.pid) * 1000 };
}

/** The lists that the operator needs, asked for plainly, on connections that are new. */
async function firstLists(controlPlane: ControlPlane): Promise<number> {
  using client = plainClient(controlPlane);
  const beganMs = performance.now();
  const paths = [SETS_PATH, '/api/v1/secrets', '/api/v1/configmaps'];
  await Promise.all(paths.map((path) => client.send('GET', path)));
  return performance.now() - beganMs;
}

function statusOf(url: string): Promise<number> {
  return new Promise((resolve) => {
    const outgoing = get(url, { agent: false }, (incoming) => {
      incoming.resume();
      incoming.on('end', () => resolve(incoming.statusCode ?? 0));
    });
    outgoing.on('error', () => resolve(0));
  });
}
