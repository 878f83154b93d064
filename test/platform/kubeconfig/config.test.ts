import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { KubeConfigError, loadKubeConfig } from '../../../src/platform/kubeconfig/config.ts';
import { kubeconfigText, TestFolder } from '../../support/kube/api-socket.ts';

let folder: TestFolder;

beforeEach(() => {
  folder = new TestFolder();
  vi.stubEnv('HOME', folder.path);
  vi.stubEnv('KUBECONFIG', undefined);
  vi.stubEnv('KUBERNETES_SERVICE_HOST', undefined);
  vi.stubEnv('KUBERNETES_MASTER', undefined);
  vi.stubEnv('POD_NAMESPACE', undefined);
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
  ['empty', '', /has no current-context\. Correct it/],
  ['a scalar', 'hunter2', /it has no clusters, contexts and users\. Correct it/],
  ['another kind', text({ kind: 'Secret' }), /must have kind Config and apiVersion v1\. Correct/],
  [
    'a list of no mappings',
    text({ users: ['hunter2'] }),
    /users must be a list of mappings\. Corr/,
  ],
  [
    'an entry without a name',
    text({ users: [{ user: {} }] }),
    /users\[0\]\.name is missing\. Corr/,
  ],
  [
    'a cluster without server',
    kubeconfigText({}),
    /the cluster "test": server is missing\. Correct it/,
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
  [
    'a token over http',
    kubeconfigText({ server: 'http://10.0.0.1' }, { token: 'hunter2' }),
    /would expose token/,
  ],
  [
    'a proxy of another kind',
    kubeconfigText({ ...CLUSTER, 'proxy-url': 'socks4://x' }),
    /proxy-url must be an http, https or socks5 URL\. Correct it/,
  ],
  [
    'a proxy whose password is not percent-encoded',
    kubeconfigText({ ...CLUSTER, 'proxy-url': 'http://user:hunter2%@x' }),
    /proxy-url must be an http, https or socks5 URL\. Correct it/,
  ],
])('%s is refused with a message without secrets', (_, content, message) => {
  const kubeconfig = folder.write('config', content);
  const said = failure(() => loadKubeConfig({ kubeconfig }));
  expect(said).toMatch(message);
  expect(said).toContain(kubeconfig);
  expect(said).not.toContain('hunter2');
});

const EXEC = { command: 'node', apiVersion: 'client.authentication.k8s.io/v1' };
const exec = (fields: object) => ({ exec: { ...EXEC, interactiveMode: 'Never', ...fields } });

/** Each field that is not honoured, and each that contradicts another one, by its name. */
test.each<[object, object, RegExp]>([
  [{ 'as-groups': ['a'] }, {}, /has as-groups, but not as\./],
  [{ 'as-uid': 'a' }, {}, /has as-uid, but not as\./],
  [{ 'as-user-extra': { a: ['b'] } }, {}, /has as-user-extra, but not as\./],
  [{ as: 'robot\nhunter2' }, {}, /as, .* can't have control characters\./],
  [{ as: 5 }, {}, /: as must be a text\./],
  [{ as: 'a', 'as-groups': 'hunter2' }, {}, /: as-groups must be a list of texts\./],
  [{ as: 'a', 'as-user-extra': { a: 'hunter2' } }, {}, /as-user-extra must be lists of texts/],
  [{ 'as-group': ['a'] }, {}, /has a field "as-group", which kubectl does not know\./],
  [{ 'hunter2 ': 'a' }, {}, /has a field that kubectl does not know\./],
  [{ 'token-file': 'a' }, {}, /has a field "token-file", which kubectl does not know\./],
  [{ token: 'hunter2', username: 'a' }, {}, /only one of token and username can count\./],
  [{ password: 'hunter2' }, {}, /has a password, but no username\./],
  [{ 'client-certificate': 'a' }, {}, /has a client-certificate, but no client-key\./],
  [{ 'client-key': 'a' }, {}, /has a client-key, but no client-certificate\./],
  [
    { 'client-certificate': 'a', 'client-certificate-data': 'aaaa', 'client-key': 'b' },
    {},
    /only one of client-certificate and client-certificate-data can count\./,
  ],
  [{ 'client-key-data': 'hunter2!' }, {}, /client-key-data must be base64\./],
  [{ 'auth-provider': { name: 'gcp' } }, {}, /has an auth-provider, .*Use exec with a plugin/],
  [{ 'auth-provider': { name: 'oidc' } }, {}, /has an auth-provider, .*kubelogin for OIDC/],
  [exec({ command: '' }), {}, /exec\.command is missing\./],
  [exec({ apiVersion: 'client.authentication.k8s.io/v1alpha1' }), {}, /exec\.apiVersion must be /],
  [exec({ interactiveMode: 'Always' }), {}, /exec\.interactiveMode is Always, .*Use a plugin/],
  [{ exec: EXEC }, {}, /exec\.interactiveMode must be Never/],
  [exec({ env: [{ value: 'hunter2' }] }), {}, /exec\.env has an entry without a name\./],
  [exec({ env: [{ name: 'A', valueFrom: 'x' }] }), {}, /exec\.env has a field "valueFrom"/],
  [exec({ arguments: [] }), {}, /exec has a field "arguments"/],
  [
    exec({ command: './sub/plugin.sh' }),
    {},
    /cannot run exec\.command \/.+\/sub\/plugin\.sh \(ENOENT\)/,
  ],
  [
    exec({ command: 'no-such-plugin', installHint: '\u001b[1mbrew install it\u001b[0m' }),
    {},
    /exec\.command no-such-plugin \(ENOENT, looked for in the folders of PATH\).*says: brew install it$/,
  ],
  [
    {},
    { 'certificate-authority': 'a', 'certificate-authority-data': 'aaaa' },
    /only one of certif/,
  ],
  [
    {},
    { 'certificate-authority': 'a', 'insecure-skip-tls-verify': true },
    /only one of certificate-authority and insecure-skip-tls-verify can count\./,
  ],
  [{}, { 'insecure-skip-tls-verify': 'yes' }, /insecure-skip-tls-verify must be true or false\./],
  [{}, { 'certificate-authorities': 'a' }, /has a field "certificate-authorities"/],
  [{ as: 'a' }, { server: 'http://10.0.0.1' }, /http to http:\/\/10\.0\.0\.1 would expose as\./],
])('the user %j of the cluster %j is refused by a field', (user, cluster, message) => {
  const kubeconfig = folder.write('config', kubeconfigText({ ...CLUSTER, ...cluster }, user));
  const said = failure(() => loadKubeConfig({ kubeconfig }));
  expect(said).toMatch(message);
  expect(said).toContain(kubeconfig);
  expect(said).not.toContain('hunter2');
});

test('only what the context uses is judged, as kubectl does', () => {
  const config = JSON.parse(kubeconfigText(CLUSTER));
  config.clusters.push({ name: 'broken', cluster: {} });
  config.users.push({ name: 'broken', user: { 'auth-provider': { name: 'gcp' } } });
  const kubeconfig = folder.write('config', JSON.stringify(config));
  expect(loadKubeConfig({ kubeconfig }).server.href).toBe('https://127.0.0.1:6443/');
});

test('a namespace that is none is refused', () => {
  const config = JSON.parse(kubeconfigText(CLUSTER));
  config.contexts[0].context.namespace = 'No Namespace';
  const kubeconfig = folder.write('config', JSON.stringify(config));
  expect(failure(() => loadKubeConfig({ kubeconfig }))).toMatch(
    /namespace is not a namespace's name/,
  );
});

test('a proxy in the environment that is none is refused by the variable’s name', () => {
  const kubeconfig = folder.write('config', kubeconfigText({ server: 'https://api.example.com' }));
  vi.stubEnv('https_proxy', undefined);
  vi.stubEnv('NO_PROXY', undefined);
  vi.stubEnv('no_proxy', undefined);
  vi.stubEnv('HTTPS_PROXY', 'socks4://user:hunter2@proxy');
  const said = failure(() => loadKubeConfig({ kubeconfig }));
  expect(said).toMatch(/the environment variable HTTPS_PROXY must be .*NO_PROXY/);
  expect(said).not.toContain('hunter2');
  vi.stubEnv('NO_PROXY', 'example.com');
  expect(loadKubeConfig({ kubeconfig }).proxy).toBeNull();
  vi.stubEnv('NO_PROXY', '');
  vi.stubEnv('HTTPS_PROXY', 'proxy:3128');
  expect(loadKubeConfig({ kubeconfig }).proxy?.href).toBe('http://proxy:3128/');
});

test('KUBERNETES_MASTER is named if nothing else is set', () => {
  vi.stubEnv('KUBERNETES_MASTER', 'http://10.0.0.1');
  expect(failure(() => loadKubeConfig({}))).toMatch(/KUBERNETES_MASTER is set, but/);
});

test('POD_NAMESPACE chooses the namespace in a pod', () => {
  const mount = join(folder.path, 'var/run/secrets/kubernetes.io/serviceaccount');
  mkdirSync(mount, { recursive: true });
  writeFileSync(join(mount, 'token'), 'a');
  writeFileSync(join(mount, 'namespace'), 'mounted\n');
  vi.stubEnv('KUBERNETES_SERVICE_HOST', '10.0.0.1');
  vi.stubEnv('KUBERNETES_SERVICE_PORT', '443');
  const load = () => loadKubeConfig({ serviceAccountRoot: folder.path }).namespace;
  expect(load()).toBe('mounted');
  vi.stubEnv('POD_NAMESPACE', 'chosen');
  expect(load()).toBe('chosen');
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
