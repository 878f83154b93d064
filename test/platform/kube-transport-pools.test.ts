import type { IncomingMessage, ServerResponse } from 'node:http';
import { expect, test } from 'vitest';
import { LEASES } from '../../src/platform/kube-resources.ts';
import { REQUEST_CONNECTIONS_MAX } from '../../src/platform/kube-transport.ts';
import type { KubeRequest } from '../../src/platform/transport.ts';
import { sendJson } from '../support/api-socket.ts';
import { eventually } from '../support/eventually.ts';
import { type KubeFixture, never, startKube } from '../support/kube-fixture.ts';

const READ: KubeRequest = { method: 'GET', path: '/api/v1/namespaces/auth/secrets/a' };
const WATCH: KubeRequest = { method: 'GET', path: '/api/v1/secrets', query: { watch: 'true' } };
/** Three reflectors for each of 34 namespaces. */
const MANY_WATCHES = 102;

/** Accepts watches, which then stay silent; what else comes hangs. */
function acceptWatches(request: IncomingMessage, response: ServerResponse): void {
  if (request.url?.includes('watch=true')) response.flushHeaders();
}

test('as many watches as are asked for are open at once', async () => {
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

/** Answers what is asked of leases; what else comes hangs. */
function answerLeases(request: IncomingMessage, response: ServerResponse): void {
  if (request.url?.includes('/leases/')) sendJson(response, 200, LEASE);
}

/** Resolves when every connection for requests has one that hangs, and as many more wait. */
async function hangReads(kube: KubeFixture): Promise<void> {
  for (let i = 0; i < 2 * REQUEST_CONNECTIONS_MAX; i += 1) {
    kube.transport.send(READ, never()).catch(() => {}); // Until the transport is closed.
  }
  const { requests } = kube.api;
  await eventually('they hang', () => requests.length === REQUEST_CONNECTIONS_MAX);
}

test('reads that hang do not hold up the renewal of a lease', async () => {
  await using kube = await startKube(answerLeases);
  await hangReads(kube);
  let renewals = 0;
  const deadlineMs = kube.clock.monotonicMs() + 5000;
  const renew = async () => {
    await kube.client.replace(LEASES, LEASE, { signal: never(), deadlineMs });
    renewals += 1;
  };
  renew().catch(() => {}); // Told of by the count.
  await eventually('it is renewed', () => renewals === 1);
  expect(kube.api.requests.length).toBe(REQUEST_CONNECTIONS_MAX + 1);
});
