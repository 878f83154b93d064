import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createLocalJWKSet, createRemoteJWKSet, jwtVerify, SignJWT } from 'jose';
import { describe, expect, onTestFinished, test } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { ProjectedVolume } from '../support/files/projected-volume.ts';
import { openRaw, parseResponse, sendRaw } from '../support/http/raw-http.ts';
import { makeCa } from '../support/tls/forged-certificates.ts';
import { makeFolder, makeJwks, makeKey, SERVE_JSON, until } from './fixtures.ts';
import { startProgram, startServe } from './serve-process.ts';

const JWKS = '/.well-known/jwks.json';
const files = (jwks: string) => ({ 'jwks.json': jwks, 'serve.json': SERVE_JSON });

test('from an empty folder to a token that jose verifies, and on when the set turns bad', async () => {
  const volume = new ProjectedVolume(await makeFolder());
  const server = startServe(volume.folder, '--content-type', 'application/jwk-set+json');
  const { port, metricsPort } = await server.ports();
  const ready = async () => (await sendRaw(metricsPort, 'GET /readyz')).status;
  const metrics = async () => (await sendRaw(metricsPort, 'GET /metrics')).body;
  expect(await ready()).toBe(503);
  expect((await sendRaw(metricsPort, 'GET /healthz')).status).toBe(200);
  expect(await sendRaw(port, `GET ${JWKS}`)).toMatchObject({
    status: 503,
    headers: { 'cache-control': 'no-store', 'retry-after': '5' },
  });
  expect(await metrics()).toMatch(/^signingkeys_jwks_keys 0$/m);

  const { publicJwk, privateJwk } = makeKey('payments-1');
  await volume.project(files(JSON.stringify({ keys: [publicJwk] })));
  await until('it is ready', async () => (await ready()) === 200);
  const token = await new SignJWT({})
    .setProtectedHeader({ alg: 'ES256', kid: 'payments-1' })
    .setExpirationTime('1m')
    .sign(privateJwk);
  const remote = createRemoteJWKSet(new URL(`http://127.0.0.1:${port}${JWKS}`));
  await jwtVerify(token, remote);

  await volume.project(files(JSON.stringify({ keys: [privateJwk] })));
  await until('it is logged', () => server.output().includes('JWKS_INVALID'));
  const { body, headers } = await sendRaw(port, `GET ${JWKS}`);
  expect(headers['content-type']).toBe('application/jwk-set+json');
  await jwtVerify(token, createLocalJWKSet(JSON.parse(body)));
  expect(body).not.toContain('"d"');
  expect(server.output()).not.toContain(privateJwk['d']);
  expect(await ready()).toBe(200);
  const text = await metrics();
  expect(text).toMatch(/^signingkeys_jwks_keys 1$/m);
  expect(text).toMatch(/^signingkeys_jwks_key_info\{kid="payments-1"\} 1$/m);
  expect(text).toMatch(/^signingkeys_jwks_last_change_timestamp_seconds 1[0-9.]+/m);
  expect(text).toMatch(
    /^signingkeys_jwks_last_load_timestamp_seconds\{result="failure"\} 1[0-9.]+/m,
  );
  expect(text).toMatch(/^signingkeys_http_requests_total\{code="503",path=".*jwks.json"\} 1$/m);
});

test('with a certificate its metrics are for clients of the CA, which may come later', async () => {
  const [volume, secret, authorities] = await Promise.all(
    ['jwks', 'tls', 'ca'].map(async (name) => new ProjectedVolume(join(await makeFolder(), name))),
  );
  const ca = makeCa();
  const client = ca.issue({ usage: 'clientAuth' });
  await volume?.project(files(makeJwks('payments-1')));
  const server = startServe(
    volume?.folder ?? '',
    ...['--metrics-tls-port', '0', '--metrics-tls-dir', secret?.folder ?? ''],
    ...[
      '--shutdown-delay',
      '0s',
      '--metrics-client-ca-file',
      join(authorities?.folder ?? '', 'ca.crt'),
    ],
  );
  const { metricsPort } = await server.ports();
  expect((await sendRaw(metricsPort, 'GET /readyz')).status).toBe(200);
  expect((await sendRaw(metricsPort, 'GET /metrics')).status).toBe(404);
  for (const code of ['METRICS_CERTIFICATE_INVALID', 'METRICS_CLIENT_CA_INVALID']) {
    await until('it is logged', () => server.output().includes(code));
  }
  await authorities?.project({ 'ca.crt': ca.certificate });
  const { certificate, key } = ca.issue();
  await secret?.project({ 'tls.crt': certificate, 'tls.key': key });
  const port = Number(/"metricsTlsPort":([0-9]+)/.exec(server.output())?.[1]);
  const identity = { cert: client.certificate, key: client.key };
  const scrape = async () => {
    const options = { host: '127.0.0.1', port, path: '/metrics', agent: false };
    const asking = request({ ...options, ca: ca.certificate, ...identity }).end();
    const [response]: IncomingMessage[] = await once(asking, 'response');
    return await response?.setEncoding('utf8').reduce((sum, part) => sum + part, '');
  };
  const text = await until('it is scraped', scrape, 20_000);
  expect(text).toMatch(/^signingkeys_jwks_keys 1$/m);
  server.kill('SIGTERM');
  expect(await server.ended).toBe(0);
}, 40_000);

