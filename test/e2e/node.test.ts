/** What has to be true of the cluster before anything that is seen on it means something. */
import { describe, expect, test } from 'vitest';
import { recordFigure } from '../support/vitest/record-figure.ts';
import { waitFor } from '../support/wait/wait-for.ts';
import { apply, e2eCluster, kubectl, read, request } from './cluster/cluster.ts';
import { createNamespace } from './cluster/namespaces.ts';
import { nodeCommand, pod, service } from './world/pod-specs.ts';
import { askPod, execIn, logsOf, readyPods } from './world/pods-control.ts';

interface NodeList {
  readonly items: readonly {
    readonly status: {
      readonly nodeInfo: { readonly kubeletVersion: string };
      readonly conditions: readonly { readonly type: string; readonly status: string }[];
    };
  }[];
}

const PORT = 9000;
/** What it was asked is what it logs. */
const ECHO = nodeCommand(`
import { createServer } from 'node:http';
process.once('SIGTERM', () => process.exit());
createServer((request, response) => {
  console.log('asked for ' + request.url);
  response.end('echo ' + request.url);
}).listen(${PORT});
`);

const echo = {
  name: 'echo',
  image: 'pods',
  command: ECHO,
  ports: { http: PORT },
  readiness: { path: '/ready', port: PORT },
} as const;

describe('the cluster', () => {
  test('has a node that is Ready, of the version of its API server', async () => {
    const nodes = (await read<NodeList>('/api/v1/nodes'))?.items ?? [];
    const { body } = await request({ path: '/version' });
    const ready = nodes.filter(({ status }) =>
      status.conditions.some(({ type, status: is }) => type === 'Ready' && is === 'True'),
    );
    expect(ready.length).toBeGreaterThan(0);
    const { gitVersion } = body as { gitVersion: string };
    const minor = /^v\d+\.\d+\./.exec(gitVersion)?.[0] ?? gitVersion;
    expect(ready[0]?.status.nodeInfo.kubeletVersion).toContain(minor);
    for (const [name, value] of Object.entries(e2eCluster().startTimes ?? {})) {
      recordFigure(name, value);
    }
  });

  test('lets a pod find another by the name of its Service; exec and logs work', async () => {
    const namespace = await createNamespace('names');
    await apply(
      pod(namespace, 'echo', { containers: [echo] }),
      service(namespace, 'greeter', 'echo', PORT),
      pod(namespace, 'client', { containers: [{ ...echo, name: 'client' }] }),
    );
    const startMs = performance.now();
    await Promise.all([readyPods(namespace, 'echo'), readyPods(namespace, 'client')]);
    recordFigure('podReadyMs', Math.round(performance.now() - startMs));
    const program = `console.log(await (await fetch('http://greeter.${namespace}.svc:${PORT}/by-name')).text())`;
    // The Service's rules reach the node a moment after the pod is Ready.
    const answer = await waitFor(() => execIn(namespace, 'client', nodeCommand(program)), {
      timeoutMs: 90_000,
      describe: 'the Service to answer',
    });
    expect(answer.trim()).toBe('echo /by-name');
    expect(await logsOf(namespace, 'echo')).toContain('asked for /by-name');
    expect(await askPod(namespace, 'echo', PORT, '/by-proxy')).toBe('echo /by-proxy');
  });

  test('refuses a pod that is not restricted', async () => {
    const namespace = await createNamespace('refusing');
    const spec = { containers: [{ name: 'root', image: 'nowhere.test/root' }] };
    const refused = kubectl(
      ['apply', '-f', '-'],
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'root', namespace },
        spec,
      }),
    );
    await expect(refused).rejects.toThrow(/violates PodSecurity "restricted:latest"/);
  });
});
