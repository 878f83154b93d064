import { expect, test } from 'vitest';
import { type Api, freshApi, listed, MERGE, type Subject } from './api.ts';

const CONTAINER = { name: 'main', image: 'example.com/main:1' };
const LABELS = { app: 'main' };

const WORKLOADS = [
  ['deployments', { replicas: 1 }],
  ['statefulsets', { replicas: 1, serviceName: 'main' }],
  ['daemonsets', {}],
] as const;

/** As a person or a chart makes one: with an annotation of their own in the template. */
function workload(spec: object): object {
  const metadata = { labels: LABELS, annotations: { 'example.com/own': 'kept' } };
  return {
    metadata: { name: 'w' },
    spec: {
      ...spec,
      selector: { matchLabels: LABELS },
      template: { metadata, spec: { containers: [CONTAINER] } },
    },
  };
}

/** What a restart is: an annotation of the template, of this object in this version. */
function restart(uid: string, resourceVersion: string): object {
  const annotations = { 'example.com/restarted': 'now' };
  return { metadata: { uid, resourceVersion }, spec: { template: { metadata: { annotations } } } };
}

async function podIn(api: Api, name: string, phase: string | null): Promise<void> {
  const spec = { containers: [CONTAINER], automountServiceAccountToken: false };
  expect((await api.post(api.path('pods'), { metadata: { name }, spec })).status).toBe(201);
  if (phase === null) return;
  const path = api.path('pods', name, 'status');
  expect((await api.patch(path, MERGE, { status: { phase } })).status).toBe(200);
}

/** Of pods and of what makes them: the part that is read and written to restart issuers. */
export function workloads(subject: Subject): void {
  test.for(WORKLOADS)('a restart of one of the %s', async ([resource, spec]) => {
    const api = await freshApi(subject);
    const { status, body } = await api.post(api.path(resource), workload(spec));
    expect([status, body.metadata.generation]).toEqual([201, 1]);
    const { uid, resourceVersion } = body.metadata;
    const path = api.path(resource, 'w');

    const restarted = await api.patch(path, MERGE, restart(uid, resourceVersion));
    expect([restarted.status, restarted.body.metadata.generation]).toEqual([200, 2]);
    expect(restarted.body.spec.template.metadata).toMatchObject({
      labels: LABELS,
      annotations: { 'example.com/own': 'kept', 'example.com/restarted': 'now' },
    });
    const stale = await api.patch(path, MERGE, restart(uid, resourceVersion));
    expect([stale.status, stale.body.reason]).toEqual([409, 'Conflict']);
    const { resourceVersion: now } = restarted.body.metadata;
    // One of the same name that was made again has both another UID and another version.
    const again = await api.patch(path, MERGE, restart('another', resourceVersion));
    expect([again.status, again.body.reason]).toEqual([409, 'Conflict']);
    const another = await api.patch(path, MERGE, restart('another', now));
    expect([another.status, another.body.reason]).toEqual([422, 'Invalid']);
    expect((await api.get(path)).body.metadata).toMatchObject({ resourceVersion: now });
  });

  test.for(WORKLOADS)('the status of one of the %s is apart', async ([resource, spec]) => {
    const api = await freshApi(subject);
    await api.post(api.path(resource), workload(spec));
    const change = { spec: { minReadySeconds: 5 }, status: { observedGeneration: 1 } };
    const written = await api.patch(api.path(resource, 'w', 'status'), MERGE, change);
    expect([written.status, written.body.metadata.generation]).toEqual([200, 1]);
    expect(written.body.status.observedGeneration).toBe(1);
    expect(written.body.spec.minReadySeconds ?? 0).toBe(0);

    const more = { spec: { minReadySeconds: 5 }, status: { observedGeneration: 7 } };
    const edited = await api.patch(api.path(resource, 'w'), MERGE, more);
    expect([edited.status, edited.body.metadata.generation]).toEqual([200, 2]);
    expect(edited.body.status.observedGeneration).toBe(1);
  });

  test('pods are selected by their phase, page by page', async () => {
    const api = await freshApi(subject);
    await podIn(api, 'a', null);
    await podIn(api, 'b', 'Running');
    await podIn(api, 'c', 'Succeeded');
    await podIn(api, 'd', 'Failed');
    await podIn(api, 'e', 'Running');
    const fieldSelector = 'status.phase!=Succeeded,status.phase!=Failed';
    const list = (query: Readonly<Record<string, string>>) =>
      api.get(api.path('pods'), { query: { fieldSelector, ...query } });
    expect(listed(await list({}))).toEqual([200, 'a b e']);
    const first = await list({ limit: '2' });
    expect(listed(first)).toEqual([200, 'a b']);
    const rest = await list({ limit: '2', continue: first.body.metadata.continue });
    expect(listed(rest)).toEqual([200, 'e']);
    expect(
      listed(await api.get(api.path('pods'), { query: { fieldSelector: 'status.phase=Pending' } })),
    ).toEqual([200, 'a']);
  });
}
