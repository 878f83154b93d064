import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  createKubeTransport,
  REQUEST_CONNECTIONS_MAX,
} from '../../../src/platform/kube/http-transport.ts';
import { LEASES } from '../../../src/platform/kube/resources.ts';
import type { KubeRequest } from '../../../src/platform/kube/transport.ts';
import { VirtualClock } from '../../support/clock/virtual-clock.ts';
import { kubeconfigText, sendJson, TestFolder } from '../../support/kube/api-socket.ts';
import { type KubeFixture, never, rejection, startKube } from '../../support/kube/kube-fixture.ts';
import { eventually } from '../../support/wait/eventually.ts';

const READ: KubeRequest = { method: 'GET', path: '/api/v1/namespaces/auth/secrets/a' };
const WATCH: KubeRequest = { method: 'GET', path: '/api/v1/secrets', query: { watch: 'true' } };
/** Three reflectors for each of 34 namespaces. */
const MANY_WATCHES = 102;

/** Accepts watches, which then stay silent. Other requests hang. */
function acceptWatches(request: IncomingMessage, response: ServerResponse): void {
  if (request.url?.includes('watch=true')) response.flushHeaders();
}

test('any number of watches is open at once', async () => {
  await using kube = await startKube(acceptWatches);
  const stop = new AbortController();
  let accepted = 0;
  for (let i = 0; i < MANY_WATCHES; i += 1) {
    kube.transport.send(WATCH, stop.signal).then(
      () => {
        accepted += 1;
      },
      () => {}, // The test is over.
    );
  }
  await eventually('all are accepted', () => accepted === MANY_WATCHES);
  expect(kube.api.open).toBe(MANY_WATCHES);
  stop.abort();
  await eventually('they are closed', () => kube.api.open === 0);
});

const LEASE = { metadata: { namespace: 'auth', name: 'operator', resourceVersion: '1' } };

/** Answers requests for leases. Other requests hang. */
function answerLeases(request: IncomingMessage, response: ServerResponse): void {
  if (request.url?.includes('/leases/')) sendJson(response, 200, LEASE);
}

/** Resolves when a request hangs on every connection, and as many more wait. */
async function hangReads(kube: KubeFixture): Promise<void> {
  for (let i = 0; i < 2 * REQUEST_CONNECTIONS_MAX; i += 1) {
    kube.transport.send(READ, never()).catch(() => {}); // Until the transport is closed.
  }
  const { requests } = kube.api;
  await eventually('they hang', () => requests.length === REQUEST_CONNECTIONS_MAX);
}

async function renew(kube: KubeFixture): Promise<void> {
  const deadlineMs = kube.clock.monotonicMs() + 5000;
  await kube.client.replace(LEASES, LEASE, { signal: never(), deadlineMs });
}

test('hanging reads do not delay the renewal of a lease', async () => {
  await using kube = await startKube(answerLeases);
  await hangReads(kube);
  let isRenewed = false;
  renew(kube).then(
    () => {
      isRenewed = true;
    },
    () => {}, // The test notices that it is not renewed.
  );
  await eventually('it is renewed', () => isRenewed);
  expect(kube.api.requests.length).toBe(REQUEST_CONNECTIONS_MAX + 1);
});

describe('a request that waits for a connection', () => {
  test('rejects immediately when it is aborted, and is never sent', async () => {
    const hanging: ServerResponse[] = [];
    await using kube = await startKube((request, response) => {
      answerLeases(request, response);
      if (!response.headersSent) hanging.push(response);
    });
    const reads = Array.from({ length: REQUEST_CONNECTIONS_MAX }, () => read(kube));
    await eventually('they hang', () => hanging.length === REQUEST_CONNECTIONS_MAX);
    const stop = new AbortController();
    const reason = new Error('enough');
    let got: unknown = null;
    rejection(kube.transport.send({ ...READ, path: '/aborted' }, stop.signal)).then((error) => {
      got = error;
    });
    const next = read(kube);
    await renew(kube); // Began later: the earlier requests wait for a connection by now.
    stop.abort(reason);
    await eventually('it is rejected', () => got === reason);
    expect(hanging.length).toBe(REQUEST_CONNECTIONS_MAX);
    kube.api.answer = (_, response) => sendJson(response, 200, {});
    for (const response of hanging) sendJson(response, 200, {});
    expect(new Set(await Promise.all([...reads, next, read(kube)]))).toEqual(new Set([200]));
    expect(kube.api.requests).not.toContain('GET /aborted');
    expect(kube.api.requests.length).toBe(REQUEST_CONNECTIONS_MAX + 3);
  });

  test('rejects when the transport is closed, and opens no more connections', async () => {
    await using kube = await startKube(answerLeases);
    await hangReads(kube);
    const waiting = rejection(kube.transport.send(READ, never()));
    await renew(kube);
    const late = rejection(kube.transport.send(READ, never()));
    await kube.transport.close();
    expect(await waiting).toMatchObject({ name: 'TransportError' });
    expect(await late).toMatchObject({ name: 'TransportError' });
    await eventually('all is closed', () => kube.api.open === 0);
    expect(kube.api.requests.length).toBe(REQUEST_CONNECTIONS_MAX + 1);
  });
});

test('a request that waits for the handshake rejects immediately when it is aborted', async () => {
  const peers: Socket[] = [];
  // Accepts connections and sends nothing.
  const server = createServer((peer) => peers.push(peer));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  using folder = new TestFolder();
  const kubeconfig = folder.write(
    'config',
    kubeconfigText({ server: `https://127.0.0.1:${port}` }),
  );
  const transport = createKubeTransport({ kubeconfig, clock: new VirtualClock() });
  const stop = new AbortController();
  let got: unknown = null;
  rejection(transport.send(READ, stop.signal)).then((error) => {
    got = error;
  });
  await eventually('it connects', () => peers.length === 1);
  const reason = new Error('enough');
  stop.abort(reason);
  await eventually('it is rejected', () => got === reason);
  await transport.close();
  for (const peer of peers) peer.destroy();
  await new Promise((resolve) => server.close(resolve));
});

describe('an answer that arrives as the request is aborted is dropped, with its connection', () => {
  const HEADERS = 'http.client.response.finish';
  test.each<[string, (abort: () => void) => void]>([
    ['while its headers are read', (abort) => abort()],
    ['before anything has received it', (abort) => queueMicrotask(abort)],
    ['when the sender has received it', (abort) => setImmediate(abort)],
  ])('%s', async (_, abortSoon) => {
    await using kube = await startKube((_, response) => {
      response.writeHead(200);
      response.write('the beginning');
    });
    const stop = new AbortController();
    const reason = new Error('enough');
    const onHeaders = () => abortSoon(() => stop.abort(reason));
    subscribe(HEADERS, onHeaders);
    onTestFinished(() => void unsubscribe(HEADERS, onHeaders));
    const sent = kube.transport.send(READ, stop.signal);
    const readWhole = sent.then(async ({ body }) => {
      for await (const _ of body);
    });
    expect(await rejection(readWhole)).toBe(reason);
    await eventually('the connection is closed', () => kube.api.open === 0);
  });
});

/** The status of an answer that was read to its end. */
async function read(kube: KubeFixture): Promise<number> {
  const { status, body } = await kube.transport.send(READ, never());
  for await (const _ of body);
  return status;
}
