import type { IncomingMessage, ServerResponse } from 'node:http';
import { expect, test } from 'vitest';
import { WRITE_MIN_LEFT_MS } from '../../../src/platform/kube/client.ts';
import type { Resource } from '../../../src/platform/kube/resource.ts';
import { sendJson } from '../../support/kube/api-socket.ts';
import { never, rejection, SECRETS, startKube } from '../../support/kube/kube-fixture.ts';

const SETS: Resource = {
  group: 'signingkeys.dev',
  version: 'v1alpha1',
  plural: 'signingkeysets',
  namespaced: true,
};
const REF = { namespace: 'auth', name: 'payments' };
const OBJECT = {
  metadata: { ...REF, resourceVersion: '7', invented: { a: 1 } },
  spec: { tokenTTL: '15m', unheardOf: [null, { deep: true }] },
};

interface Seen {
  readonly line: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: unknown;
}

/** Answers every request with itself, so that a test sees what was sent. */
function echo(seen: Seen[]) {
  return (request: IncomingMessage, response: ServerResponse) => {
    let text = '';
    request.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    request.on('end', () => {
      const body: unknown = text === '' ? undefined : JSON.parse(text);
      seen.push({ line: `${request.method} ${request.url}`, headers: request.headers, body });
      const object = request.method === 'DELETE' || body === undefined ? OBJECT : body;
      const isPatch = request.method === 'PATCH';
      sendJson(response, 200, isPatch ? OBJECT : object, {
        date: 'Sun, 06 Nov 1994 08:49:37 GMT',
      });
    });
  };
}

test('objects are sent and received unchanged, with the time of the server', async () => {
  const seen: Seen[] = [];
  await using kube = await startKube(echo(seen));
  const deadlineMs = kube.clock.monotonicMs() + 5000;
  const answer = await kube.client.create(SETS, OBJECT, { signal: never(), deadlineMs });
  expect(answer).toEqual({ object: OBJECT, dateMs: 784_111_777_000 });
  expect(seen[0]).toMatchObject({
    line:
      'POST /apis/signingkeys.dev/v1alpha1/namespaces/auth/signingkeysets' +
      '?timeout=5000ms&fieldManager=signing-key-operator',
    body: OBJECT,
  });
});

test('each write has its method, path, query and content type', async () => {
  const seen: Seen[] = [];
  await using kube = await startKube(echo(seen));
  const { client } = kube;
  const options = { signal: never(), deadlineMs: kube.clock.monotonicMs() + 900.7 };
  await client.replace(SETS, OBJECT, options);
  await client.replaceStatus(SETS, OBJECT, options);
  await client.patch(SETS, REF, { a: null }, options);
  await client.delete(SETS, REF, {
    ...options,
    preconditions: { uid: 'u-1', resourceVersion: '7' },
  });
  const path = '/apis/signingkeys.dev/v1alpha1/namespaces/auth/signingkeysets/payments';
  const managed = 'timeout=900ms&fieldManager=signing-key-operator';
  expect(seen.map(({ line, headers }) => [line, headers['content-type']])).toEqual([
    [`PUT ${path}?${managed}`, 'application/json'],
    [`PUT ${path}/status?${managed}`, 'application/json'],
    [`PATCH ${path}?${managed}`, 'application/merge-patch+json'],
    [`DELETE ${path}?timeout=900ms`, 'application/json'],
  ]);
  expect(seen[3]?.body).toEqual({
    kind: 'DeleteOptions',
    apiVersion: 'v1',
    preconditions: { uid: 'u-1', resourceVersion: '7' },
  });
});

test('a write with too little time left is not sent', async () => {
  await using kube = await startKube(echo([]));
  const deadlineMs = kube.clock.monotonicMs() + WRITE_MIN_LEFT_MS - 1;
  const options = { signal: never(), deadlineMs };
  const error = await rejection(kube.client.replace(SETS, OBJECT, options));
  expect(error).toMatchObject({ kind: 'no-time-left', reason: 'Deadline' });
  expect(kube.api.requests).toEqual([]);
});

test('names are encoded, and one that would change the path is refused', async () => {
  const seen: Seen[] = [];
  await using kube = await startKube(echo(seen));
  const options = { signal: never() };
  await kube.client.get(SECRETS, { namespace: 'a/b', name: 'c?d=e&f#%' }, options);
  expect(seen[0]?.line).toBe('GET /api/v1/namespaces/a%2Fb/secrets/c%3Fd%3De%26f%23%25');
  for (const name of ['', '.', '..']) {
    const error = await rejection(kube.client.get(SECRETS, { namespace: 'auth', name }, options));
    expect(error).toBeInstanceOf(RangeError);
  }
  expect(kube.api.requests.length).toBe(1);
});

test('a request for metadata accepts nothing else', async () => {
  const seen: Seen[] = [];
  await using kube = await startKube(echo(seen));
  await kube.client.get(SECRETS, REF, { signal: never(), metadataOnly: true });
  const noList = await rejection(
    kube.client.list(SECRETS, { signal: never(), metadataOnly: true }),
  );
  expect(noList).toMatchObject({ kind: 'bad-answer', reason: 'NotAList' });
  expect(seen.map(({ headers }) => headers.accept)).toEqual([
    'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1',
    'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1',
  ]);
});

const page = (names: string[], next?: string) => ({
  metadata: { resourceVersion: '50', ...(next === undefined ? {} : { continue: next }) },
  items: names.map((name) => ({ metadata: { name, uid: name, resourceVersion: '1' } })),
});

test('a list is read page by page', async () => {
  await using kube = await startKube((request, response) => {
    const next = new URL(request.url ?? '', 'http://x').searchParams.get('continue');
    sendJson(response, 200, next === null ? page(['a', 'b'], 'p 2') : page(['c']));
  });
  const list = await kube.client.list(SECRETS, {
    signal: never(),
    namespace: 'auth',
    labelSelector: 'a=b',
    fieldSelector: 'type=c',
    pageSize: 2,
  });
  expect(list.items.map(({ metadata }) => metadata.name)).toEqual(['a', 'b', 'c']);
  expect(list.resourceVersion).toBe('50');
  const query = 'labelSelector=a%3Db&fieldSelector=type%3Dc&limit=2';
  expect(kube.api.requests).toEqual([
    `GET /api/v1/namespaces/auth/secrets?${query}`,
    `GET /api/v1/namespaces/auth/secrets?${query}&continue=p+2`,
  ]);
});

test('a list whose pages expire begins again, and finally without pages', async () => {
  await using kube = await startKube((request, response) => {
    const query = new URL(request.url ?? '', 'http://x').searchParams;
    if (query.get('continue') !== null) sendJson(response, 410, { kind: 'Status', code: 410 });
    else sendJson(response, 200, query.has('limit') ? page(['a'], 'next') : page(['a', 'b']));
  });
  const list = await kube.client.list(SECRETS, { signal: never() });
  expect(list.items.map(({ metadata }) => metadata.name)).toEqual(['a', 'b']);
  expect(kube.api.requests.length).toBe(5);
});
