import { describe, expect, test } from 'vitest';
import type { KubeObject } from '../../../src/platform/kube/resource.ts';
import type { ObjectEvent } from '../../../src/platform/reflector/object-store.ts';
import { RELIST_MAX_MS, RELIST_MIN_MS } from '../../../src/platform/reflector/reflector.ts';
import { WATCH_SILENCE_MAX_MS } from '../../../src/platform/reflector/watch-supervisor.ts';
import { failures, inWorld, status, synced, watching } from '../../support/kube/reflector-world.ts';
import type { WatchServer } from '../../support/kube/watch-server.ts';
import { eventually } from '../../support/wait/eventually.ts';

test('the list, then each change once, in order', async () => {
  await inWorld(
    (server) => {
      server.put('a');
      server.put('b');
      return { labelSelector: 'x=y', fieldSelector: 'type=t', metadataOnly: true };
    },
    async (world) => {
      expect(world.reflector.hasSynced()).toBe(false);
      await synced(world);
      await watching(world);
      world.server.put('c');
      world.server.put('a');
      world.server.bookmark();
      world.server.remove('b');
      await eventually('everything was reported', () => world.told.length === 5);
      expect(world.told).toEqual([
        'upsert auth/a uid-a',
        'upsert auth/b uid-b',
        'upsert auth/c uid-c',
        'upsert auth/a uid-a',
        'delete auth/b uid-b',
      ]);
      const { store } = world.reflector;
      expect([...store.values()].map(({ metadata }) => metadata.name)).toEqual(['a', 'c']);
      expect(store.get('auth', 'a')?.metadata.resourceVersion).toBe('14');
      expect(world.server.lists).toBe(1);
      expect(world.log.lines).toEqual([]);
      expect(Object.fromEntries(world.server.queries[1] ?? [])).toEqual({
        labelSelector: 'x=y',
        fieldSelector: 'type=t',
        watch: 'true',
        allowWatchBookmarks: 'true',
        resourceVersion: '12',
        timeoutSeconds: '300',
      });
    },
  );
});

test('a list in pages', async () => {
  await inWorld(
    (server) => {
      server.pageSize = 2;
      for (const name of 'abcde') server.put(name);
      return undefined;
    },
    async (world) => {
      await synced(world);
      expect(world.reflector.store.size).toBe(5);
      expect(world.server.lists).toBe(3);
    },
  );
});

test('a watch without bookmarks is ended and resumed, one with bookmarks is not', async () => {
  await inWorld(
    () => undefined,
    async (world) => {
      const { server, clock } = world;
      await watching(world);
      server.put('a');
      await eventually('it tells', () => world.told.length === 1);
      await clock.advance(WATCH_SILENCE_MAX_MS - 1);
      expect(server.openWatches).toBe(1);
      await clock.advance(1);
      await eventually('it failed', () => failures(world).length === 1);
      await eventually('it hung up', () => server.openWatches === 0);
      await clock.advanceToNext();
      await watching(world);
      expect(failures(world).at(-1)).toBe('silent');
      expect(server.lists).toBe(1);
      expect(server.watchedFrom[1]).toBe('11');
    },
  );
});

test('a watch that sent nothing is not resumed: the server may not have its version', async () => {
  await inWorld(
    () => undefined,
    async (world) => {
      const { server, clock } = world;
      await watching(world);
      await clock.advance(WATCH_SILENCE_MAX_MS);
      await eventually('it failed', () => failures(world).length === 1);
      await clock.advanceToNext();
      await eventually('it watches again', () => server.watchedFrom.length === 2);
      expect(server.lists).toBe(2);
    },
  );
});

