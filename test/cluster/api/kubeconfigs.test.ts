/**
 * A kubeconfig means what it means for kubectl: the same file and environment are given to both, and
 * what arrives at the server is compared.
 */
import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  type ApiSocket,
  kubeconfigText,
  sendJson,
  startApiSocket,
  TestFolder,
} from '../../support/kube/api-socket.ts';
import { makeCertificate } from '../../support/kube/certificate.ts';
import { sharedControlPlane } from '../shared-control-plane.ts';
import { startHttpProxy, startSocksProxy } from './proxies.ts';

const run = promisify(execFile);
const READER = fileURLToPath(new URL('../../support/kube/read-once.ts', import.meta.url));

/** Whom the server takes for the client, and by which way the request came. */
interface Arrival {
  readonly authorization: string | null;
  readonly impersonation: Readonly<Record<string, readonly string[]>>;
  readonly certificate: string | null;
  readonly viaProxy: string | null;
}

interface World {
  readonly folder: TestFolder;
  readonly api: ApiSocket;
  readonly plain: ApiSocket;
  readonly httpProxy: string;
  readonly socksProxy: string;
  readonly certificate: string;
  /** What arrived since it was asked for the last time. */
  arrivals(): readonly Arrival[];
}

async function makeWorld(): Promise<World> {
  const tls = makeCertificate('server');
  const seen: Arrival[] = [];
  const ways: string[] = [];
  const answer: ApiSocket['answer'] = (request, response) => {
    seen.push(arrivalOf(request, ways.splice(0).at(-1) ?? null));
    sendJson(
      response,
      200,
      { kind: 'NamespaceList', apiVersion: 'v1', items: [] },
      { connection: 'close' },
    );
  };
  const api = await startApiSocket(answer, tls);
  const plain = await startApiSocket(answer);
  const folder = new TestFolder();
  onTestFinished(async () => {
    await api[Symbol.asyncDispose]();
    await plain[Symbol.asyncDispose]();
    folder[Symbol.dispose]();
  });
  return {
    ...{ folder, api, plain, certificate: tls.certificate },
    httpProxy: await startHttpProxy(api.port, ways),
    socksProxy: await startSocksProxy(api.port, ways),
    arrivals: () => seen.splice(0),
  };
}

function arrivalOf(request: IncomingMessage, viaProxy: string | null): Arrival {
  const { socket, headersDistinct } = request;
  const peer = 'getPeerCertificate' in socket ? (socket as TLSSocket).getPeerCertificate() : null;
  return {
    authorization: request.headers.authorization ?? null,
    impersonation: Object.fromEntries(
      Object.entries(headersDistinct)
        .filter(([name]) => name.startsWith('impersonate-'))
        .map(([name, values]) => [name, values ?? []]),
    ),
    certificate: String(peer?.subject?.CN ?? '') || null,
    viaProxy,
  };
}

/** Nothing of this machine's own environment that either of them reads. */
function environment(world: World, own: Readonly<Record<string, string>>) {
  return {
    PATH: process.env['PATH'] ?? '',
    HOME: world.folder.path,
    KUBECACHEDIR: join(world.folder.path, 'cache'),
    KUBERC: 'off',
    ...own,
  };
}

interface Case {
  readonly user?: object;
  readonly cluster?: object;
  readonly env?: Readonly<Record<string, string>>;
  /** The kubeconfig's folder is not the one that they are started in. */
  readonly files?: Readonly<Record<string, string>>;
}

type Outcome = { readonly arrived: Arrival } | { readonly refused: string };

async function outcomeOf(world: World, call: () => Promise<unknown>): Promise<Outcome> {
  world.arrivals();
  try {
    await call();
  } catch (error) {
    return { refused: String((error as { stderr?: string }).stderr ?? error) };
  }
  const [arrived] = world.arrivals().slice(-1);
  if (arrived === undefined) throw new Error('it succeeded without a request');
  return { arrived };
}

async function both(make: (world: World) => Case) {
  const world = await makeWorld();
  // Without any credentials kubectl asks whoever is at the terminal.
  const { user = TOKEN, cluster = {}, env = {}, files = {} } = make(world);
  const ca = Buffer.from(world.certificate).toString('base64');
  const given = { server: world.api.url, 'certificate-authority-data': ca, ...cluster };
  const set = Object.entries(given).filter(([, value]) => value !== null);
  for (const [name, text] of Object.entries(files)) {
    const folder = join(world.folder.path, name, '..');
    mkdirSync(folder, { recursive: true });
    chmodSync(world.folder.write(name, text), 0o755);
  }
  const kubeconfig = world.folder.write('config', kubeconfigText(Object.fromEntries(set), user));
  const options = { env: environment(world, env), cwd: '/', timeout: 60_000 };
  const path = '/api/v1/namespaces';
  const theirs = await outcomeOf(world, () =>
    run(
      sharedControlPlane().kubectlPath,
      ['--kubeconfig', kubeconfig, 'get', '--raw', path],
      options,
    ),
  );
  const ours = await outcomeOf(world, () =>
    run(process.execPath, [READER, kubeconfig, path], options),
  );
  return { theirs, ours };
}

