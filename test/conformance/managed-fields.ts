import { expect, test } from 'vitest';
import { type Answer, type Body, freshApi, MERGE, type Subject } from './api.ts';
import { widget } from './widget.ts';

const by = (fieldManager: string) => ({ query: { fieldManager } });

/** Manager → its fields; a subresource after a slash. */
function owners({ body }: Answer): Record<string, Body> {
  const entries: Body[] = body.metadata.managedFields ?? [];
  return Object.fromEntries(
    entries.map(({ manager, subresource, fieldsV1 }) => [
      subresource === undefined ? manager : `${manager}/${subresource}`,
      fieldsV1,
    ]),
  );
}

const JWKS = { 'f:jwks.json': {} };
const SERVE = { 'f:serve.json': {} };

export function managedFields(subject: Subject): void {
  test('whoever changes a value owns it; an equal value stays with its owner', async () => {
    const api = await freshApi(subject);
    const path = api.path('configmaps', 'm');
    const set = (jwks: string, note: string) => ({
      metadata: { name: 'm', annotations: { note } },
      data: { 'jwks.json': jwks, 'serve.json': 'S' },
    });
    const note = { 'f:metadata': { 'f:annotations': { '.': {}, 'f:note': {} } } };
    const made = await api.post(api.path('configmaps'), set('A', '1'), by('op'));
    expect(owners(made)).toEqual({ op: { 'f:data': { '.': {}, ...JWKS, ...SERVE }, ...note } });
    expect(made.body.metadata.managedFields[0]).toMatchObject({
      operation: 'Update',
      apiVersion: 'v1',
      fieldsType: 'FieldsV1',
      time: expect.stringMatching(/T\d\d:\d\d:\d\dZ$/),
    });
    const edited = await api.put(path, set('B', '1'), by('hand'));
    const split = { op: { 'f:data': { '.': {}, ...SERVE }, ...note }, hand: { 'f:data': JWKS } };
    expect(owners(edited)).toEqual(split);
    const equal = await api.put(path, set('B', '2'), by('op'));
    expect(owners(equal)).toEqual(split);
    const back = await api.put(path, set('A', '2'), by('op'));
    expect(owners(back)).toEqual(owners(made));
  });

  test('whoever is not given a field any more loses it', async () => {
    const api = await freshApi(subject);
    const path = api.path('configmaps', 'm');
    const set = (data: object) => ({ metadata: { name: 'm' }, data });
    await api.post(api.path('configmaps'), set({ a: '1' }), by('op'));
    const added = await api.put(path, set({ a: '1', b: '2' }), by('hand'));
    expect(owners(added)).toEqual({
      op: { 'f:data': { '.': {}, 'f:a': {} } },
      hand: { 'f:data': { 'f:b': {} } },
    });
    const removed = await api.put(path, set({ a: '1' }), by('op'));
    expect(owners(removed)).toEqual({ op: { 'f:data': { '.': {}, 'f:a': {} } } });
    const emptied = await api.put(path, { metadata: { name: 'm' } }, by('hand'));
    expect(owners(emptied)).toEqual({});
  });

  test('a patch owns what it changes; the User-Agent names who has no field manager', async () => {
    const api = await freshApi(subject);
    const path = api.path('configmaps', 'm');
    await api.post(api.path('configmaps'), { metadata: { name: 'm' }, data: { a: '1' } }, by('op'));
    const patched = await api.patch(path, MERGE, { data: { a: '2' } }, by('kubectl-edit'));
    expect(owners(patched)).toEqual({
      op: { 'f:data': {} },
      'kubectl-edit': { 'f:data': { 'f:a': {} } },
    });
    const agent = { query: { fieldManager: '' }, headers: { 'user-agent': 'kubectl/v1 (linux)' } };
    const put = await api.put(path, { metadata: { name: 'm' }, data: { a: '3' } }, agent);
    expect(Object.keys(owners(put))).toContain('kubectl');
  });

  test('finalizers, labels, owners, generated names and Secret types are owned too', async () => {
    const api = await freshApi(subject);
    const owner = { apiVersion: 'v1', kind: 'ConfigMap', name: 'o', uid: 'u' };
    const answer = await api.post(
      api.path('secrets'),
      {
        metadata: {
          generateName: 'm-',
          labels: { l: '1' },
          finalizers: ['example.com/a'],
          ownerReferences: [owner],
        },
        stringData: { k: 'v' },
      },
      by('op'),
    );
    expect(owners(answer)).toEqual({
      op: {
        'f:metadata': {
          'f:generateName': {},
          'f:labels': { '.': {}, 'f:l': {} },
          'f:finalizers': { '.': {}, 'v:"example.com/a"': {} },
          'f:ownerReferences': { '.': {}, 'k:{"uid":"u"}': {} },
        },
        'f:data': { '.': {}, 'f:k': {} },
        'f:type': {},
      },
    });
    const path = api.path('secrets', answer.body.metadata.name);
    await api.patch(path, MERGE, { metadata: { finalizers: null } });
  });

  test('the status has owners of its own', async () => {
    const api = await freshApi(subject);
    const spec = { size: 1, tags: ['a'] };
    const made = await api.post(api.path('widgets'), widget('w', { spec }), by('user'));
    const f = { 'f:spec': { '.': {}, 'f:size': {}, 'f:tags': {} } };
    expect(owners(made)).toEqual({ user: f });
    const status = { ...made.body, status: { phase: 'X' } };
    const shown = await api.put(api.path('widgets', 'w', 'status'), status, by('op'));
    const phase = { 'f:status': { '.': {}, 'f:phase': {} } };
    expect(owners(shown)).toEqual({ user: f, 'op/status': phase });
    const fewer = { ...shown.body, spec: { size: 2 } };
    const edited = await api.put(api.path('widgets', 'w'), fewer, by('op'));
    expect(owners(edited)).toEqual({
      user: { 'f:spec': {} },
      op: { 'f:spec': { 'f:size': {} } },
      'op/status': phase,
    });
  });

  test('whoever sends an entry begins a wiped record again', async () => {
    const api = await freshApi(subject);
    const path = api.path('configmaps', 'm');
    const object = { metadata: { name: 'm' }, data: { a: '1' } };
    await api.post(api.path('configmaps'), object, by('op'));
    const wiped = { name: 'm', managedFields: [] };
    await api.put(path, { ...object, metadata: wiped }, by('hand'));
    const entry = {
      manager: 'op',
      operation: 'Update',
      apiVersion: 'v1',
      fieldsType: 'FieldsV1',
      fieldsV1: { 'f:data': { 'f:a': {} } },
    };
    const begun = { name: 'm', annotations: { n: '1' }, managedFields: [entry] };
    const back = await api.put(path, { ...object, metadata: begun }, by('op'));
    const note = { 'f:metadata': { 'f:annotations': { '.': {}, 'f:n': {} } } };
    expect(owners(back)).toEqual({ op: { 'f:data': { 'f:a': {} }, ...note } });
    const edited = await api.patch(path, MERGE, { data: { a: '2' } }, by('hand'));
    expect(owners(edited)['hand']).toEqual({ 'f:data': { 'f:a': {} } });
  });

  test.for([[[]], [[{}]]])(
    'an empty list (%j) wipes all owners, and no later update brings one back',
    async ([wiped]) => {
      const api = await freshApi(subject);
      const path = api.path('configmaps', 'm');
      const object = { metadata: { name: 'm' }, data: { a: '1' } };
      await api.post(api.path('configmaps'), object, by('op'));
      const metadata = { name: 'm', managedFields: wiped };
      const bare = await api.put(path, { ...object, metadata }, by('hand'));
      expect(bare.body.metadata.managedFields).toBeUndefined();
      const later = await api.put(path, { ...object, data: { a: '2' } }, by('op'));
      expect([later.body.data, later.body.metadata.managedFields]).toEqual([{ a: '2' }, undefined]);
    },
  );

  test('what was made without any field stays without owners', async () => {
    const api = await freshApi(subject);
    await api.post(api.path('configmaps'), { metadata: { name: 'm' } }, by('op'));
    const object = { metadata: { name: 'm' }, data: { a: '2' } };
    const later = await api.put(api.path('configmaps', 'm'), object, by('op'));
    expect(owners(later)).toEqual({});
  });
}
