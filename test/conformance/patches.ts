import { expect, test } from 'vitest';
import { freshApi, JSON_PATCH, MERGE, refusal, type Subject } from './api.ts';
import { widget } from './widget.ts';

const REFUSED = [422, 'Invalid'];
const LABEL = { op: 'add', path: '/metadata/annotations', value: { 'example.com/a': '1' } };

type Steps = readonly [name: string, operations: unknown, expected: unknown];

/** From `data: { z: '1' }`; what is expected is the data after, or the refusal. */
const JSON_PATCHES: readonly Steps[] = [
  [
    'test and replace',
    [
      { op: 'test', path: '/data/z', value: '1' },
      { op: 'replace', path: '/data/z', value: '2' },
    ],
    { z: '2' },
  ],
  [
    'a failed test',
    [
      { op: 'test', path: '/data/z', value: '9' },
      { op: 'replace', path: '/data/z', value: '2' },
    ],
    REFUSED,
  ],
  ['a test of nothing', [{ op: 'test', path: '/data/no', value: '1' }], REFUSED],
  [
    'remove',
    [
      { op: 'remove', path: '/data/z' },
      { op: 'add', path: '/data/y', value: '1' },
    ],
    { y: '1' },
  ],
  ['remove nothing', [{ op: 'remove', path: '/data/no' }], REFUSED],
  ['replace nothing', [{ op: 'replace', path: '/data/no', value: '1' }], { z: '1', no: '1' }],
  [
    'copy and move',
    [
      { op: 'copy', from: '/data/z', path: '/data/y' },
      { op: 'move', from: '/data/y', path: '/data/w' },
    ],
    { z: '1', w: '1' },
  ],
  [
    'escaped paths',
    [LABEL, { op: 'add', path: '/metadata/annotations/example.com~1b', value: '2' }],
    { z: '1' },
  ],
  ['an unknown operation', [{ op: 'frob', path: '/data/z' }], REFUSED],
  ['no list', { a: 1 }, [400, 'BadRequest']],
];

export function patches(subject: Subject): void {
  test.for(JSON_PATCHES)('json patch: %s', async ([, operations, expected]) => {
    const api = await freshApi(subject);
    const object = { metadata: { name: 'a' }, data: { z: '1' } };
    await api.post(api.path('configmaps'), object);
    const answer = await api.patch(api.path('configmaps', 'a'), JSON_PATCH, operations);
    expect(answer.status === 200 ? answer.body.data : refusal(answer)).toEqual(expected);
  });

  test('merge patch: sets, takes away with null, and keeps the rest', async () => {
    const api = await freshApi(subject);
    const path = api.path('configmaps', 'a');
    const metadata = { name: 'a', labels: { l: '1' } };
    await api.post(api.path('configmaps'), { metadata, data: { x: '1', y: '2' } });
    const change = {
      metadata: { annotations: { 'example.com/n': '1' } },
      data: { x: null, z: '3' },
    };
    const { status, body } = await api.patch(path, MERGE, change);
    expect([status, body.data]).toEqual([200, { y: '2', z: '3' }]);
    expect(body.metadata).toMatchObject({ ...metadata, ...change.metadata });
    const again = await api.patch(path, MERGE, change);
    expect(again.body).toEqual(body);
  });

  test('merge patch: guards by resourceVersion and uid', async () => {
    const api = await freshApi(subject);
    const path = api.path('configmaps', 'a');
    const { body } = await api.post(api.path('configmaps'), { metadata: { name: 'a' } });
    const { resourceVersion, uid } = body.metadata;
    const stale = { metadata: { resourceVersion: '1' }, data: { k: '1' } };
    expect(refusal(await api.patch(path, MERGE, stale))).toEqual([409, 'Conflict']);
    const other = { metadata: { uid: 'x' }, data: { k: '1' } };
    const immutable = [422, 'Invalid', 'FieldValueInvalid metadata.uid'];
    expect(refusal(await api.patch(path, MERGE, other))).toEqual(immutable);
    // Another incarnation differs in both: that is a conflict, not an invalid object.
    const both = { metadata: { uid: 'x', resourceVersion: '1' }, data: { k: '1' } };
    expect(refusal(await api.patch(path, MERGE, both))).toEqual([409, 'Conflict']);
    const right = { metadata: { resourceVersion, uid }, data: { k: '1' } };
    expect((await api.patch(path, MERGE, right)).status).toBe(200);
    const named = { metadata: { name: 'b' } };
    expect(refusal(await api.patch(path, MERGE, named))).toEqual([400, 'BadRequest']);
    const none = await api.patch(api.path('configmaps', 'none'), MERGE, { data: {} });
    expect(refusal(none)).toEqual([404, 'NotFound']);
    expect(refusal(await api.patch(path, MERGE, '{'))).toEqual([400, 'BadRequest']);
  });

  test('patches of a custom resource respect the doors', async () => {
    const api = await freshApi(subject);
    const path = api.path('widgets', 'w');
    await api.post(api.path('widgets'), widget('w', { spec: { size: 1 } }));
    const both = { spec: { size: 2 }, status: { phase: 'M' } };
    const main = await api.patch(path, MERGE, both);
    expect([main.body.spec, main.body.status]).toEqual([{ size: 2 }, undefined]);
    expect(main.body.metadata.generation).toBe(2);
    const shown = await api.patch(`${path}/status`, MERGE, { ...both, spec: { size: 3 } });
    expect([shown.body.spec, shown.body.status]).toEqual([{ size: 2 }, { phase: 'M' }]);
    const strategic = 'application/strategic-merge-patch+json';
    expect((await api.patch(path, strategic, both)).status).toBe(415);
  });

  test('a patch without a patch type is refused', async () => {
    const api = await freshApi(subject);
    await api.post(api.path('configmaps'), { metadata: { name: 'a' } });
    const answer = await api.patch(api.path('configmaps', 'a'), 'application/json', { data: {} });
    expect(refusal(answer)).toEqual([415, 'UnsupportedMediaType']);
  });
}
