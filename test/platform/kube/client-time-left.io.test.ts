import type { ServerResponse } from 'node:http';
import { describe, expect, test } from 'vitest';
import {
  createKubeClient,
  type KubeClient,
  WRITE_MIN_LEFT_MS,
} from '../../../src/platform/kube/client.ts';
import {
  createKubeTransport,
  REQUEST_CONNECTIONS_MAX,
} from '../../../src/platform/kube/http-transport.ts';
import { SECRETS } from '../../../src/platform/kube/resources.ts';
import { VirtualClock } from '../../support/clock/virtual-clock.ts';
import {
  kubeconfigText,
  sendJson,
  startApiSocket,
  TestFolder,
} from '../../support/kube/api-socket.ts';
import { never, rejection } from '../../support/kube/kube-fixture.ts';
import { eventually } from '../../support/wait/eventually.ts';

const REF = { namespace: 'auth', name: 'a' };
const OBJECT = { metadata: { ...REF, resourceVersion: '1' } };
const DEADLINE_MS = 20_000;
/** Asks the API server for the token, so that the test decides how long it takes. */
const PLUGIN = `
  const answer = await fetch(process.argv[2] + '/token');
  console.log(JSON.stringify({ status: { token: await answer.text() } }));`;

interface Kube extends AsyncDisposable {
  readonly client: KubeClient;
  readonly clock: VirtualClock;
  /** All requests, in order. The test answers them. */
  readonly held: { readonly line: string; readonly response: ServerResponse }[];
}

async function startHeld(): Promise<Kube> {
  const held: Kube['held'] = [];
  const api = await startApiSocket((request, response) => {
    held.push({ line: `${request.method} ${request.url}`, response });
  });
  const folder = new TestFolder();
  const args = [folder.write('plugin.mjs', PLUGIN), api.url];
  const user = {
    exec: { command: process.execPath, args, ...V1 },
  };
  const cluster = { server: api.url, 'insecure-skip-tls-verify': true };
  const kubeconfig = folder.write('config', kubeconfigText(cluster, user));
  const clock = new VirtualClock();
  const transport = createKubeTransport({ kubeconfig, clock });
  return {
    client: createKubeClient({ transport, clock }),
    clock,
    held,
    async [Symbol.asyncDispose]() {
      await transport.close();
      await api[Symbol.asyncDispose]();
      folder[Symbol.dispose]();
    },
  };
}

const V1 = { apiVersion: 'client.authentication.k8s.io/v1', interactiveMode: 'Never' };

interface Waiting {
  readonly write: Promise<unknown>;
  /** Ends what it waits for. */
  goOn(): void;
}

function startWrite({ client, clock }: Kube): Promise<unknown> {
  const deadlineMs = clock.monotonicMs() + DEADLINE_MS;
  const write = client.replace(SECRETS, OBJECT, { signal: never(), deadlineMs });
  write.catch(() => {}); // The test checks it.
  return write;
}

async function forCredentials(kube: Kube): Promise<Waiting> {
  const write = startWrite(kube);
  await eventually('the plugin asks', () => kube.held.length === 1);
  return { write, goOn: () => kube.held[0]?.response.end('token') };
}

async function forConnection(kube: Kube): Promise<Waiting> {
  const { client, held } = kube;
  for (let i = 0; i < REQUEST_CONNECTIONS_MAX; i += 1) {
    client.get(SECRETS, REF, { signal: never() }).catch(() => {}); // Until the end of the test.
  }
  await eventually('the plugin asks', () => held.length === 1);
  held[0]?.response.end('token');
  await eventually('reads hang', () => held.length === 1 + REQUEST_CONNECTIONS_MAX);
  const read = held.at(-1);
  return {
    write: startWrite(kube),
    goOn: () => read !== undefined && sendJson(read.response, 200, OBJECT),
  };
}

describe.each([
  ['credentials', forCredentials],
  ['a connection', forConnection],
])('a write that waited long for %s', (_, start) => {
  test('tells the server the time that is left when it is sent', async () => {
    await using kube = await startHeld();
    const { write, goOn } = await start(kube);
    const before = kube.held.length;
    await kube.clock.advance(DEADLINE_MS - 5000);
    goOn();
    await eventually('it is sent', () => kube.held.length > before);
    const sent = kube.held[before];
    expect(sent?.line).toBe(
      'PUT /api/v1/namespaces/auth/secrets/a?timeout=5000ms&fieldManager=signing-key-operator',
    );
    if (sent !== undefined) sendJson(sent.response, 200, OBJECT);
    expect(await write).toMatchObject({ object: OBJECT });
  });

  test('is not sent with too little time left', async () => {
    await using kube = await startHeld();
    const { write, goOn } = await start(kube);
    const before = kube.held.length;
    await kube.clock.advance(DEADLINE_MS - WRITE_MIN_LEFT_MS + 1);
    goOn();
    expect(await rejection(write)).toMatchObject({
      kind: 'no-time-left',
      reason: 'Deadline',
    });
    expect(kube.held.length).toBe(before);
  });
});
