import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';
import { describe, expect, onTestFinished, test } from 'vitest';
import { isRunning } from '../../support/process/is-running.ts';
import { recordFigure } from '../../support/vitest/record-figure.ts';
import { waitFor } from '../../support/wait/wait-for.ts';
import { ensureBinaries } from '../control-plane/binaries.ts';
import {
  type ControlPlane,
  type ControlPlaneOptions,
  startControlPlane,
} from '../control-plane/control-plane.ts';
import { readVersions } from '../control-plane/versions.ts';
import {
  auditEvents,
  auditWrites,
  createNamespace,
  createServiceAccount,
  kubectl,
  request,
  sharedControlPlane,
} from '../shared-control-plane.ts';

const say = (line: string) => process.stderr.write(`${line}\n`);
const run = promisify(execFile);

async function ownControlPlane(
  options: Omit<ControlPlaneOptions, 'binaries'> = {},
): Promise<ControlPlane> {
  const controlPlane = await startControlPlane({ ...options, binaries: await ensureBinaries(say) });
  onTestFinished(() => controlPlane.stop());
  return controlPlane;
}

const configMap = (name: string, data: Record<string, string>) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name },
  data,
});

async function grant(namespace: string, user: string): Promise<void> {
  const rule = ['--verb=create', '--resource=configmaps'];
  await kubectl(['create', 'role', 'writer', ...rule, '-n', namespace]);
  const binding = ['--role=writer', `--user=${user}`];
  await kubectl(['create', 'rolebinding', 'writer', ...binding, '-n', namespace]);
}

describe('the shared control plane', () => {
  test('reports the version that the program was built from', async () => {
    const answer = await request({ method: 'GET', path: '/version' });
    const { kubeApiserver } = await ensureBinaries(say);
    const { stdout } = await run(kubeApiserver, ['--version']);
    const { gitVersion } = answer.body as { gitVersion: string };
    expect(stdout.trim()).toBe(`Kubernetes ${gitVersion}`);
    // With KUBEBUILDER_ASSETS the version is the choice of whoever set it.
    if (process.env['KUBEBUILDER_ASSETS'] === undefined) {
      // Downloaded programs may be of another patch release.
      const minorRelease = (version: string) => version.split('.').slice(0, 2);
      expect(minorRelease(gitVersion)).toEqual(minorRelease(readVersions().kubernetes));
    }
  });

  test('notes who wrote what to which object, with its result', async () => {
    const namespace = await createNamespace('audit');
    const sinceMs = Date.now();
    const as = await createServiceAccount(namespace, 'writer');
    const path = `/api/v1/namespaces/${namespace}/configmaps`;
    const refused = await request({ method: 'POST', path, body: configMap('a', {}) }, as);
    await grant(namespace, as.user);
    const made = await waitFor(
      async () => {
        const answer = await request({ method: 'POST', path, body: configMap('a', {}) }, as);
        return answer.status === 403 ? null : answer.status;
      },
      { timeoutMs: 10_000, describe: 'the role binding to count' },
    );
    expect([refused.status, made]).toEqual([403, 201]);
    const writes = auditWrites({ namespace, user: as.user, sinceMs });
    expect(writes.at(0)).toMatchObject({
      verb: 'create',
      resource: 'configmaps',
      responseStatus: 403,
    });
    expect(writes.at(-1)).toMatchObject({
      verb: 'create',
      group: '',
      resource: 'configmaps',
      namespace,
      name: 'a',
      user: `system:serviceaccount:${namespace}:writer`,
      responseStatus: 201,
    });
    expect(writes.at(-1)?.finishedAtMs).toBeGreaterThanOrEqual(sinceMs);
  });

  test('tells writes from reads', async () => {
    const namespace = await createNamespace('reads');
    const path = `/api/v1/namespaces/${namespace}/secrets`;
    await request({ method: 'GET', path });
    const filter = { namespace, resource: 'secrets' };
    expect(auditEvents(filter)).toMatchObject([{ verb: 'list', responseStatus: 200 }]);
    expect(auditWrites(filter)).toEqual([]);
  });

  test('refuses a user without rights', async () => {
    const namespace = await createNamespace('rbac');
    await expect(
      kubectl(['get', 'secrets', '-n', namespace], { user: 'powerless' }),
    ).rejects.toThrow(/"powerless" cannot list resource "secrets"/);
  });

  test('takes a pod without a controller manager', async () => {
    const namespace = await createNamespace('pods');
    await kubectl(['run', 'idle', '--image=none', '-n', namespace]);
    expect(await kubectl(['get', 'pods', '-n', namespace, '-o', 'name'])).toBe('pod/idle\n');
  });

  test('takes manifests from stdin', async () => {
    const namespace = await createNamespace('stdin');
    const stdin = JSON.stringify(configMap('from-stdin', { a: 'b' }));
    await kubectl(['apply', '-n', namespace, '-f', '-'], { stdin });
    const get = ['get', 'configmap', 'from-stdin', '-n', namespace, '-o', 'jsonpath={.data.a}'];
    expect(await kubectl(get)).toBe('b');
  });

  test('names the users that it has when asked for another', async () => {
    expect(() => kubectl(['get', 'pods'], { user: 'nobody' })).toThrow(
      'the shared control plane has no user "nobody"; it has admin, powerless',
    );
    expect(existsSync(sharedControlPlane().auditLogPath)).toBe(true);
  });
});

