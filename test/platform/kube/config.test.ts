import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { KubeConfigError, loadKubeConfig } from '../../../src/platform/kube/config.ts';
import { kubeconfigText, TestFolder } from '../../support/kube/api-socket.ts';

let folder: TestFolder;

beforeEach(() => {
  folder = new TestFolder();
  vi.stubEnv('HOME', folder.path);
  vi.stubEnv('KUBECONFIG', undefined);
  vi.stubEnv('KUBERNETES_SERVICE_HOST', undefined);
});

afterEach(() => {
  vi.unstubAllEnvs();
  folder[Symbol.dispose]();
});

const CLUSTER = { server: 'https://127.0.0.1:6443' };

function failure(load: () => unknown): string {
  try {
    load();
  } catch (error) {
    expect(error).toBeInstanceOf(KubeConfigError);
    expect(error).toMatchObject({ code: 'KUBECONFIG_INVALID' });
    return (error as Error).message;
  }
  throw new Error('it loaded');
}

describe('no cluster', () => {
  test('the message names everything that was searched', () => {
    const message = failure(() => loadKubeConfig({}));
    expect(message).toContain(join(folder.path, '.kube', 'config'));
    expect(message).toMatch(/KUBECONFIG is not set.*not a pod.*Pass --kubeconfig FILE/s);
  });

  test('a pod without a mounted token', () => {
    vi.stubEnv('KUBERNETES_SERVICE_HOST', '10.0.0.1');
    const message = failure(() => loadKubeConfig({ serviceAccountRoot: folder.path }));
    expect(message).toContain('automountServiceAccountToken');
  });

  test('KUBECONFIG names files that do not exist', () => {
    vi.stubEnv('KUBECONFIG', '/nonexistent/a:/nonexistent/b');
    expect(failure(() => loadKubeConfig({}))).toContain('/nonexistent/a (ENOENT)');
  });
});

const text = (fields: object) =>
  JSON.stringify({ ...JSON.parse(kubeconfigText(CLUSTER, { token: 'hunter2' })), ...fields });

test.each([
  [
    'broken YAML',
    'users:\n- token: "hunter2\n  x: [',
    /line \d+ is not valid YAML\. Correct it, or pass another with --kubeconfig FILE$/,
  ],
  ['empty', '', /it has no clusters, contexts and users\. Correct it/],
  ['a scalar', 'hunter2', /has no current-context\. Correct it/],
  [
    'a cluster without server',
    kubeconfigText({}),
    /clusters\[0\]\.cluster\.server is missing\. Correct it/,
  ],
  [
    'no current context',
    text({ 'current-context': '' }),
    /Pass --context with one of these: test$/,
  ],
  [
    'a context that does not exist',
    text({ 'current-context': 'x' }),
    /no context "x"\. Pass --context with one of these: test$/,
  ],
  [
    'a cluster that does not exist',
    text({ clusters: [] }),
    /names the cluster "test", which does not exist\. Correct it/,
  ],
  [
    'a user that does not exist',
    text({ users: [] }),
    /names the user "test", which does not exist\. Correct it/,
  ],
  [
    'a server that is not a URL',
    kubeconfigText({ server: 'hunter2' }),
    /not an http or https URL\. Correct it/,
  ],
  ['a token over http', kubeconfigText({ server: 'http://10.0.0.1' }), /would expose the token/],
  [
    'a proxy of another kind',
    kubeconfigText({ ...CLUSTER, 'proxy-url': 'socks5://x' }),
    /proxy-url must be an http or https URL\. Correct it/,
  ],
  [
    'a proxy whose password is not percent-encoded',
    kubeconfigText({ ...CLUSTER, 'proxy-url': 'http://user:hunter2%@x' }),
    /proxy-url must be an http or https URL\. Correct it/,
  ],
])('%s is refused with a message without secrets', (_, content, message) => {
  const kubeconfig = folder.write('config', content);
  const said = failure(() => loadKubeConfig({ kubeconfig }));
  expect(said).toMatch(message);
  expect(said).toContain(kubeconfig);
  expect(said).not.toContain('hunter2');
});

test('the given file takes precedence over a pod and over KUBECONFIG', () => {
  vi.stubEnv('KUBERNETES_SERVICE_HOST', '10.0.0.1');
  vi.stubEnv('KUBECONFIG', '/nonexistent');
  const kubeconfig = folder.write('config', kubeconfigText(CLUSTER));
  expect(loadKubeConfig({ kubeconfig })).toMatchObject({ source: kubeconfig, namespace: 'auth' });
});

test('of several files the first that defines a name counts, and missing files are skipped', () => {
  const first = folder.write('a', kubeconfigText({ server: 'https://first' }));
  const second = folder.write(
    'b',
    JSON.stringify({
      'current-context': 'other',
      clusters: [
        { name: 'test', cluster: { server: 'https://hidden' } },
        { name: 'other', cluster: { server: 'https://second' } },
      ],
      contexts: [{ name: 'other', context: { cluster: 'other' } }],
    }),
  );
  vi.stubEnv('KUBECONFIG', `/nonexistent:${first}:${second}`);
  expect(loadKubeConfig({}).server.href).toBe('https://first/');
  const other = loadKubeConfig({ context: 'other' });
  expect(other.server.href).toBe('https://second/');
  // A context without a user: its CA must still be used.
  expect(other.config.getCurrentUser()).toEqual({ name: '' });
});