const TOKEN = { token: 'a-token' };
const V1 = { apiVersion: 'client.authentication.k8s.io/v1', interactiveMode: 'Never' };
/** Answers with its own environment variable as the token. */
const ECHO = `#!/bin/sh
token=$(printf '%s' "$KUBERNETES_EXEC_INFO$OWN" | od -An -tx1 | tr -d ' \\n')
printf '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"%s"}}' "$token"
`;
const named = { server: 'https://api.example.com:6443', 'tls-server-name': '127.0.0.1' };

describe('the same arrives as from kubectl', () => {
  const cases: Record<string, (world: World) => Case> = {
    'a token': () => ({ user: TOKEN }),
    'name and password': () => ({ user: { username: 'robot', password: 'pä:ss' } }),
    'a user without a password': () => ({ user: { username: 'robot' } }),
    'a token file that wins over the token': () => ({
      user: { ...TOKEN, tokenFile: 'sub/token' },
      files: { 'sub/token': 'from-the-file\n' },
    }),
    'a token file that is not there, and a token': () => ({
      user: { ...TOKEN, tokenFile: 'sub/token' },
    }),
    'a token that wins over a plugin': () => ({
      user: { ...TOKEN, exec: { ...V1, command: './plugin' } },
      files: { plugin: '#!/bin/sh\nexit 1\n' },
    }),
    'everything of as': () => ({
      user: {
        ...TOKEN,
        as: 'robot',
        'as-uid': '1234',
        'as-groups': ['rotators', 'größer'],
        'as-user-extra': { 'Example.com/Scopes': ['one', 'two'], 'a%b c': ['three'], none: [] },
      },
    }),
    'as alone': () => ({ user: { ...TOKEN, as: 'robot' } }),
    'a plugin in a folder below the kubeconfig': () => ({
      user: { exec: { ...V1, command: './sub/plugin' } },
      files: { 'sub/plugin': ECHO },
    }),
    'a plugin with an environment of its own': () => ({
      user: { exec: { ...V1, command: 'sub/plugin', env: [{ name: 'OWN', value: 'mine' }] } },
      files: { 'sub/plugin': ECHO },
    }),
    'a plugin by its name in PATH': ({ folder }) => ({
      user: { exec: { ...V1, command: 'a-plugin-of-ours' } },
      env: { PATH: `${folder.path}/bin:${process.env['PATH']}` },
      files: { 'bin/a-plugin-of-ours': ECHO },
    }),
    'a plugin that answers a certificate': () => {
      const { certificate, key } = makeCertificate('robot');
      const status = { clientCertificateData: certificate, clientKeyData: key };
      const text = JSON.stringify({ apiVersion: V1.apiVersion, kind: 'ExecCredential', status });
      return {
        user: { exec: { ...V1, command: './plugin' } },
        files: { plugin: `#!/bin/sh\ncat <<'END'\n${text}\nEND\n` },
      };
    },
    'a client certificate in files': () => {
      const { certificate, key } = makeCertificate('robot');
      return {
        user: { 'client-certificate': 'robot.crt', 'client-key': 'robot.key' },
        files: { 'robot.crt': certificate, 'robot.key': key },
      };
    },
    'a CA in a file': ({ certificate }) => ({
      user: TOKEN,
      cluster: { 'certificate-authority': 'ca.crt', 'certificate-authority-data': null },
      files: { 'ca.crt': certificate },
    }),
    'a CA that this machine trusts': ({ certificate, folder }) => ({
      user: TOKEN,
      cluster: { 'certificate-authority-data': null },
      env: { SSL_CERT_FILE: join(folder.path, 'ca.crt') },
      files: { 'ca.crt': certificate },
    }),
    'no check of the certificate': () => ({
      user: TOKEN,
      cluster: { 'certificate-authority-data': null, 'insecure-skip-tls-verify': true },
    }),
    'http without credentials, as for kubectl proxy': ({ plain }) => ({
      user: {},
      cluster: { server: plain.url, 'certificate-authority-data': null },
    }),
    'fields without a meaning for requests': () => ({
      user: { ...TOKEN, extensions: [{ name: 'a', extension: { b: 1 } }] },
      cluster: { 'disable-compression': true, extensions: [{ name: 'a', extension: 1 }] },
    }),
    'an http proxy': ({ httpProxy }) => ({
      user: TOKEN,
      cluster: { ...named, 'proxy-url': httpProxy.replace('://', '://robot:p%20w@') },
    }),
    'a SOCKS proxy': ({ socksProxy }) => ({
      user: TOKEN,
      cluster: { ...named, 'proxy-url': socksProxy },
    }),
    'a SOCKS proxy with a password': ({ socksProxy }) => ({
      user: TOKEN,
      cluster: { ...named, 'proxy-url': socksProxy.replace('://', '://robot:secret@') },
    }),
    'a proxy of the kubeconfig that NO_PROXY does not concern': ({ httpProxy }) => ({
      user: TOKEN,
      cluster: { ...named, 'proxy-url': httpProxy },
      env: { NO_PROXY: '*' },
    }),
    HTTPS_PROXY: ({ httpProxy }) => ({
      user: TOKEN,
      cluster: named,
      env: { HTTPS_PROXY: httpProxy },
    }),
    'HTTPS_PROXY without a protocol': ({ httpProxy }) => ({
      user: TOKEN,
      cluster: named,
      env: { HTTPS_PROXY: httpProxy.replace('http://', '') },
    }),
    'a SOCKS proxy in https_proxy': ({ socksProxy }) => ({
      user: TOKEN,
      cluster: named,
      env: { https_proxy: socksProxy },
    }),
    'HTTPS_PROXY, which wins over https_proxy': ({ httpProxy }) => ({
      user: TOKEN,
      cluster: named,
      env: { HTTPS_PROXY: httpProxy, https_proxy: 'http://127.0.0.1:1' },
    }),
    'HTTPS_PROXY, and an address of this machine': () => ({
      user: TOKEN,
      env: { HTTPS_PROXY: 'http://127.0.0.1:1' },
    }),
    'HTTP_PROXY alone': () => ({ user: TOKEN, env: { HTTP_PROXY: 'http://127.0.0.1:1' } }),
  };
  test.each(Object.entries(cases))('%s', async (_, make) => {
    const { theirs, ours } = await both(make);
    expect(theirs).toEqual({ arrived: expect.anything() });
    expect(ours).toEqual(theirs);
  });

  test('what a plugin is told of the cluster', async () => {
    const { theirs, ours } = await both(() => ({
      user: { exec: { ...V1, command: './plugin', provideClusterInfo: true } },
      cluster: {
        'tls-server-name': '127.0.0.1',
        'disable-compression': true,
        extensions: [{ name: 'client.authentication.k8s.io/exec', extension: { audience: 'a' } }],
      },
      files: { plugin: ECHO },
    }));
    const told = ({ arrived }: { arrived: Arrival }) => {
      const hex = arrived.authorization?.replace('Bearer ', '') ?? '';
      const { spec } = JSON.parse(Buffer.from(hex, 'hex').toString());
      // Each world has a port and a certificate of its own, but both programs were in one.
      return spec;
    };
    if (!('arrived' in theirs && 'arrived' in ours))
      throw new Error(JSON.stringify({ theirs, ours }));
    expect(told(theirs).cluster).toHaveProperty('config', { audience: 'a' });
    expect(told(ours)).toEqual(told(theirs));
  });
});

