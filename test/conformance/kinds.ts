import { expect, test } from 'vitest';
import { freshApi, refusal, type Subject } from './api.ts';

const FROZEN = 'FieldValueForbidden';
const TIME = '2026-01-01T00:00:00.000000Z';

type Refused = readonly [name: string, resource: string, body: object, expected: unknown[]];

const NEVER_CREATED: readonly Refused[] = [
  ['data that is not base64', 'secrets', { data: { a: '!!' } }, [400, 'BadRequest']],
  [
    'a bad key',
    'secrets',
    { data: { 'a/b': 'YQ==' } },
    [422, 'Invalid', 'FieldValueInvalid data[a/b]'],
  ],
  [
    'a TLS Secret without its files',
    'secrets',
    { type: 'kubernetes.io/tls' },
    [422, 'Invalid', 'FieldValueRequired data[tls.crt]', 'FieldValueRequired data[tls.key]'],
  ],
  ['data that is no text', 'configmaps', { data: { a: 1 } }, [400, 'BadRequest']],
  [
    'a key twice',
    'configmaps',
    { data: { a: 'b' }, binaryData: { a: 'YQ==' } },
    [422, 'Invalid', 'FieldValueInvalid data[a]'],
  ],
  [
    'a time without micros',
    'leases',
    { spec: { renewTime: '2026-01-01T00:00:00Z' } },
    [400, 'BadRequest'],
  ],
  [
    'a time with millis',
    'leases',
    { spec: { renewTime: '2026-01-01T00:00:00.123Z' } },
    [400, 'BadRequest'],
  ],
  [
    'a lease of no time',
    'leases',
    { spec: { holderIdentity: 'a', leaseDurationSeconds: 0 } },
    [422, 'Invalid', 'FieldValueInvalid spec.leaseDurationSeconds'],
  ],
  [
    'an event without its time',
    'new-events',
    { reason: 'R', note: 'n', type: 'Normal' },
    [422, 'Invalid', 'FieldValueInvalid involvedObject.namespace', 'FieldValueRequired eventTime'],
  ],
];

export function kinds(subject: Subject): void {
  test.for(NEVER_CREATED)('%s is refused', async ([, resource, body, expected]) => {
    const api = await freshApi(subject);
    const answer = await api.post(api.path(resource), { metadata: { name: 'a' }, ...body });
    expect(refusal(answer)).toEqual(expected);
  });

  test('a Secret keeps its type permanently, and takes stringData over data', async () => {
    const api = await freshApi(subject);
    const { body } = await api.post(api.path('secrets'), {
      metadata: { name: 'a' },
      stringData: { k: 'v' },
      data: { k: 'eA==', z: 'YQ==' },
    });
    expect(body).toMatchObject({ type: 'Opaque', data: { k: 'dg==', z: 'YQ==' } });
    expect(body.stringData).toBeUndefined();
    const other = { metadata: { name: 'a' }, type: 'example.com/key' };
    const answer = await api.put(api.path('secrets', 'a'), other);
    expect(refusal(answer)).toEqual([422, 'Invalid', 'FieldValueInvalid type']);
  });

  test.for(['secrets', 'configmaps'])(
    'immutable %s keep their data and nothing else',
    async (kind) => {
      const api = await freshApi(subject);
      const path = api.path(kind, 'a');
      const object = { metadata: { name: 'a' }, immutable: true, data: { k: 'dg==' } };
      await api.post(api.path(kind), object);
      const edited = await api.put(path, { ...object, data: { k: 'eA==' } });
      expect(refusal(edited)).toEqual([422, 'Invalid', `${FROZEN} data`]);
      const thawed = await api.put(path, { ...object, immutable: false });
      expect(refusal(thawed)).toEqual([422, 'Invalid', `${FROZEN} immutable`]);
      const both = await api.put(path, { metadata: { name: 'a' } });
      expect(refusal(both)).toEqual([422, 'Invalid', `${FROZEN} immutable`, `${FROZEN} data`]);
      const labelled = { ...object, metadata: { name: 'a', labels: { l: '1' } } };
      expect((await api.put(path, labelled)).status).toBe(200);
      expect((await api.delete(path)).status).toBe(200);
    },
  );

  test('a Lease is replaced under a resourceVersion only, and made by a PUT', async () => {
    const api = await freshApi(subject);
    const spec = { holderIdentity: 'a', leaseDurationSeconds: 15, renewTime: TIME };
    const made = await api.put(api.path('leases', 'l'), { metadata: { name: 'l' }, spec });
    expect([made.status, made.body.spec]).toEqual([201, spec]);
    const blind = await api.put(api.path('leases', 'l'), { metadata: { name: 'l' }, spec });
    const why = 'FieldValueInvalid metadata.resourceVersion';
    expect(refusal(blind)).toEqual([422, 'Invalid', why]);
    const next = { ...made.body, spec: { ...spec, holderIdentity: 'b' } };
    expect((await api.put(api.path('leases', 'l'), next)).status).toBe(200);
    expect(refusal(await api.put(api.path('leases', 'l'), next))).toEqual([409, 'Conflict']);
  });

  test('both versions of Events show the same event', async () => {
    const api = await freshApi(subject);
    const about = { kind: 'Widget', namespace: api.namespace, name: 'w' };
    const made = await api.post(api.path('new-events'), {
      metadata: { name: 'e' },
      eventTime: TIME,
      reportingController: 'example.com/c',
      reportingInstance: 'i',
      action: 'Act',
      reason: 'Why',
      regarding: about,
      note: 'text',
      type: 'Normal',
    });
    expect([made.status, made.body.note, made.body.regarding]).toEqual([201, 'text', about]);
    const { body } = await api.get(api.path('events', 'e'));
    expect(body).toMatchObject({
      apiVersion: 'v1',
      kind: 'Event',
      involvedObject: about,
      message: 'text',
      reportingComponent: 'example.com/c',
      action: 'Act',
    });
  });

  test('an events.k8s.io event counts up by its series, and changes in nothing else', async () => {
    const api = await freshApi(subject);
    const path = api.path('new-events', 'e');
    await api.post(api.path('new-events'), {
      metadata: { name: 'e' },
      eventTime: TIME,
      reportingController: 'example.com/c',
      reportingInstance: 'i',
      action: 'Act',
      reason: 'Why',
      regarding: { kind: 'Widget', namespace: api.namespace, name: 'w' },
      type: 'Warning',
    });
    const series = { count: 2, lastObservedTime: TIME };
    const counted = await api.patch(path, 'application/merge-patch+json', { series });
    expect([counted.status, counted.body.series]).toEqual([200, series]);
    const other = await api.patch(path, 'application/merge-patch+json', { reason: 'Other' });
    expect(refusal(other)).toEqual([422, 'Invalid', 'FieldValueInvalid reason']);
  });

  test('a core Event belongs to the namespace of what it is about', async () => {
    const api = await freshApi(subject);
    const event = { reason: 'R', message: 'm', type: 'Normal', count: 1 };
    const of = (namespace: string) => ({
      metadata: { name: 'e' },
      ...event,
      involvedObject: { kind: 'Widget', namespace, name: 'w' },
    });
    const answer = await api.post(api.path('events'), of('other'));
    expect(refusal(answer)).toEqual([422, 'Invalid', 'FieldValueInvalid involvedObject.namespace']);
    expect((await api.post(api.path('events'), of(api.namespace))).status).toBe(201);
  });
}