test('the next periodic list finds and counts what a watch has missed', async () => {
  await inWorld(
    (server) => {
      server.put('a');
      server.put('b');
      server.put('c');
      return undefined;
    },
    async (world) => {
      const { server, clock } = world;
      await watching(world);
      server.telling = false;
      server.put('a');
      server.remove('b');
      server.put('c', {}, 'uid-other');
      server.telling = true;
      for (let passedMs = 0; passedMs < RELIST_MIN_MS; passedMs += 60_000) {
        const count = world.told.length;
        server.put('heartbeat');
        await eventually('it tells', () => world.told.length === count + 1);
        expect(server.lists).toBe(1);
        await clock.advance(60_000);
      }
      await eventually('it says so', () => world.log.lines.length === 1);
      expect(server.lists).toBe(2);
      expect(world.told.filter((line) => !line.includes('heartbeat')).slice(3)).toEqual([
        'delete auth/b uid-b',
        'upsert auth/a uid-a',
        'delete auth/c uid-c',
        'upsert auth/c uid-other',
      ]);
      expect(world.log.lines).toMatchObject([{ level: 'warn', fields: { missed: 4 } }]);
      await watching(world);
      expect(RELIST_MAX_MS).toBeLessThanOrEqual(600_000);
    },
  );
});

test('a new object of the same name is a delete, then an upsert', async () => {
  await inWorld(
    (server) => {
      server.put('a');
      return undefined;
    },
    async (world) => {
      await watching(world);
      world.server.put('a', {}, 'uid-new');
      await eventually('it tells', () => world.told.length === 3);
      expect(world.told.slice(1)).toEqual(['delete auth/a uid-a', 'upsert auth/a uid-new']);
    },
  );
});

test('a handler that throws is logged, and stops neither the watch nor other handlers', async () => {
  const names: string[] = [];
  await inWorld(
    () => ({
      handlers: [
        () => {
          throw new TypeError('hunter2');
        },
        ({ name }: ObjectEvent) => names.push(name),
      ],
    }),
    async (world) => {
      await watching(world);
      world.server.put('a');
      world.server.put('b');
      await eventually('both came', () => names.length === 2);
      expect(failures(world)).toEqual([]);
      expect(world.log.lines).toMatchObject([
        { level: 'error', fields: { name: 'a', error: 'TypeError' } },
        { level: 'error', fields: { name: 'b', error: 'TypeError' } },
      ]);
      expect(JSON.stringify(world.log.lines)).not.toContain('hunter2');
    },
  );
});

test('the store has only what the transform keeps', async () => {
  await inWorld(
    (server) => {
      server.put('a', { managedFields: [{ manager: 'x' }], annotations: { secret: 'hunter2' } });
      const transform = ({
        metadata: { managedFields: _, annotations: __, ...kept },
      }: KubeObject) => ({
        metadata: kept,
      });
      return { transform };
    },
    async (world) => {
      await synced(world);
      expect(world.reflector.store.get('auth', 'a')?.metadata).toEqual({
        namespace: 'auth',
        name: 'a',
        uid: 'uid-a',
        resourceVersion: '11',
      });
    },
  );
});

describe('stopped', () => {
  test.each([
    ['while the list hangs', (server: WatchServer) => server.listFaults.push(() => {}), 1],
    ['while the watch connects', (server: WatchServer) => server.watchFaults.push(() => {}), 2],
    ['while it watches', () => 0, 2],
  ])('%s: it ends and closes its connection', async (_, prepare, requests) => {
    await inWorld(
      (server) => {
        prepare(server);
        return undefined;
      },
      async (world) => {
        const { api, server, stop, run } = world;
        await eventually('it asked', () => api.requests.length === requests);
        const before = api.open;
        stop.abort(new Error('enough'));
        await run;
        await eventually('the connection is closed', () => api.open === before - 1);
        expect(server.openWatches).toBe(0);
        expect(api.requests.length).toBe(requests);
      },
    );
  });

  test('while it waits for a retry', async () => {
    await inWorld(
      (server) => {
        server.listFaults.push(status(500));
        return undefined;
      },
      async (world) => {
        await eventually('it failed', () => failures(world).length === 1);
        world.stop.abort();
        await world.run;
        expect(world.api.requests.length).toBe(1);
      },
    );
  });
});
