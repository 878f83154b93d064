import type { IncomingMessage, ServerResponse } from 'node:http';
import { expect, test } from 'vitest';
import type { KubeRequest } from '../../src/platform/transport.ts';
import { eventually } from '../support/eventually.ts';
import { startKube } from '../support/kube-fixture.ts';

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
