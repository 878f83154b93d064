import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createLocalJWKSet, createRemoteJWKSet, jwtVerify, SignJWT } from 'jose';
import { Wait } from 'testcontainers';
import { describe, expect, test } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { makeJwks, makeKey, SERVE_JSON, until } from '../server/fixtures.ts';
import { ProjectedVolume } from '../support/files/projected-volume.ts';
import { temporaryFolder } from '../support/files/temporary-folder.ts';
import { openRaw, parseResponse, sendRaw } from '../support/http/raw-http.ts';
import { kubeconfigText, sendEmptyLists, startApiSocket } from '../support/kube/api-socket.ts';
import { makeCertificate } from '../support/kube/certificate.ts';
import { recordFigure } from '../support/vitest/record-figure.ts';
import { msUntilLogged, runOnce, startOperating, startServing, stopInOrder } from './containers.ts';

const JWKS = '/.well-known/jwks.json';
const LISTENS = 'the JWKS server listens';
/** A tenth of it on an idle machine. */
const START_MS_MAX = 5000;
/** Of a Pod, where nothing else is said. */
const GRACE_SECONDS = 30;
const STARTS = 5;

const files = (jwks: string) => ({ 'jwks.json': jwks, 'serve.json': SERVE_JSON });

/** A folder that the user of the image may read, as one that a kubelet mounts. */
function mountedFolder(): ProjectedVolume {
  const folder = temporaryFolder();
  chmodSync(folder, 0o755);
  return new ProjectedVolume(folder);
}

test('serves a mounted folder and follows its swaps, with nothing but what it needs', async () => {
  const volume = mountedFolder();
  const old = makeKey('payments-1');
  await volume.project(files(JSON.stringify({ keys: [old.publicJwk] })));
  const ready = Wait.forHttp('/readyz', 8081);
  const { port } = await startServing(volume.folder, ready);
  const tokenOf = (key: typeof old, kid: string) =>
    new SignJWT({})
      .setProtectedHeader({ alg: 'ES256', kid })
      .setExpirationTime('1m')
      .sign(key.privateJwk);
  const url = new URL(`http://127.0.0.1:${port}${JWKS}`);
  await jwtVerify(await tokenOf(old, 'payments-1'), createRemoteJWKSet(url));

  const next = makeKey('payments-2');
  const both = JSON.stringify({ keys: [old.publicJwk, next.publicJwk] });
  await volume.project(files(both));
  const body = await until('the swap is served', async () => {
    const answer = await sendRaw(port, `GET ${JWKS}`);
    return answer.body.includes('payments-2') && answer.body;
  });
  const served = createLocalJWKSet(JSON.parse(body));
  await jwtVerify(await tokenOf(old, 'payments-1'), served);
  await jwtVerify(await tokenOf(next, 'payments-2'), served);
});

test('process 1 takes SIGTERM, answers what is under way and ends within its grace', async () => {
  const volume = mountedFolder();
  const jwks = makeJwks('payments-1');
  await volume.project(files(jwks));
  const wait = Wait.forLogMessage(LISTENS);
  const { container, port } = await startServing(volume.folder, wait, '--shutdown-delay', '5s');
  const underWay = await openRaw(port);
  underWay.socket.write(`GET ${JWKS} HTTP/1.1\r\nHo`);
  // One whole exchange later, the server has seen what was sent before it.
  await sendRaw(port, `GET ${JWKS}`);
  const stopping = stopInOrder(container, GRACE_SECONDS);
  await until('it stops', async () => {
    const { headers } = await sendRaw(port, `GET ${JWKS}`, ['Connection: keep-alive']);
    return headers['connection'] === 'close';
  });
  underWay.socket.write('st: test\r\n\r\n');
  expect(parseResponse(await underWay.closed)).toMatchObject({ status: 200, body: jwks });
  const { exitCode, tookMs } = await stopping;
  expect(exitCode).toBe(0);
  expect(tookMs).toBeLessThan(GRACE_SECONDS * 1000);
  recordFigure('stopMs', Math.round(tookMs));
});

test('the operator works in it: ready against an API server, and it ends in order', async () => {
  const certificate = makeCertificate();
  await using api = await startApiSocket(sendEmptyLists, certificate);
  const ca = Buffer.from(certificate.certificate).toString('base64');
  const cluster = { server: api.url, 'certificate-authority-data': ca };
  const kubeconfig = join(temporaryFolder(), 'kubeconfig');
  writeFileSync(kubeconfig, kubeconfigText(cluster, { token: 'image-test' }), { mode: 0o644 });
  chmodSync(join(kubeconfig, '..'), 0o755);
  const started = Wait.forLogMessage('operator started');
  const container = await startOperating(kubeconfig, started);
  // The watches follow the lists that make it ready.
  await until('a watch', () => api.requests.some((request) => request.includes('watch=true')));
  recordFigure('operatorStartMs', await msUntilLogged(container.getId(), 'operator started'));
  expect((await stopInOrder(container, GRACE_SECONDS)).exitCode).toBe(0);
});

test('it starts quickly', async () => {
  const volume = mountedFolder();
  await volume.project(files(makeJwks('payments-1')));
  const times: number[] = [];
  for (let start = 0; start < STARTS; start++) {
    const { container } = await startServing(volume.folder, Wait.forLogMessage(LISTENS));
    times.push(await msUntilLogged(container.getId(), LISTENS));
    await stopInOrder(container, 0);
  }
  const median = times.sort((a, b) => a - b)[Math.floor(STARTS / 2)] ?? Number.NaN;
  recordFigure('serveStartMs', median);
  expect(median).toBeLessThan(START_MS_MAX);
});

describe('one run', () => {
  test.each([
    [['version'], 0, `${manifest.version}\n`],
    [[], 0, 'Usage: signing-keys COMMAND'],
    [['operator', '--help'], 0, '--leader-elect'],
    [['smoke-test', '--help'], 0, '--timeout'],
    [['smoke-test', '--timeout', '1d'], 2, "error: --timeout is '1d'"],
    [['smoke-test'], 2, 'error: no cluster is configured'],
    [['serve', '--dri', '/jwks'], 2, 'error: unknown option'],
    [['serve', '--dir', '/jwks'], 2, "error: --dir is '/jwks', which does not exist"],
    [['operator', '--workers', '0'], 2, "error: --workers is '0'"],
    [['operator'], 2, 'error: no cluster is configured'],
    [['nonsense'], 2, "error: there is no command 'nonsense'"],
  ])('%j ends with %i', async (args, code, text) => {
    const { exitCode, stdout, stderr } = await runOnce(args);
    expect(exitCode === 0 ? stdout : stderr).toContain(text);
    expect(exitCode).toBe(code);
    if (code !== 0) expect(stderr.split('\n')).toHaveLength(2);
  });
});