describe('a control plane of its own', () => {
  test('two side by side do not know about each other', async () => {
    const startMs = performance.now();
    const [one, other] = await Promise.all([ownControlPlane(), ownControlPlane()]);
    recordFigure('twoControlPlanesReadyMs', Math.round(performance.now() - startMs));
    const path = '/api/v1/namespaces/default/configmaps';
    const body = configMap('only-in-one', {});
    expect((await one.request({ method: 'POST', path, body })).status).toBe(201);
    const get = { method: 'GET', path: `${path}/only-in-one` } as const;
    expect((await one.request(get)).status).toBe(200);
    expect((await other.request(get)).status).toBe(404);
    expect(one.auditWrites({ name: 'only-in-one' })).toHaveLength(1);
    expect(other.auditWrites({ name: 'only-in-one' })).toEqual([]);
  });

  test('keeps its data, address, certificate and users when the API server is killed', async () => {
    const users = [{ name: 'tester', groups: ['system:masters'] }];
    const plane = await ownControlPlane({ users });
    const path = '/api/v1/namespaces/default/configmaps';
    const call = { method: 'POST', path, body: configMap('stays', { a: 'b' }) } as const;
    expect((await plane.request({ ...call, user: 'tester' })).status).toBe(201);
    const { apiServer } = plane.pids();
    await plane.killApiServer();
    expect(isRunning(apiServer)).toBe(false);
    await expect(plane.request({ method: 'GET', path })).rejects.toThrow('ECONNREFUSED');
    await plane.startApiServer();
    // Whatever watches for the death of this process must not take this one for it.
    expect(existsSync(plane.folder)).toBe(true);
    const get = ['get', 'configmap', 'stays', '-o', 'jsonpath={.data.a}'];
    expect(await plane.kubectl(get, { user: 'tester' })).toBe('b');
    expect(plane.auditWrites({ user: 'tester' })).toMatchObject([{ name: 'stays' }]);
    await expect(plane.startApiServer()).rejects.toThrow('running already');
  });

  test('takes flags, and shows the server’s log if they are wrong', async () => {
    await expect(ownControlPlane({ apiServerFlags: ['--no-such-flag'] })).rejects.toThrow(
      /exit code 1:[\s\S]*unknown flag: --no-such-flag/,
    );
  });

  test('leaves no process and no folder when it stops, and may be stopped twice', async () => {
    const plane = await ownControlPlane();
    const { etcd, apiServer } = plane.pids();
    expect([etcd, apiServer].map(isRunning)).toEqual([true, true]);
    await plane.stop();
    expect([etcd, apiServer].map(isRunning)).toEqual([false, false]);
    expect(existsSync(plane.folder)).toBe(false);
    await plane.stop();
  });
});
