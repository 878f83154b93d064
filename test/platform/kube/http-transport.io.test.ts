import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { describe, expect, test, vi } from 'vitest';
import { CREDENTIALS_RENEW_MIN_MS } from '../../../src/platform/kube/credentials.ts';
import {
  createKubeTransport,
  type KubeTransport,
  REQUEST_CONNECTIONS_MAX,
} from '../../../src/platform/kube/http-transport.ts';
import type { KubeRequest } from '../../../src/platform/kube/transport.ts';
import { VirtualClock } from '../../support/clock/virtual-clock.ts';
import {
  type ApiSocket,
  kubeconfigText,
  sendJson,
  startApiSocket,
  TestFolder,
} from '../../support/kube/api-socket.ts';
import { makeCertificate } from '../../support/kube/certificate.ts';
import { never, rejection } from '../../support/kube/kube-fixture.ts';
import { eventually } from '../../support/wait/eventually.ts';
import { waitFor } from '../../support/wait/wait-for.ts';

const READ: KubeRequest = { method: 'GET', path: '/api/v1/namespaces' };
const WATCH: KubeRequest = { ...READ, query: { watch: 'true' } };

/** Records the credentials of each request. */
const whoAmI = (api: { seen: string[] }): ApiSocket['answer'] => {
  return (request, response) => {
    api.seen.push(request.headers.authorization ?? 'nobody');
    sendJson(response, 200, {});
  };
};

async function readAll(body: AsyncIterable<Uint8Array>): Promise<string> {
  let text = '';
  for await (const chunk of body) text += Buffer.from(chunk).toString();
  return text;
}

async function read(transport: KubeTransport): Promise<number> {
  const response = await transport.send(READ, never());
  await readAll(response.body);
  return response.status;
}

