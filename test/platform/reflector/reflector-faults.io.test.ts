import type { ServerResponse } from 'node:http';
import { describe, expect, test } from 'vitest';
import { HEALTHY_AFTER_MS } from '../../../src/platform/reflector/reflector.ts';
import { RETRY_MIN_MS } from '../../../src/platform/reflector/retry-delay.ts';
import { sendJson } from '../../support/kube/api-socket.ts';
import { failures, inWorld, status, watching } from '../../support/kube/reflector-world.ts';
import { eventually } from '../../support/wait/eventually.ts';

const FAULTS: [string, (response: ServerResponse) => void, string][] = [
  ['401', status(401), 'unauthorized'],
  ['403', status(403), 'forbidden'],
  ['404', status(404), 'not-found'],
  ['429', status(429, { 'retry-after': '60' }), 'throttled'],
  ['500', status(500), 'server-error'],
  ['503', status(503), 'unavailable'],
  ['504', status(504), 'timeout'],
  ['a reset', (response) => response.socket?.resetAndDestroy(), 'no-answer'],
  ['no JSON', (response) => response.end('hunter2\n'), 'bad-answer'],
  [
    'a cut-off answer',
    (response) => {
      response.writeHead(200, { 'content-length': '99' });
      response.write('{"hunter2', () => response.socket?.end());
    },
    'bad-answer',
  ],
];

describe('survives a fault of the list', () => {
  test.each(FAULTS)('%s', async (_, fault, kind) => {
    await inWorld(
      (server) => {
        server.put('a');
        server.listFaults.push(fault, fault);
        return undefined;
      },
      async (world) => {
        const { clock } = world;
        await eventually('it failed', () => failures(world).length === 1);
        expect(failures(world).at(-1)).toBe(kind);
        expect(await clock.advanceToNext()).toBe(kind === 'throttled' ? 60_000 : RETRY_MIN_MS);
        await eventually('it failed again', () => failures(world).length === 2);
        expect(await clock.advanceToNext()).toBe(kind === 'throttled' ? 60_000 : 2 * RETRY_MIN_MS);
        await watching(world);
        expect(world.told).toEqual(['upsert auth/a uid-a']);
        const code = `KUBE_${kind.toUpperCase().replaceAll('-', '_')}`;
        expect(JSON.stringify(world.log.lines)).toContain(`"code":"${code}"`);
        expect(JSON.stringify(world.log.lines)).not.toContain('hunter2');
      },
    );
  });
});

describe('survives a fault of the watch', () => {
  test.each(FAULTS)('%s', async (name, fault, kind) => {
    await inWorld(
      (server) => {
        server.watchFaults.push(fault);
        return undefined;
      },
      async (world) => {
        const { server, clock } = world;
        await eventually('it failed', () => failures(world).length === 1);
        expect(failures(world).at(-1)).toBe(kind);
        expect(await clock.advanceToNext()).toBe(kind === 'throttled' ? 60_000 : RETRY_MIN_MS);
        await watching(world);
        // If certainly nothing was lost, the watch resumes. Otherwise it lists first.
        expect(server.lists).toBe(name === '404' || name === 'no JSON' ? 2 : 1);
        server.put('a');
        await eventually('it tells', () => world.told.length === 1);
        expect(JSON.stringify(world.log.lines)).not.toContain('hunter2');
      },
    );
  });
});

describe('a version that is too old', () => {
  const inStream = (response: ServerResponse) => {
    response.write(`${JSON.stringify({ type: 'ERROR', object: { kind: 'Status', code: 410 } })}\n`);
  };
  test.each([
    ['as a status', status(410)],
    ['inside the watch', inStream],
  ])('%s: lists immediately, but only once', async (_, fault) => {
    await inWorld(
      (server) => {
        server.watchFaults.push(fault, fault);
        return undefined;
      },
      async (world) => {
        const { server, clock } = world;
        await eventually('it failed again', () => failures(world).length === 1);
        expect(failures(world)).toEqual(['gone']);
        expect(server.lists).toBe(2);
        expect(await clock.advanceToNext()).toBe(RETRY_MIN_MS);
        await watching(world);
        expect(server.lists).toBe(3);
        expect(world.log.lines).toHaveLength(1);
      },
    );
  });
});

