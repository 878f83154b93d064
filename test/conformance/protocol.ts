import { expect, test } from 'vitest';
import { freshApi, MERGE, METADATA_LIST, METADATA_ONLY, refusal, type Subject } from './api.ts';

const DRY = { query: { dryRun: 'All' } };

export function protocol(subject: Subject): void {
  test('every answer carries the server’s clock', async () => {
    const api = await freshApi(subject);
    const found = await api.get(api.path('configmaps'));
    const missing = await api.get(api.path('configmaps', 'none'));
    for (const { headers } of [found, missing]) {
      expect(headers['content-type']).toMatch(/^application\/json/);
      expect(headers['date']).toMatch(/^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$/);
    }
    expect(missing.body).toMatchObject({
      kind: 'Status',
      apiVersion: 'v1',
      status: 'Failure',
      reason: 'NotFound',
      details: { name: 'none', kind: 'configmaps' },
      code: 404,
    });
  });

  test('a dry run answers as if, and leaves no trace', async () => {
    const api = await freshApi(subject);
    const path = api.path('configmaps', 'a');
    const object = { metadata: { name: 'a' }, data: { k: '1' } };
    const dry = await api.post(api.path('configmaps'), object, DRY);
    expect([dry.status, dry.body.metadata.resourceVersion]).toEqual([201, undefined]);
    expect((await api.get(path)).status).toBe(404);
    const { body } = await api.post(api.path('configmaps'), object);
    const put = await api.put(path, { ...object, data: { k: '2' } }, DRY);
    expect([put.status, put.body.data]).toEqual([200, { k: '2' }]);
    expect((await api.delete(path, undefined, DRY)).status).toBe(200);
    expect((await api.get(path)).body).toEqual(body);
    const conflict = { metadata: { name: 'a', resourceVersion: '1' } };
    expect(refusal(await api.put(path, conflict, DRY))).toEqual([409, 'Conflict']);
    const odd = await api.delete(path, undefined, { query: { dryRun: 'Some' } });
    expect(refusal(odd)).toEqual([422, 'Invalid', 'FieldValueNotSupported dryRun']);
  });

  test('a write that can’t be done within its timeout is not done', async () => {
    const api = await freshApi(subject);
    const make = (name: string, timeout: string) =>
      api.post(api.path('configmaps'), { metadata: { name } }, { query: { timeout } });
    const late = await make('late', '1ns');
    expect([late.status, late.body.status, late.body.code]).toEqual([504, 'Failure', 504]);
    expect((await api.get(api.path('configmaps', 'late'))).status).toBe(404);
    expect(refusal(await make('bad', 'abc'))).toEqual([400, 'BadRequest']);
    expect((await make('fine', '10000ms')).status).toBe(201);
    expect((await make('whole', '1m0.5s')).status).toBe(201);
  });

  test('an object is shown whole or as its metadata', async () => {
    const api = await freshApi(subject);
    const object = { metadata: { name: 'a' }, data: { k: '1' } };
    const { body } = await api.post(api.path('configmaps'), object);
    const get = (accept: string) => api.get(api.path('configmaps', 'a'), { headers: { accept } });
    expect((await get(METADATA_ONLY)).body).toEqual({
      kind: 'PartialObjectMetadata',
      apiVersion: 'meta.k8s.io/v1',
      metadata: body.metadata,
    });
    expect((await get('*/*')).body).toEqual(body);
    expect(refusal(await get(METADATA_LIST))).toEqual([406, 'NotAcceptable']);
    expect(refusal(await get('text/csv'))).toEqual([406, 'NotAcceptable']);
  });

  test('the body has to be JSON', async () => {
    const api = await freshApi(subject);
    const headers = { 'content-type': 'text/plain' };
    const answer = await api.post(api.path('configmaps'), 'x', { headers });
    expect(refusal(answer)).toEqual([415, 'UnsupportedMediaType']);
  });

  test('what is not there, and what is not done', async () => {
    const api = await freshApi(subject);
    const unknown = await api.get(api.path('foos'));
    expect(refusal(unknown)).toEqual([404, 'NotFound']);
    expect(unknown.body.details).toEqual({});
    const named = await api.post(api.path('configmaps', 'a'), { metadata: { name: 'a' } });
    expect(refusal(named)).toEqual([405, 'MethodNotAllowed']);
    const whole = await api.put(api.path('configmaps'), { metadata: { name: 'a' } });
    expect(refusal(whole)).toEqual([405, 'MethodNotAllowed']);
    expect((await api.get('/apis/none.example.com/v1/foos')).status).toBe(404);
    const patched = await api.patch(api.path('configmaps', 'none'), MERGE, {});
    expect(refusal(patched)).toEqual([404, 'NotFound']);
  });
}
