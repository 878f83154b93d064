import { join } from 'node:path';
import { startTethered, type TetheredProcess } from '../../support/process/tethered-process.ts';
import { waitFor } from '../../support/wait/wait-for.ts';
import { freePort } from './free-port.ts';

export interface EtcdOptions {
  readonly binary: string;
  /** Folder of the control plane; etcd keeps its data and log in it. */
  readonly folder: string;
  readonly removeOnDeath?: string;
}

export interface Etcd {
  readonly url: string;
  readonly process: TetheredProcess;
}

const START_TIMEOUT_MS = 60_000;
const PORT_TRIES_MAX = 5;

/** Starts etcd on a free loopback port and waits until it says that it is healthy. */
export async function startEtcd(options: EtcdOptions): Promise<Etcd> {
  for (let tries = 1; ; tries++) {
    const started = await startOn(await freePort(), options);
    try {
      await waitFor(() => isHealthy(started), {
        timeoutMs: START_TIMEOUT_MS,
        describe: 'etcd to be healthy',
      });
    } catch (error) {
      await started.process.stop(0);
      throw error;
    }
    if (started.process.end() === null) return started;
    const log = started.process.logTail();
    if (tries >= PORT_TRIES_MAX || !log.includes('address already in use')) {
      throw new Error(`etcd ended at startup with ${started.process.end()}:\n${log}`);
    }
  }
}

async function startOn(port: number, options: EtcdOptions): Promise<Etcd> {
  const url = `http://127.0.0.1:${port}`;
  const process = await startTethered({
    command: options.binary,
    args: [
      `--data-dir=${join(options.folder, `etcd-${port}`)}`,
      `--listen-client-urls=${url}`,
      `--advertise-client-urls=${url}`,
      // There is no second member: any port will do for it.
      '--listen-peer-urls=http://127.0.0.1:0',
      // The data is thrown away, and the disk is by far the slowest part of a test cluster.
      '--unsafe-no-fsync',
      '--log-level=warn',
    ],
    logPath: join(options.folder, 'etcd.log'),
    ...(options.removeOnDeath === undefined ? {} : { removeOnDeath: options.removeOnDeath }),
  });
  return { url, process };
}

/** True also when etcd has ended: there is nothing left to wait for. */
async function isHealthy(etcd: Etcd): Promise<boolean> {
  if (etcd.process.end() !== null) return true;
  const answer = await fetch(`${etcd.url}/health`, { signal: AbortSignal.timeout(2_000) });
  return (await answer.text()).includes('"true"');
}