test.each([
  ['an error inside', '{"type":"ERROR","object":{"kind":"Status","code":500}}\n', 1],
  ['a line that is not an event', '{"type":"ADDED","object":{"metadata":{"name":"x"}}}\n', 2],
])('%s, after events', async (_, line, lists) => {
  await inWorld(
    () => undefined,
    async (world) => {
      const { server, clock } = world;
      await watching(world);
      server.put('a');
      await eventually('it tells', () => world.told.length === 1);
      server.send(line);
      await eventually('it failed', () => failures(world).length === 1);
      expect(await clock.advanceToNext()).toBe(RETRY_MIN_MS);
      await watching(world);
      expect(server.lists).toBe(lists);
      expect(server.watchedFrom).toEqual(['10', '11']);
    },
  );
});

test.each(['end', 'reset'] as const)(
  'a watch that the server ends (%s) continues from the last bookmark',
  async (how) => {
    await inWorld(
      () => undefined,
      async (world) => {
        const { server, clock } = world;
        await watching(world);
        server.put('a');
        server.bookmark();
        server.put('b');
        server.bookmark();
        await eventually('it tells', () => world.told.length === 2);
        await clock.advance(60_000);
        server.bookmark();
        server.endWatches(how);
        if (how === 'reset') {
          await eventually('it failed', () => failures(world).length === 1);
          await clock.advanceToNext();
        }
        await eventually('it watches again', () => server.watchedFrom.length === 2);
        expect(server.lists).toBe(1);
        // A reset may overtake the last bookmark on its way.
        expect(['14', '15']).toContain(server.watchedFrom[1]);
      },
    );
  },
);

test('a version that the server does not have yet is not requested again', async () => {
  const tooLarge = {
    kind: 'Status',
    code: 504,
    reason: 'Timeout',
    details: { causes: [{ reason: 'ResourceVersionTooLarge' }] },
  };
  await inWorld(
    (server) => {
      server.watchFaults.push((response) => sendJson(response, 504, tooLarge));
      return undefined;
    },
    async (world) => {
      await eventually('it failed', () => failures(world).length === 1);
      await world.clock.advanceToNext();
      await watching(world);
      expect(world.server.lists).toBe(2);
    },
  );
});

test('watches that end immediately do not make a hot loop', async () => {
  await inWorld(
    (server) => {
      server.watchFaults.push((response) => response.end());
      return undefined;
    },
    async (world) => {
      await eventually('it failed', () => failures(world).length === 1);
      expect(failures(world).at(-1)).toBe('short-watch');
      expect(await world.clock.advanceToNext()).toBe(RETRY_MIN_MS);
      await watching(world);
    },
  );
});

test.each([
  ['long: the next failure is a first one again', HEALTHY_AFTER_MS, RETRY_MIN_MS],
  ['too short: the old failures still count', HEALTHY_AFTER_MS - 1, 4 * RETRY_MIN_MS],
])('a watch that ended well was %s', async (_, livedMs, waitMs) => {
  await inWorld(
    (server) => {
      server.listFaults.push(status(500), status(500));
      return undefined;
    },
    async (world) => {
      const { server, clock } = world;
      for (const restarts of [1, 2]) {
        await eventually('it failed', () => failures(world).length === restarts);
        await clock.advanceToNext();
      }
      await watching(world);
      server.put('a');
      await eventually('it tells', () => world.told.length === 1);
      await clock.advance(livedMs);
      server.watchFaults.push(status(500));
      server.endWatches('end');
      await eventually('it failed', () => failures(world).length === 3);
      expect(await clock.advanceToNext()).toBe(waitMs);
      await watching(world);
    },
  );
});
