/** The JWKS server of the chart is rolled while it is asked without a pause. */
import { expect, test } from 'vitest';
import { recordFigure } from '../support/vitest/record-figure.ts';
import { waitFor } from '../support/wait/wait-for.ts';
import { apply, kubectl } from './cluster/cluster.ts';
import { type LoadReport, POD_PORT } from './pods/reports.ts';
import { JWKS_PATH, jwksRelease, jwksServersReady } from './world/jwks-servers.ts';
import { pod } from './world/pod-specs.ts';
import { askPod, readyPods } from './world/pods-control.ts';
import { expectNoneRejected } from './world/token-judgement.ts';
import { startTokenWorld } from './world/token-world.ts';

const SET = 'rolled';
const LOAD = 'load';
/** What has to be asked before the rollout and after it. */
const REQUESTS_BESIDE = 300;
const LOADED_TIMEOUT_MS = 120_000;
const TIMEOUT_MS = 600_000;

test(
  'while it is rolled no request fails and no token is rejected',
  async () => {
    const { namespace, pods } = await startTokenWorld(SET);
    await apply(loadPod(namespace));
    await readyPods(namespace, LOAD);
    const before = await askedMore(namespace, REQUESTS_BESIDE);
    const old = new Set(
      (await jwksServersReady(namespace, SET)).map(({ metadata }) => metadata.uid),
    );

    const startMs = performance.now();
    const deployment = `deployment/${jwksRelease(SET)}`;
    await kubectl(['-n', namespace, 'rollout', 'restart', deployment]);
    await kubectl(['-n', namespace, 'rollout', 'status', deployment, '--timeout=110s']);
    const now = await jwksServersReady(namespace, SET);
    recordFigure('jwksServerRolledMs', Math.round(performance.now() - startMs));
    expect(now.filter(({ metadata }) => old.has(metadata.uid))).toEqual([]);

    const after = await askedMore(namespace, REQUESTS_BESIDE);
    expect(after.requests).toBeGreaterThan(before.requests + REQUESTS_BESIDE);
    expect(after.failures).toEqual([]);
    recordFigure('requestsWhileRolled', after.requests - before.requests);
    recordFigure('requestsFailedWhileRolled', after.failed);
    await expectNoneRejected(pods);
  },
  TIMEOUT_MS,
);

async function askedMore(namespace: string, requests: number): Promise<LoadReport> {
  const report = () => askPod<LoadReport>(namespace, LOAD, POD_PORT, '/report');
  const start = await report();
  return await waitFor(
    async () => {
      const now = await report();
      return now.requests >= start.requests + requests && now;
    },
    { timeoutMs: LOADED_TIMEOUT_MS, intervalMs: 500, describe: `${requests} more requests` },
  );
}

function loadPod(namespace: string): object {
  return pod(namespace, LOAD, {
    containers: [
      {
        name: LOAD,
        image: 'pods',
        args: ['load', '--url', `http://${jwksRelease(SET)}${JWKS_PATH}`],
        ports: { report: POD_PORT },
        readiness: { path: '/report', port: POD_PORT },
      },
    ],
  });
}
