import { expect, test } from 'vitest';
import { freshApi, MERGE, refusal, type Subject } from './api.ts';
import { WIDGET, widget } from './widget.ts';

export function deletes(subject: Subject): void {
  test('the answer says what was deleted', async () => {
    const api = await freshApi(subject);
    const { body: secret } = await api.post(api.path('secrets'), { metadata: { name: 'a' } });
    const gone = await api.delete(api.path('secrets', 'a'), { propagationPolicy: 'Background' });
    expect([gone.status, gone.body]).toEqual([
      200,
      {
        kind: 'Status',
        apiVersion: 'v1',
        metadata: {},
        status: 'Success',
        details: { name: 'a', kind: 'secrets', uid: secret.metadata.uid },
      },
    ]);
    expect(refusal(await api.delete(api.path('secrets', 'a')))).toEqual([404, 'NotFound']);
    await api.post(api.path('widgets'), widget('w'));
    const { body } = await api.delete(api.path('widgets', 'w'));
    expect(body.details).toMatchObject({ name: 'w', group: WIDGET.group, kind: 'widgets' });
  });

  test('preconditions guard by uid and resourceVersion', async () => {
    const api = await freshApi(subject);
    const path = api.path('secrets', 'a');
    const { body } = await api.post(api.path('secrets'), { metadata: { name: 'a' } });
    const { uid, resourceVersion } = body.metadata;
    const guarded = (preconditions: object) => api.delete(path, { preconditions });
    expect(refusal(await guarded({ uid: 'x' }))).toEqual([409, 'Conflict']);
    expect(refusal(await guarded({ uid, resourceVersion: '1' }))).toEqual([409, 'Conflict']);
    expect((await api.get(path)).body).toEqual(body);
    expect((await guarded({ uid, resourceVersion })).status).toBe(200);
    expect(refusal(await guarded({ uid }))).toEqual([404, 'NotFound']);
  });

  test('an unknown propagation policy is refused', async () => {
    const api = await freshApi(subject);
    await api.post(api.path('secrets'), { metadata: { name: 'a' } });
    const answer = await api.delete(api.path('secrets', 'a'), { propagationPolicy: 'Foo' });
    const why = 'FieldValueNotSupported propagationPolicy';
    expect(refusal(answer)).toEqual([422, 'Invalid', why]);
  });

  test('in the foreground, an object waits under a finalizer', async () => {
    const api = await freshApi(subject);
    await api.post(api.path('configmaps'), { metadata: { name: 'a' } });
    const path = api.path('configmaps', 'a');
    const { body } = await api.delete(path, { propagationPolicy: 'Foreground' });
    expect(body.metadata).toMatchObject({
      finalizers: ['foregroundDeletion'],
      deletionGracePeriodSeconds: 0,
    });
    await api.patch(path, MERGE, { metadata: { finalizers: null } });
    expect((await api.get(path)).status).toBe(404);
  });

  test('finalizers hold an object until the last one goes', async () => {
    const api = await freshApi(subject);
    const path = api.path('configmaps', 'f');
    const metadata = { name: 'f', finalizers: ['example.com/a', 'example.com/b'] };
    const made = await api.post(api.path('configmaps'), { metadata, data: { k: '1' } });
    const marked = await api.delete(path);
    expect(marked.status).toBe(200);
    expect(marked.body.metadata.deletionTimestamp).toMatch(/Z$/);
    expect(marked.body.metadata.resourceVersion).not.toBe(made.body.metadata.resourceVersion);
    expect((await api.delete(path)).body).toEqual(marked.body);
    const again = await api.post(api.path('configmaps'), { metadata: { name: 'f' } });
    expect(refusal(again)).toEqual([409, 'AlreadyExists']);
    const edited = await api.put(path, { ...marked.body, data: { k: '2' } });
    expect([edited.status, edited.body.data]).toEqual([200, { k: '2' }]);
    const one = { name: 'f', finalizers: ['example.com/b'] };
    const half = await api.put(path, { metadata: one, data: { k: '2' } });
    expect(half.body.metadata).toMatchObject({
      ...one,
      uid: made.body.metadata.uid,
      deletionTimestamp: marked.body.metadata.deletionTimestamp,
    });
    const last = await api.put(path, { metadata: { name: 'f' }, data: { k: '2' } });
    expect([last.status, last.body.metadata.finalizers]).toEqual([200, undefined]);
    expect((await api.get(path)).status).toBe(404);
  });

  test('no finalizer is added to what is being deleted', async () => {
    const api = await freshApi(subject);
    const path = api.path('configmaps', 'f');
    const metadata = { name: 'f', finalizers: ['example.com/a'] };
    await api.post(api.path('configmaps'), { metadata });
    await api.delete(path);
    const more = { name: 'f', finalizers: ['example.com/a', 'example.com/b'] };
    const answer = await api.put(path, { metadata: more });
    expect(refusal(answer)).toEqual([422, 'Invalid', 'FieldValueForbidden metadata.finalizers']);
  });
}
