import { expect, test } from 'vitest';
import { freshApi, refusal, type Subject } from './api.ts';
import { widget } from './widget.ts';

export function customResources(subject: Subject): void {
  test('begin at generation 1, without a status', async () => {
    const api = await freshApi(subject);
    const object = widget('w', { spec: { size: 1 }, status: { phase: 'X' } });
    const { status, body } = await api.post(api.path('widgets'), object);
    expect([status, body.metadata.generation, body.status]).toEqual([201, 1, undefined]);
  });

  test('need kind and apiVersion in the body', async () => {
    const api = await freshApi(subject);
    const { kind: _, ...bare } = widget('w');
    expect(refusal(await api.post(api.path('widgets'), bare))).toEqual([400, 'BadRequest']);
    const other = { ...widget('w'), kind: 'Gadget' };
    const answer = await api.post(api.path('widgets'), other);
    expect(refusal(answer)).toEqual([422, 'Invalid', 'FieldValueInvalid kind']);
    const versioned = { ...widget('w'), apiVersion: 'v1' };
    expect(refusal(await api.post(api.path('widgets'), versioned))).toEqual([400, 'BadRequest']);
  });

  test('the status door takes the status alone', async () => {
    const api = await freshApi(subject);
    const { body } = await api.post(api.path('widgets'), widget('w', { spec: { size: 1 } }));
    const metadata = {
      ...body.metadata,
      labels: { l: '1' },
      annotations: { a: '1' },
      finalizers: ['example.com/f'],
    };
    const sent = { ...body, metadata, spec: { size: 9 }, status: { phase: 'Y' } };
    const { status, body: after } = await api.put(api.path('widgets', 'w', 'status'), sent);
    expect([status, after.spec, after.status]).toEqual([200, { size: 1 }, { phase: 'Y' }]);
    const { managedFields: _m, resourceVersion: before, ...kept } = body.metadata;
    expect(after.metadata).toMatchObject(kept);
    expect(after.metadata.labels ?? after.metadata.finalizers).toBeUndefined();
    expect(after.metadata.resourceVersion).not.toBe(before);
    const again = await api.put(api.path('widgets', 'w', 'status'), after);
    expect([again.status, again.body]).toEqual([200, after]);
    const stale = await api.put(api.path('widgets', 'w', 'status'), sent);
    expect(refusal(stale)).toEqual([409, 'Conflict']);
  });

  test('the main door leaves the status; generation grows with the spec alone', async () => {
    const api = await freshApi(subject);
    const path = api.path('widgets', 'w');
    const made = await api.post(api.path('widgets'), widget('w', { spec: { size: 1 } }));
    const shown = await api.put(`${path}/status`, { ...made.body, status: { phase: 'Y' } });
    const edit = { ...shown.body, spec: { size: 2 }, status: { phase: 'Z' } };
    const edited = await api.put(path, edit);
    expect(edited.body).toMatchObject({ spec: { size: 2 }, status: { phase: 'Y' } });
    expect(edited.body.metadata.generation).toBe(2);
    const metadata = { ...edited.body.metadata, labels: { l: '1' }, generation: 77 };
    const labelled = await api.put(path, { ...edited.body, metadata });
    expect(labelled.body.metadata).toMatchObject({ generation: 2, labels: { l: '1' } });
    const { status: _, ...bare } = labelled.body;
    const same = await api.put(path, bare);
    expect(same.body).toEqual(labelled.body);
  });

  test('are replaced under a resourceVersion only', async () => {
    const api = await freshApi(subject);
    await api.post(api.path('widgets'), widget('w'));
    const why = [422, 'Invalid', 'FieldValueInvalid metadata.resourceVersion'];
    const path = api.path('widgets', 'w');
    expect(refusal(await api.put(path, widget('w', { spec: {} })))).toEqual(why);
    expect(refusal(await api.put(`${path}/status`, widget('w')))).toEqual(why);
    const missing = await api.put(api.path('widgets', 'none'), widget('none'));
    expect(refusal(missing)).toEqual([404, 'NotFound']);
    expect(missing.body.details).toMatchObject({ name: 'none', kind: 'widgets' });
    const none = await api.put(api.path('widgets', 'none', 'status'), widget('none'));
    expect(refusal(none)).toEqual([404, 'NotFound']);
  });

  test('deletion under a finalizer grows the generation, and the status still takes writes', async () => {
    const api = await freshApi(subject);
    const held = widget('w');
    const path = api.path('widgets', 'w');
    const metadata = { name: 'w', finalizers: ['example.com/hold'] };
    await api.post(api.path('widgets'), { ...held, metadata });
    const { body } = await api.delete(path);
    expect(body.metadata.generation).toBe(2);
    expect(body.metadata.deletionTimestamp).toMatch(/Z$/);
    const shown = await api.put(`${path}/status`, { ...body, status: { phase: 'going' } });
    expect([shown.status, shown.body.status]).toEqual([200, { phase: 'going' }]);
    const { finalizers: _, ...free } = shown.body.metadata;
    expect((await api.put(path, { ...shown.body, metadata: free })).status).toBe(200);
    expect((await api.get(path)).status).toBe(404);
  });

  test('a status is read, but neither made nor deleted', async () => {
    const api = await freshApi(subject);
    const { body } = await api.post(api.path('widgets'), widget('w'));
    const path = api.path('widgets', 'w', 'status');
    expect((await api.get(path)).body).toEqual(body);
    expect(refusal(await api.post(path, widget('w')))).toEqual([405, 'MethodNotAllowed']);
    expect(refusal(await api.delete(path))).toEqual([405, 'MethodNotAllowed']);
    const none = await api.get(api.path('configmaps', 'a', 'status'));
    expect(refusal(none)).toEqual([404, 'NotFound']);
  });
}
