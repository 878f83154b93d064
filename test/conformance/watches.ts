import { expect, test } from 'vitest';
import { type Api, type Body, freshApi, METADATA_ONLY, type Subject } from './api.ts';
import { widget } from './widget.ts';

/** [type, name, data.v] of each event. */
function brief(events: readonly Body[]): string[] {
  return events.map(({ type, object }) =>
    [type, object.metadata.name, object.data?.v].filter(Boolean).join(' '),
  );
}

/** A ConfigMap `a` that goes through six writes; the label leaves and comes back. */
async function play(api: Api): Promise<void> {
  const path = api.path('configmaps', 'a');
  const at = (app: string, v: string, more: object = {}) => ({
    metadata: { name: 'a', labels: { app }, ...more },
    data: { v },
  });
  await api.post(api.path('configmaps'), at('x', '1'));
  await api.put(path, at('x', '2'));
  await api.put(path, at('y', '3'));
  await api.put(path, at('y', '4'));
  await api.put(path, at('x', '5', { finalizers: ['example.com/a'] }));
  await api.put(path, at('x', '5', { finalizers: ['example.com/a'] }));
  await api.delete(path);
  await api.put(path, at('x', '7'));
}

async function startVersion(api: Api): Promise<string> {
  const { body } = await api.get(api.path('configmaps'));
  return body.metadata.resourceVersion;
}

export function watches(subject: Subject): void {
  test('a watch shows each change in order, and no write that changed nothing', async () => {
    const api = await freshApi(subject);
    const resourceVersion = await startVersion(api);
    const watching = await api.watch(api.path('configmaps'), { resourceVersion });
    await play(api);
    const events = await watching.take(7);
    watching.close();
    // The last write took the last finalizer away: its data was never stored.
    expect(brief(events)).toEqual([
      'ADDED a 1',
      'MODIFIED a 2',
      'MODIFIED a 3',
      'MODIFIED a 4',
      'MODIFIED a 5',
      'MODIFIED a 5',
      'DELETED a 5',
    ]);
    const versions = events.map(({ object }) => Number(object.metadata.resourceVersion));
    expect(versions).toEqual([...new Set(versions)].sort((a, b) => a - b));
    expect(events[0].object).toMatchObject({ kind: 'ConfigMap', apiVersion: 'v1' });
    expect(events[6].object.metadata.finalizers).toEqual(['example.com/a']);
  });

  test('what leaves a selection is DELETED in its last selected state', async () => {
    const api = await freshApi(subject);
    const resourceVersion = await startVersion(api);
    const query = { resourceVersion, labelSelector: 'app=x' };
    const watching = await api.watch(api.path('configmaps'), query);
    await play(api);
    const events = await watching.take(6);
    watching.close();
    expect(brief(events)).toEqual([
      'ADDED a 1',
      'MODIFIED a 2',
      'DELETED a 2',
      'ADDED a 5',
      'MODIFIED a 5',
      'DELETED a 5',
    ]);
    // Under the version of the change that took it out, not of its last selected one.
    const [, before, left] = events.map(({ object }) => Number(object.metadata.resourceVersion));
    expect(left).toBeGreaterThan(before ?? Number.NaN);
    expect(events[2].object.metadata.labels).toEqual({ app: 'x' });
  });

  test('a watch continues where a list ended', async () => {
    const api = await freshApi(subject);
    const resourceVersion = await startVersion(api);
    await api.post(api.path('configmaps'), { metadata: { name: 'before' } });
    const watching = await api.watch(api.path('configmaps'), { resourceVersion });
    await api.post(api.path('configmaps'), { metadata: { name: 'after' } });
    expect(brief(await watching.take(2))).toEqual(['ADDED before', 'ADDED after']);
    watching.close();
  });

  test.for([{}, { resourceVersion: '0' }])(
    'without a version, what is there comes first: %j',
    async (query) => {
      const api = await freshApi(subject);
      for (const name of ['a', 'b']) await api.post(api.path('configmaps'), { metadata: { name } });
      const watching = await api.watch(api.path('configmaps'), query as Record<string, string>);
      const first = brief(await watching.take(2));
      expect(first.sort()).toEqual(['ADDED a', 'ADDED b']);
      await api.delete(api.path('configmaps', 'a'));
      expect(brief(await watching.take(1))).toEqual(['DELETED a']);
      watching.close();
    },
  );

  test('the server ends a watch at the requested time, after a bookmark', async () => {
    const api = await freshApi(subject);
    const resourceVersion = await startVersion(api);
    const options = { resourceVersion, timeoutSeconds: '4', allowWatchBookmarks: 'true' };
    const watching = await api.watch(api.path('configmaps'), options);
    const made = await api.post(api.path('configmaps'), { metadata: { name: 'a' } });
    const events = await watching.rest();
    expect(events[0].type).toBe('ADDED');
    const bookmark = events.at(-1);
    expect([bookmark.type, bookmark.object.kind]).toEqual(['BOOKMARK', 'ConfigMap']);
    expect(Number(bookmark.object.metadata.resourceVersion)).toBeGreaterThanOrEqual(
      Number(made.body.metadata.resourceVersion),
    );
    expect(bookmark.object.metadata.name).toBeUndefined();
  });

  test('only metadata, if that is asked for', async () => {
    const api = await freshApi(subject);
    const resourceVersion = (await api.get(api.path('secrets'))).body.metadata.resourceVersion;
    const watching = await api.watch(api.path('secrets'), { resourceVersion }, METADATA_ONLY);
    await api.post(api.path('secrets'), { metadata: { name: 's' }, stringData: { k: 'secret' } });
    const [{ object }] = await watching.take(1);
    watching.close();
    expect(object).toMatchObject({ kind: 'PartialObjectMetadata', metadata: { name: 's' } });
    expect(Object.keys(object).sort()).toEqual(['apiVersion', 'kind', 'metadata']);
  });

  test('a watch from a compacted version ends in one ERROR, 410, under status 200', async () => {
    const api = await freshApi(subject);
    await api.post(api.path('widgets'), widget('w'));
    await subject.compact?.();
    const watching = await api.watch(api.path('widgets'), { resourceVersion: '1' });
    expect(watching.status).toBe(200);
    const events = await watching.rest();
    expect(events).toEqual([
      {
        type: 'ERROR',
        object: expect.objectContaining({ kind: 'Status', reason: 'Expired', code: 410 }),
      },
    ]);
  });

  test('a watch from no version at all is refused', async () => {
    const api = await freshApi(subject);
    const watching = await api.watch(api.path('configmaps'), { resourceVersion: 'abc' });
    expect(watching.status).toBe(500);
    watching.close();
  });
}