describe('kubectl refuses it as well', () => {
  const cases: Record<string, [(world: World) => Case, RegExp]> = {
    'as-groups without as': [() => ({ user: { ...TOKEN, 'as-groups': ['a'] } }), /as-groups/],
    'a token and a password': [() => ({ user: { ...TOKEN, username: 'a' } }), /username/],
    'a certificate without its key': [
      () => ({ user: { 'client-certificate': 'a' } }),
      /client-key/,
    ],
    'two CAs': [() => ({ cluster: { 'certificate-authority': 'a' } }), /certificate-authority/],
    'a CA, and no check': [
      () => ({ cluster: { 'insecure-skip-tls-verify': true } }),
      /insecure-skip-tls-verify/,
    ],
    'a plugin that is not there': [
      () => ({ user: { exec: { ...V1, command: './sub/plugin' } } }),
      /exec\.command \/.*\/sub\/plugin/,
    ],
    'a plugin without apiVersion': [
      () => ({ user: { exec: { command: 'sh', interactiveMode: 'Never' } } }),
      /exec\.apiVersion/,
    ],
    'a plugin that answers nothing': [
      () => ({
        user: { exec: { ...V1, command: './plugin' } },
        files: {
          plugin: `#!/bin/sh\necho '{"apiVersion":"${V1.apiVersion}","kind":"ExecCredential","status":{}}'\n`,
        },
      }),
      /exec\.command \/.*\/plugin, started in \/,.* neither a token nor a certificate/,
    ],
    'a provider that kubectl has removed': [
      () => ({ user: { 'auth-provider': { name: 'gcp' } } }),
      /auth-provider/,
    ],
    'a proxy of an unknown kind': [
      () => ({ cluster: { ...named, 'proxy-url': 'socks4://127.0.0.1:1' } }),
      /proxy-url/,
    ],
    'a text that is no text': [() => ({ user: { token: 5 } }), /token must be a text/],
  };
  test.each(Object.entries(cases))('%s', async (_, [make, field]) => {
    const { theirs, ours } = await both(make);
    expect(theirs).toHaveProperty('refused');
    expect(ours).toEqual({ refused: expect.stringMatching(field) });
  });
});