describe('connections', () => {
  test('are shared, over TLS and HTTP/1.1, up to a maximum number', async () => {
    const tls = makeCertificate();
    const versions = new Set<string>();
    await using api = await startApiSocket((request, response) => {
      versions.add(request.httpVersion);
      sendJson(response, 200, {});
    }, tls);
    using folder = new TestFolder();
    folder.write('ca.crt', tls.certificate);
    const kubeconfig = folder.write(
      'config',
      kubeconfigText({ server: api.url, 'certificate-authority': 'ca.crt' }),
    );
    const transport = createKubeTransport({ kubeconfig, clock: new VirtualClock() });
    expect(transport).toMatchObject({ server: api.url, namespace: 'auth', source: kubeconfig });
    for (let i = 0; i < 20; i += 1) expect(await read(transport)).toBe(200);
    expect(api.opened).toBeLessThanOrEqual(2);
    await Promise.all(Array.from({ length: 50 }, () => read(transport)));
    expect(api.requests.length).toBe(70);
    expect(api.opened).toBeLessThanOrEqual(REQUEST_CONNECTIONS_MAX);
    expect([...versions]).toEqual(['1.1']);
    await transport.close();
    await eventually('all connections are closed', () => api.open === 0);
  });

  test('watches do not starve the requests', async () => {
    await using api = await startApiSocket((request, response) => {
      if (request.url?.includes('watch=true')) response.write('\n');
      else sendJson(response, 200, {});
    });
    using folder = new TestFolder();
    const kubeconfig = folder.write(
      'config',
      kubeconfigText({ server: `${api.url}/prefix/`, 'insecure-skip-tls-verify': true }),
    );
    const transport = createKubeTransport({ kubeconfig, clock: new VirtualClock() });
    const stop = new AbortController();
    const watches = REQUEST_CONNECTIONS_MAX + 2;
    for (let i = 0; i < watches; i += 1) await transport.send(WATCH, stop.signal);
    expect(await read(transport)).toBe(200);
    expect(api.requests.at(-1)).toBe('GET /prefix/api/v1/namespaces');
    stop.abort();
    await eventually('the watches are closed', () => api.open === 1);
    await transport.close();
  });

  test('go through the proxy of the kubeconfig', async () => {
    const tls = makeCertificate();
    await using api = await startApiSocket((_, response) => sendJson(response, 200, {}), tls);
    const tunnels: string[] = [];
    const proxy = createServer().listen(0, '127.0.0.1');
    proxy.on('connect', (request, client: Socket) => {
      tunnels.push(request.url ?? '');
      const upstream = connect(api.port, '127.0.0.1', () => {
        client.write('HTTP/1.1 200 OK\r\n\r\n');
        upstream.pipe(client).pipe(upstream);
      });
      upstream.on('error', () => client.destroy());
      client.on('error', () => upstream.destroy());
    });
    await vi.waitUntil(() => proxy.listening);
    using folder = new TestFolder();
    const kubeconfig = folder.write(
      'config',
      kubeconfigText({
        server: api.url,
        'certificate-authority-data': Buffer.from(tls.certificate).toString('base64'),
        'proxy-url': `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
      }),
    );
    const transport = createKubeTransport({ kubeconfig, clock: new VirtualClock() });
    expect([await read(transport), await read(transport)]).toEqual([200, 200]);
    expect(new Set(tunnels)).toEqual(new Set([`127.0.0.1:${api.port}`]));
    await transport.close();
    await new Promise((resolve) => proxy.close(resolve));
  });
});

describe('the service account of a pod', () => {
  test('is used: a rotated token is read again, and a bad file is an error until it is good', async () => {
    const tls = makeCertificate();
    const api = { seen: [] as string[] };
    await using socket = await startApiSocket(whoAmI(api), tls);
    using pod = new TestFolder();
    const mount = join(pod.path, 'var/run/secrets/kubernetes.io/serviceaccount');
    mkdirSync(mount, { recursive: true });
    const tokenFile = join(mount, 'token');
    const caFile = join(mount, 'ca.crt');
    writeFileSync(join(mount, 'namespace'), 'operators');
    writeFileSync(tokenFile, 'token-1\n');
    writeFileSync(caFile, tls.certificate);
    vi.stubEnv('KUBERNETES_SERVICE_HOST', '127.0.0.1');
    vi.stubEnv('KUBERNETES_SERVICE_PORT', String(socket.port));
    vi.stubEnv('KUBECONFIG', '/nonexistent');
    const clock = new VirtualClock();
    const transport = createKubeTransport({ serviceAccountRoot: pod.path, clock });
    vi.unstubAllEnvs();
    expect(transport).toMatchObject({
      namespace: 'operators',
      source: "the pod's service account",
    });
    await read(transport);

    rmSync(caFile);
    expect(await rejection(read(transport))).toMatchObject({
      name: 'TransportError',
      code: 'CREDENTIALS_UNREADABLE',
      message: `cannot read ${caFile} (ENOENT)`,
    });
    writeFileSync(caFile, 'half a certif');
    expect(await rejection(read(transport))).toMatchObject({ code: 'CA_INVALID' });
    writeFileSync(caFile, tls.certificate);

    // After a failure the next request reads the token again, and finds that it is gone.
    rmSync(tokenFile);
    expect(await rejection(read(transport))).toMatchObject({
      code: 'CREDENTIALS_UNREADABLE',
      message: `cannot read ${tokenFile} (ENOENT)`,
    });
    writeFileSync(tokenFile, '\n');
    expect(await rejection(read(transport))).toMatchObject({ message: `${tokenFile} is empty` });
    writeFileSync(tokenFile, 'token-2\n');
    await read(transport);
    expect(api.seen).toEqual(['Bearer token-1', 'Bearer token-2']);
    await transport.close();
  });
});

test('a kubeconfig’s token file is read again once the server refuses the old token', async () => {
  const seen: string[] = [];
  let accepted = 'Bearer token-1';
  await using api = await startApiSocket((request, response) => {
    seen.push(request.headers.authorization ?? 'nobody');
    sendJson(response, request.headers.authorization === accepted ? 200 : 401, {});
  });
  using folder = new TestFolder();
  folder.write('token', 'token-1');
  const kubeconfig = folder.write(
    'config',
    kubeconfigText(
      { server: api.url, 'insecure-skip-tls-verify': true },
      { tokenFile: 'token', token: 'old' },
    ),
  );
  const clock = new VirtualClock();
  const transport = createKubeTransport({ kubeconfig, clock });
  expect(await read(transport)).toBe(200);
  accepted = 'Bearer token-2';
  folder.write('token', 'token-2');
  expect([await read(transport), await read(transport)]).toEqual([401, 200]);
  // Not after every 401: an exec plugin may be slow.
  accepted = 'Bearer token-3';
  folder.write('token', 'token-3');
  expect([await read(transport), await read(transport)]).toEqual([401, 401]);
  await clock.advance(CREDENTIALS_RENEW_MIN_MS);
  expect([await read(transport), await read(transport)]).toEqual([401, 200]);
  expect(seen.at(-1)).toBe('Bearer token-3');
  await transport.close();
});

test('a new CA takes effect with the next request', async () => {
  const [old, fresh] = [makeCertificate('old'), makeCertificate('fresh')];
  await using api = await startApiSocket((_, response) => sendJson(response, 200, {}), old);
  using folder = new TestFolder();
  const caFile = folder.write('ca.crt', old.certificate);
  const kubeconfig = folder.write(
    'config',
    kubeconfigText({ server: api.url, 'certificate-authority': caFile }),
  );
  const transport = createKubeTransport({ kubeconfig, clock: new VirtualClock() });
  await read(transport);
  api.useCertificate(fresh);
  await eventually('the old connection is gone', () => api.open === 0);
  // The client may hear of the end of the old connection only with its next request.
  const refused = await waitFor(
    async () => {
      const error = await rejection(read(transport));
      expect(error).toMatchObject({ name: 'TransportError' });
      const { code } = error as { readonly code: string };
      return code !== 'ECONNRESET' && code;
    },
    { describe: 'the new certificate is judged', timeoutMs: 10_000, intervalMs: 20 },
  );
  expect(refused).toMatch(/SELF_SIGNED|UNABLE_TO|CERT_SIGNATURE_FAILURE/);
  folder.write('ca.crt', fresh.certificate);
  expect(await read(transport)).toBe(200);
  await transport.close();
});

test('a new client certificate has its own connections, and waits for its key', async () => {
  const server = makeCertificate();
  const [old, fresh] = [makeCertificate('old'), makeCertificate('fresh')];
  const seen: unknown[] = [];
  await using api = await startApiSocket((request, response) => {
    seen.push((request.socket as TLSSocket).getPeerCertificate().subject.CN);
    sendJson(response, 200, {});
  }, server);
  using folder = new TestFolder();
  folder.write('ca.crt', server.certificate);
  folder.write('client.crt', old.certificate);
  folder.write('client.key', old.key);
  const kubeconfig = folder.write(
    'config',
    kubeconfigText(
      { server: api.url, 'certificate-authority': 'ca.crt' },
      { 'client-certificate': 'client.crt', 'client-key': 'client.key' },
    ),
  );
  const transport = createKubeTransport({ kubeconfig, clock: new VirtualClock() });
  await read(transport);
  folder.write('client.crt', fresh.certificate);
  for (let i = 0; i <= REQUEST_CONNECTIONS_MAX; i += 1) {
    const code = 'ERR_OSSL_X509_KEY_VALUES_MISMATCH';
    expect(await rejection(read(transport))).toMatchObject({ name: 'TransportError', code });
  }
  folder.write('client.key', fresh.key);
  await read(transport);
  expect(seen).toEqual(['old', 'fresh']);
  await transport.close();
});

test('the name that the certificate must have may be an address', async () => {
  const tls = makeCertificate();
  await using api = await startApiSocket((_, response) => sendJson(response, 200, {}), tls);
  using folder = new TestFolder();
  folder.write('ca.crt', tls.certificate);
  const reading = async (name: string) => {
    const cluster = {
      server: `https://localhost:${api.port}`,
      'certificate-authority': 'ca.crt',
      'tls-server-name': name,
    };
    const kubeconfig = folder.write('config', kubeconfigText(cluster));
    const transport = createKubeTransport({ kubeconfig, clock: new VirtualClock() });
    return await read(transport).finally(() => transport.close());
  };
  expect(await reading('127.0.0.1')).toBe(200);
  const wrong = await rejection(reading('127.0.0.2'));
  expect(wrong).toMatchObject({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
});

describe('an exec plugin', () => {
  async function withPlugin(
    script: string,
    body: (kube: KubeTransport, folder: TestFolder, api: { seen: string[] }) => Promise<void>,
  ) {
    const api = { seen: [] as string[] };
    await using socket = await startApiSocket(whoAmI(api));
    using folder = new TestFolder();
    const file = folder.write('plugin.mjs', script);
    const apiVersion = 'client.authentication.k8s.io/v1';
    const command = { command: process.execPath, args: [file] };
    const user = { exec: { ...command, apiVersion, interactiveMode: 'Never' } };
    const kubeconfig = folder.write(
      'config',
      kubeconfigText({ server: socket.url, 'insecure-skip-tls-verify': true }, user),
    );
    const transport = createKubeTransport({ kubeconfig, clock: new VirtualClock() });
    await body(transport, folder, api).finally(() => transport.close());
  }

  test('runs once for concurrent requests', async () => {
    const script = `
      import { appendFileSync } from 'node:fs';
      appendFileSync(new URL('./runs', import.meta.url), 'x');
      console.log(JSON.stringify({ status: { token: 'from-plugin' } }));`;
    await withPlugin(script, async (transport, folder, api) => {
      await Promise.all(Array.from({ length: 10 }, () => read(transport)));
      expect(new Set(api.seen)).toEqual(new Set(['Bearer from-plugin']));
      expect(readFileSync(join(folder.path, 'runs'), 'utf8')).toBe('x');
    });
  });

  test.each([
    ['fails', "console.error('hunter2'); process.exit(1);"],
    ['prints no JSON', "console.log('hunter2 {');"],
    ['has no status', "console.log('{}');"],
    ['gives nothing', 'console.log(\'{"status":{}}\');'],
    ['gives a key alone', 'console.log(\'{"status":{"clientKeyData":"hunter2"}}\');'],
  ])('that %s is an error without its output', async (_, script) => {
    await withPlugin(script, async (transport) => {
      const error = await rejection(read(transport));
      expect(error).toMatchObject({ code: 'CREDENTIALS_FAILED' });
      expect(String(error)).toContain(
        `exec.command ${process.execPath}, started in ${process.cwd()}`,
      );
      expect(`${String(error)} ${(error as Error).stack}`).not.toContain('hunter2');
    });
  });
});

test('a request that is aborted before the answer rejects with the reason', async () => {
  await using api = await startApiSocket(() => {});
  using folder = new TestFolder();
  const kubeconfig = folder.write(
    'config',
    kubeconfigText({ server: api.url, 'insecure-skip-tls-verify': true }),
  );
  const transport = createKubeTransport({ kubeconfig, clock: new VirtualClock() });
  const stop = new AbortController();
  const reason = new Error('enough');
  const error = rejection(transport.send(READ, stop.signal));
  await eventually('the request came', () => api.requests.length === 1);
  stop.abort(reason);
  expect(await error).toBe(reason);
  expect(await rejection(transport.send(READ, stop.signal))).toBe(reason);
  await eventually('the connection is closed', () => api.open === 0);
  await transport.close();
});