test('the path of the issuer is read from the folder, and followed when it changes there', async () => {
  const volume = new ProjectedVolume(await makeFolder());
  const jwks = makeJwks('payments-1');
  const project = (issuer: string) =>
    volume.project({
      ...files(jwks),
      'openid-configuration.json': JSON.stringify({ issuer, jwks_uri: `${issuer}${JWKS}` }),
    });
  await project('https://auth.example.com/realms/x');
  const { port } = await startServe(volume.folder).ports();
  const statusAt = async (path: string) => (await sendRaw(port, `GET ${path}`)).status;
  expect(await sendRaw(port, `GET /realms/x${JWKS}`)).toMatchObject({ status: 200, body: jwks });
  expect(await statusAt('/realms/x/.well-known/openid-configuration')).toBe(200);
  await project('https://auth.example.com/realms/y');
  await until('the path has moved', async () => (await statusAt(`/realms/y${JWKS}`)) === 200);
  expect(await statusAt(`/realms/x${JWKS}`)).toBe(404);
});

describe('SIGTERM', () => {
  test('makes the server unready, and then ends it without leaving a request unanswered', async () => {
    const volume = new ProjectedVolume(await makeFolder());
    const jwks = makeJwks('payments-1');
    await volume.project(files(jwks));
    const server = startServe(volume.folder, '--shutdown-delay', '3s');
    const { port, metricsPort } = await server.ports();
    const underWay = await openRaw(port);
    underWay.socket.write(`GET ${JWKS} HTTP/1.1\r\nHo`);
    // One whole exchange later, the server has seen what was sent before it.
    await sendRaw(port, `GET ${JWKS}`);
    server.kill('SIGTERM');
    await until('it is unready', async () => {
      return (await sendRaw(metricsPort, 'GET /readyz')).status === 503;
    });
    expect((await sendRaw(port, `GET ${JWKS}`)).status).toBe(200);
    await until('new connections are refused', () =>
      openRaw(port).then(
        () => false,
        () => true,
      ),
    );
    underWay.socket.write('st: test\r\n\r\n');
    expect(parseResponse(await underWay.closed)).toMatchObject({ status: 200, body: jwks });
    expect(await server.ended).toBe(0);
  });

  test.each([
    ['SIGTERM' as const, 143],
    ['SIGINT' as const, 130],
  ])('and then %s ends it at once', async (second, code) => {
    const server = startServe(await makeFolder(), '--shutdown-delay', '10m');
    await server.ports();
    server.kill('SIGTERM');
    await until('it is stopping', () => server.output().includes('stopping'));
    server.kill(second);
    expect(await server.ended).toBe(code);
  });
});

describe('what a user can correct ends in one line and exit code 2', () => {
  test.each([
    [[], 'error: no command is given; use one of operator, serve, smoke-test, version'],
    [
      ['server'],
      `error: there is no command 'server'; use one of operator, serve, smoke-test, version`,
    ],
    [['serve'], 'error: --dir is missing; write it, or set SIGNING_KEYS_DIR'],
    [['serve', '--dri', '.'], 'error: unknown option'],
    [['serve', '--dir', '.', 'more'], 'error: too many arguments'],
    [['serve', '--dir', '/not/there'], `error: --dir is '/not/there', which does not exist; mount`],
    [['serve', '--dir', 'package.json'], `error: --dir is 'package.json', which is not a folder`],
    [['serve', '--dir', '.', '--port', '65536'], `error: --port is '65536'; write a whole number`],
    [['serve', '--dir', '.', '--poll-interval', '1d'], `error: --poll-interval is '1d'; write a`],
    [
      ['serve', '--dir', '.', '--content-type', 'text/html'],
      `error: --content-type is 'text/html'`,
    ],
    [['serve', '--dir', '.', '--max-connections', '0'], `error: --max-connections is '0'; write`],
    [['serve', '--dir', '.', '--log-level', 'loud'], `error: --log-level is 'loud'; write one of`],
  ])('%j', async (argv, message) => {
    const program = startProgram(argv);
    expect(await program.ended).toBe(2);
    expect(program.output()).toContain(message);
    expect(program.output().split('\n')).toHaveLength(2);
  });

  test('a port that another process uses', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void other.close());
    await until('the other listens', () => other.listening);
    const { port } = other.address() as { port: number };
    const folder = await makeFolder();
    for (const flag of ['--port', '--metrics-port']) {
      const program = startServe(folder, '--log-level', 'error', flag, String(port));
      expect(await program.ended).toBe(2);
      expect(program.output()).toMatch(/^error: .*EADDRINUSE.*choose another port \((.*)\)\n$/);
      expect(program.output()).toContain(`(${flag})`);
      expect(program.output()).toContain(String(port));
    }
  });

  test('an environment variable', async () => {
    const program = startProgram(['serve', '--dir', '.'], { SIGNING_KEYS_SHUTDOWN_DELAY: 'soon' });
    expect(await program.ended).toBe(2);
    expect(program.output()).toContain('SIGNING_KEYS_SHUTDOWN_DELAY');
  });
});

test('options come from the environment as well, and a folder need not be a mount', async () => {
  const folder = await makeFolder();
  await writeFile(join(folder, 'jwks.json'), makeJwks('payments-1'));
  await writeFile(join(folder, 'serve.json'), SERVE_JSON);
  const server = startProgram(['serve', '--metrics-port', '0'], {
    SIGNING_KEYS_DIR: folder,
    SIGNING_KEYS_HOST: '127.0.0.1',
    SIGNING_KEYS_PORT: '0',
  });
  const { port } = await server.ports();
  expect((await sendRaw(port, `GET ${JWKS}`)).status).toBe(200);
});

test.each([
  [['version'], `${manifest.version}\n`],
  [['--help'], 'Usage: signing-keys COMMAND'],
  [['serve', '--help'], '--poll-interval <duration>'],
])('%j prints and ends well', async (argv, text) => {
  const program = startProgram(argv);
  expect(await program.ended).toBe(0);
  expect(program.output()).toContain(text);
});
