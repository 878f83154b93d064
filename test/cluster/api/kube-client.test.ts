import { describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/platform/clock.ts';
import { KubeApiError } from '../../../src/platform/kube/errors.ts';
import type { ObjectEvent } from '../../../src/platform/reflector/object-store.ts';
import { Reflector } from '../../../src/platform/reflector/reflector.ts';
import { TestFolder } from '../../support/kube/api-socket.ts';
import { never, rejection, SECRETS } from '../../support/kube/kube-fixture.ts';
import { recordLog } from '../../support/kube/log-recorder.ts';
import { eventually } from '../../support/wait/eventually.ts';
import { createNamespace, kubectl, sharedControlPlane } from '../shared-control-plane.ts';
import { clientAs, clientOf, soon } from './kube-clients.ts';

/** Base64 of key material that must not come out of an error. */
const PLANTED = Buffer.from('hunter2').toString('base64');

const secret = (namespace: string, name: string, fields: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { namespace, name, labels: { test: 'yes' } },
  data: { 'private.pem': PLANTED },
  ...fields,
});

test('an object is created, read, changed and deleted under its preconditions', async () => {
  const namespace = await createNamespace('client');
  const client = clientAs('admin');
  const ref = { namespace, name: 'a' };
  const { object, dateMs } = await client.create(SECRETS, secret(namespace, 'a'), soon());
  const { uid, resourceVersion } = object.metadata;
  expect(Math.abs((dateMs ?? 0) - Date.now())).toBeLessThan(30_000);
  expect(object.metadata['managedFields']).toMatchObject([{ manager: 'signing-key-operator' }]);
  expect(await rejection(client.create(SECRETS, secret(namespace, 'a'), soon()))).toMatchObject({
    kind: 'already-exists',
  });

  const labels = { metadata: { labels: { more: 'yes' } } };
  await client.patch(SECRETS, ref, labels, soon());
  expect(await rejection(client.replace(SECRETS, object, soon()))).toMatchObject({
    kind: 'conflict',
  });
  const removed = { metadata: { resourceVersion, labels: { more: null } } };
  expect(await rejection(client.patch(SECRETS, ref, removed, soon()))).toMatchObject({
    kind: 'conflict',
  });
  await client.patch(SECRETS, ref, { metadata: { uid, labels: { more: null } } }, soon());
  const now = await client.get(SECRETS, ref, { signal: never() });
  expect(now.object.metadata.labels).toEqual({ test: 'yes' });

  const stale = {
    ...soon(),
    preconditions: { uid: uid ?? '', resourceVersion: resourceVersion ?? '' },
  };
  expect(await rejection(client.delete(SECRETS, ref, stale))).toMatchObject({ kind: 'conflict' });
  await client.delete(SECRETS, ref, { ...soon(), preconditions: { uid: uid ?? '' } });
  expect(await rejection(client.get(SECRETS, ref, { signal: never() }))).toMatchObject({
    kind: 'not-found',
    advice: 're-read',
  });
});

test('metadata alone holds no data, in a get, a list in pages and a watch', async () => {
  const namespace = await createNamespace('client');
  const client = clientAs('admin');
  for (const name of ['a', 'b', 'c']) await client.create(SECRETS, secret(namespace, name), soon());
  const options = { namespace, metadataOnly: true, signal: never() };
  const got = await client.get(SECRETS, { namespace, name: 'a' }, options);
  const list = await client.list(SECRETS, { ...options, labelSelector: 'test=yes', pageSize: 2 });
  expect(list.items.map(({ metadata }) => metadata.name)).toEqual(['a', 'b', 'c']);
  const from = { resourceVersion: list.resourceVersion, timeoutSeconds: 300 };
  const watch = await client.watch(SECRETS, { ...options, ...from });
  await client.create(SECRETS, secret(namespace, 'd'), soon());
  const { value } = await watch.next();
  await watch.return();
  expect(value).toMatchObject({ type: 'ADDED', object: { kind: 'PartialObjectMetadata' } });
  expect(JSON.stringify([got, list, value])).not.toContain(PLANTED);
});

