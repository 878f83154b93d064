import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Server } from 'node:http';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Clock } from '../../../src/platform/clock.ts';
import { createAnswerServer } from '../../../src/platform/http/answer-server.ts';
import { OPERATIONAL_LIMITS, startHttpEndpoint } from '../../../src/platform/http/endpoint.ts';
import { SERVER_ERROR_LOG_INTERVAL_MS } from '../../../src/platform/http/server-errors.ts';
import type { Log } from '../../../src/platform/log/log.ts';
import { VirtualClock } from '../../support/clock/virtual-clock.ts';
import { sendRaw } from '../../support/http/raw-http.ts';
import { recordLog } from '../../support/kube/log-recorder.ts';

const HOST = '127.0.0.1';

/** @returns the port */
async function startAnswerServer(clock: Clock, log: Log): Promise<number> {
  const answer = { status: 200, headers: [], body: '', count: { requests: 0 } };
  const server = createAnswerServer({
    port: 0,
    limits: {
      connectionsMax: 10,
      connectionsPerPeerMax: null,
      heldBytesMax: 1_000_000,
      headersTimeoutMs: 10_000,
      requestTimeoutMs: 10_000,
      keepAliveTimeoutMs: 10_000,
      unreadTimeoutMs: 10_000,
    },
    clock,
    log,
    choose: () => answer,
    refusals: { 400: answer, 413: answer, 431: answer },
    countMalformed: () => {},
    onConnectionClosed: () => {},
  });
  onTestFinished(() => server.close(0));
  return await server.listen(HOST);
}

async function startEndpoint(clock: Clock, log: Log): Promise<number> {
  const endpoint = await startHttpEndpoint({
    host: HOST,
    port: 0,
    routes: { '/': () => ({ status: 200, headers: {}, body: '' }) },
    limits: OPERATIONAL_LIMITS,
    clock,
    log,
  });
  onTestFinished(() => endpoint.close(0));
  return endpoint.port;
}

/** The server behind a port of this process. */
async function serverAt(port: number): Promise<Server> {
  const START = 'http.server.request.start';
  let found: Server | null = null;
  const onRequest = (message: unknown) => {
    found = (message as { server: Server }).server;
  };
  subscribe(START, onRequest);
  await sendRaw(port, 'GET /');
  unsubscribe(START, onRequest);
  if (found === null) throw new Error('the request did not come from this process');
  return found;
}

/** As Node creates it when the system has no room for another connection. */
function acceptFailure(): Error {
  return Object.assign(new Error('accept ENFILE'), { code: 'ENFILE', syscall: 'accept' });
}

describe.each([
  ['the answer server', startAnswerServer],
  ['the endpoint', startEndpoint],
])('%s', (_, start) => {
  test('survives failing accepts, and logs only some of many', async () => {
    const log = recordLog();
    const clock = new VirtualClock();
    const port = await start(clock, log);
    const server = await serverAt(port);
    const err = acceptFailure();
    const message = 'the HTTP server reports an error';
    for (let i = 0; i < 3; i += 1) server.emit('error', err);
    expect(log.lines).toMatchObject([
      { level: 'error', fields: { err, port, unlogged: 0 }, message },
    ]);
    expect(log.lines).toHaveLength(1);
    await clock.advance(SERVER_ERROR_LOG_INTERVAL_MS);
    for (let i = 0; i < 2; i += 1) server.emit('error', err);
    expect(log.lines.slice(1)).toMatchObject([
      { level: 'error', fields: { err, port, unlogged: 2 }, message },
    ]);
    expect((await sendRaw(port, 'GET /')).status).toBe(200);
  });
});
