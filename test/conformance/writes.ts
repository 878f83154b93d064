import { expect, test } from 'vitest';
import { Api, freshApi, refusal, type Subject } from './api.ts';

type Refused = readonly [name: string, body: unknown, expected: unknown[]];

const NEVER_CREATED: readonly Refused[] = [
  [
    'a bad name',
    { metadata: { name: 'A_b' } },
    [422, 'Invalid', 'FieldValueInvalid metadata.name'],
  ],
  ['no name', { metadata: {} }, [422, 'Invalid', 'FieldValueRequired metadata.name']],
  ['a wrong namespace', { metadata: { name: 'a', namespace: 'other' } }, [400, 'BadRequest']],
  ['a resourceVersion', { metadata: { name: 'a', resourceVersion: '5' } }, [500, '']],
  ['half a body', '{"metadata":', [400, 'BadRequest']],
  [
    'another kind',
    { kind: 'Secret', apiVersion: 'v1', metadata: { name: 'a' } },
    [400, 'BadRequest'],
  ],
  [
    'a bad label key',
    { metadata: { name: 'a', labels: { 'a b': 'x' } } },
    [422, 'Invalid', 'FieldValueInvalid metadata.labels'],
  ],
  [
    'a bad label value',
    { metadata: { name: 'a', labels: { a: 'x y' } } },
    [422, 'Invalid', 'FieldValueInvalid metadata.labels'],
  ],
  [
    'a bad annotation key',
    { metadata: { name: 'a', annotations: { 'a b': 'x' } } },
    [422, 'Invalid', 'FieldValueInvalid metadata.annotations'],
  ],
  [
    'too long annotations',
    { metadata: { name: 'a', annotations: { a: 'x'.repeat(262_144) } } },
    [422, 'Invalid', 'FieldValueTooLong metadata.annotations'],
  ],
  [
    'a finalizer without a domain',
    { metadata: { name: 'a', finalizers: ['x'] } },
    [422, 'Invalid', 'FieldValueInvalid metadata.finalizers[0]'],
  ],
];