describe('errors', () => {
  test('of who may not, and of who is not known', async () => {
    const options = { signal: never() };
    const ref = { namespace: 'default', name: 'a' };
    const forbidden = await rejection(clientAs('powerless').get(SECRETS, ref, options));
    expect(forbidden).toMatchObject({
      kind: 'forbidden',
      message: expect.stringMatching(/^get secrets default\/a: forbidden \(403 Forbidden\)/),
    });
    using folder = new TestFolder();
    const { url, ca } = sharedControlPlane();
    const kubeconfig = folder.write(
      'config',
      JSON.stringify({
        'current-context': 'x',
        clusters: [
          {
            name: 'x',
            cluster: {
              server: url,
              'certificate-authority-data': Buffer.from(ca).toString('base64'),
            },
          },
        ],
        users: [{ name: 'x', user: { token: 'nobody' } }],
        contexts: [{ name: 'x', context: { cluster: 'x', user: 'x' } }],
      }),
    );
    const unknown = await rejection(clientOf(kubeconfig).get(SECRETS, ref, options));
    expect(unknown).toMatchObject({
      kind: 'unauthorized',
      message: expect.stringContaining('(401 Unauthorized)'),
    });
  });

  test('about a refused Secret quote none of it', async () => {
    const namespace = await createNamespace('client');
    const client = clientAs('admin');
    const bad = secret(namespace, 'a', { type: PLANTED.repeat(80), data: { 'a b': PLANTED } });
    const error = await rejection(client.create(SECRETS, bad, soon()));
    expect(error).toBeInstanceOf(KubeApiError);
    expect(error).toMatchObject({
      kind: 'invalid',
      message: expect.stringContaining('(422 Invalid)'),
    });
    expect((error as KubeApiError).causes.length).toBeGreaterThan(0);
    const shown = JSON.stringify(error) + (error as Error).stack;
    expect(shown).not.toContain(PLANTED.slice(0, 8));
    expect(shown).not.toContain('hunter2');
  });

  test('of a namespace that is going', async () => {
    const namespace = await createNamespace('client');
    const client = clientAs('admin');
    await kubectl(['delete', 'namespace', namespace, '--wait=false']);
    const error = await rejection(client.create(SECRETS, secret(namespace, 'a'), soon()));
    expect(error).toMatchObject({
      kind: 'namespace-terminating',
      message: expect.stringContaining('(403 Forbidden)'),
    });
  });
});

test('the reflector follows a namespace', async () => {
  const namespace = await createNamespace('client');
  const client = clientAs('admin');
  await client.create(SECRETS, secret(namespace, 'a'), soon());
  const told: string[] = [];
  const log = recordLog();
  const tell = ({ type, name }: ObjectEvent) => told.push(`${type} ${name}`);
  const reflector = new Reflector({
    client,
    clock: systemClock,
    random: Math.random,
    log,
    resource: SECRETS,
    namespace,
    labelSelector: 'test=yes',
    metadataOnly: true,
    handlers: [tell],
  });
  const stop = new AbortController();
  const run = reflector.run(stop.signal);
  await eventually('its first list is in', () => reflector.hasSynced());
  await client.create(SECRETS, secret(namespace, 'b'), soon());
  await client.patch(
    SECRETS,
    { namespace, name: 'a' },
    { metadata: { labels: { test: 'no' } } },
    soon(),
  );
  await client.delete(SECRETS, { namespace, name: 'b' }, soon());
  await eventually('everything was reported', () => told.length === 4);
  stop.abort();
  await run;
  // A label that no longer fits looks like a deletion.
  expect(told).toEqual(['upsert a', 'upsert b', 'delete a', 'delete b']);
  expect(log.lines).toEqual([]);
});