export function writes(subject: Subject): void {
  test('the server fills in what is its own', async () => {
    const api = await freshApi(subject);
    const answer = await api.post(api.path('configmaps'), {
      metadata: { name: 'a', uid: 'mine', creationTimestamp: '2020-01-01T00:00:00Z' },
      data: { k: 'v' },
    });
    expect(answer.status).toBe(201);
    const { metadata, ...rest } = answer.body;
    expect(rest).toEqual({ kind: 'ConfigMap', apiVersion: 'v1', data: { k: 'v' } });
    expect(metadata).toMatchObject({ name: 'a', namespace: api.namespace });
    expect(metadata.uid).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    expect(metadata.creationTimestamp).toMatch(/^20[3-9]\d|^202[1-9]/);
    expect(metadata.creationTimestamp).toMatch(/T\d\d:\d\d:\d\dZ$/);
    expect(metadata.resourceVersion).toMatch(/^\d+$/);
    expect((await api.get(api.path('configmaps', 'a'))).body).toEqual(answer.body);
  });

  test('a generated name begins as told', async () => {
    const api = await freshApi(subject);
    const make = () => api.post(api.path('configmaps'), { metadata: { generateName: 'g-' } });
    const names = [await make(), await make()].map(({ body }) => body.metadata.name);
    for (const name of names) expect(name).toMatch(/^g-[a-z0-9]{5}$/);
    expect(names[0]).not.toBe(names[1]);
  });

  test.for(NEVER_CREATED)('%s is refused', async ([, body, expected]) => {
    const api = await freshApi(subject);
    expect(refusal(await api.post(api.path('configmaps'), body))).toEqual(expected);
    expect((await api.get(api.path('configmaps', 'a'))).status).toBe(404);
  });

  test('of two creations of one name, one wins', async () => {
    const api = await freshApi(subject);
    const make = () => api.post(api.path('configmaps'), { metadata: { name: 'a' } });
    const answers = await Promise.all([make(), make()]);
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409]);
    const lost = answers.find(({ status }) => status === 409);
    expect(lost?.body).toMatchObject({
      kind: 'Status',
      status: 'Failure',
      reason: 'AlreadyExists',
      code: 409,
      details: { name: 'a', kind: 'configmaps' },
    });
  });

  test('nothing is created in a namespace that is not there', async () => {
    const { namespace } = await freshApi(subject);
    const api = new Api(subject.transport(), `${namespace}-not`);
    const answer = await api.post(api.path('configmaps'), { metadata: { name: 'a' } });
    expect(refusal(answer)).toEqual([404, 'NotFound']);
    expect(answer.body.details).toEqual({ name: api.namespace, kind: 'namespaces' });
  });

  test('nothing new is created in a namespace that is being deleted; updates still work', async () => {
    const api = await freshApi(subject);
    const held = { metadata: { name: 'held', finalizers: ['example.com/hold'] } };
    await api.post(api.path('configmaps'), held);
    const gone = await api.delete(`/api/v1/namespaces/${api.namespace}`);
    expect([gone.status, gone.body.status.phase]).toEqual([200, 'Terminating']);
    const answer = await api.post(api.path('configmaps'), { metadata: { name: 'a' } });
    const cause = 'NamespaceTerminating metadata.namespace';
    expect(refusal(answer)).toEqual([403, 'Forbidden', cause]);
    const edit = { ...held, data: { k: 'v' } };
    expect((await api.put(api.path('configmaps', 'held'), edit)).status).toBe(200);
    await api.put(api.path('configmaps', 'held'), { metadata: { name: 'held' } });
  });

  test('a replacement is computed from the version that it names', async () => {
    const api = await freshApi(subject);
    const path = api.path('configmaps', 'a');
    const { body: first } = await api.post(api.path('configmaps'), { metadata: { name: 'a' } });
    const { status, body: second } = await api.put(path, { ...first, data: { k: '1' } });
    expect(status).toBe(200);
    expect(Number(second.metadata.resourceVersion)).toBeGreaterThan(
      Number(first.metadata.resourceVersion),
    );
    expect(refusal(await api.put(path, { ...first, data: { k: '2' } }))).toEqual([409, 'Conflict']);
    const bad = { metadata: { name: 'a', resourceVersion: 'abc' } };
    expect(refusal(await api.put(path, bad))).toEqual([500, '']);
    const blind = await api.put(path, { metadata: { name: 'a' }, data: { k: '3' } });
    expect([blind.status, blind.body.data]).toEqual([200, { k: '3' }]);
  });

  test('a replacement of another incarnation, name or of nothing is refused', async () => {
    const api = await freshApi(subject);
    const path = api.path('configmaps', 'a');
    const { body } = await api.post(api.path('configmaps'), { metadata: { name: 'a' } });
    const other = { ...body.metadata, uid: '00000000-0000-4000-8000-000000000000' };
    expect(refusal(await api.put(path, { ...body, metadata: other }))).toEqual([409, 'Conflict']);
    const named = { metadata: { name: 'b' } };
    expect(refusal(await api.put(path, named))).toEqual([400, 'BadRequest']);
    expect(refusal(await api.put(api.path('configmaps', 'b'), named))).toEqual([404, 'NotFound']);
    const versioned = { metadata: { name: 'b', resourceVersion: '5' } };
    const missing = await api.put(api.path('configmaps', 'b'), versioned);
    expect(refusal(missing)).toEqual([404, 'NotFound']);
  });

  test('a replacement that changes nothing keeps the resourceVersion', async () => {
    const api = await freshApi(subject);
    const object = { metadata: { name: 'a', labels: { l: '1' } }, data: { k: 'v' } };
    const { body } = await api.post(api.path('configmaps'), object);
    const other = { query: { fieldManager: 'another' } };
    const again = await api.put(api.path('configmaps', 'a'), body, other);
    expect([again.status, again.body]).toEqual([200, body]);
    const bare = await api.put(api.path('configmaps', 'a'), object);
    expect([bare.status, bare.body]).toEqual([200, body]);
  });

  test('unknown fields of a built-in kind are dropped, or refused when asked to be strict', async () => {
    const api = await freshApi(subject);
    const odd = { metadata: { name: 'a' }, bogus: 1 };
    const strict = await api.post(api.path('configmaps'), odd, {
      query: { fieldValidation: 'Strict' },
    });
    expect(refusal(strict)).toEqual([400, 'BadRequest']);
    const { status, body } = await api.post(api.path('configmaps'), odd);
    expect([status, body.bogus]).toEqual([201, undefined]);
  });
}
