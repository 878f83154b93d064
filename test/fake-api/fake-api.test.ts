import { beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../src/platform/clock.ts';
import { FakeApi } from './fake-api.ts';
import { isObject } from './json/json.ts';
import { customResource } from './types/resource-types.ts';

// What only the fake has: edits by hand, its log, its clock. The conformance suite has the rest.
const types = [customResource('example.com', 'v1', 'widgets', 'Widget')];
const configMap = { metadata: { name: 'a', namespace: 'n' }, data: { v: '1' } };
let fake: FakeApi;

beforeEach(() => {
  fake = new FakeApi({ clock: systemClock, types });
  fake.hand.namespace('n');
});

test('two fakes draw the same names and uids', () => {
  const other = new FakeApi({ clock: systemClock, types });
  other.hand.namespace('n');
  const uids = [fake, other].map((each) => {
    const { metadata } = each.hand.create('configmaps', configMap);
    return isObject(metadata) ? metadata['uid'] : null;
  });
  expect(uids[0]).toBe(uids[1]);
});

test('the server has a clock of its own', async () => {
  fake.clockOffsetMs = -86_400_000;
  const signal = AbortSignal.timeout(1000);
  const { headers } = await fake.transport.send({ method: 'GET', path: '/api/v1/secrets' }, signal);
  const offMs = Date.parse(headers['date'] ?? '') - systemClock.wallMs();
  expect(Math.abs(offMs + 86_400_000)).toBeLessThan(2000);
});

test('the log holds every write request and what came of it', async () => {
  const before = fake.writes.length;
  fake.hand.create('configmaps', configMap);
  fake.hand.edit('configmaps', 'n', 'a', () => {});
  expect(() => fake.hand.create('configmaps', configMap)).toThrow('already exists');
  fake.hand.as('someone').delete('configmaps', 'n', 'a');
  const log = fake.writes.slice(before);
  expect(log.map((w) => [w.verb, w.name, w.manager, w.status, w.changed])).toEqual([
    ['create', 'a', 'kubectl-edit', 201, true],
    ['update', 'a', 'kubectl-edit', 200, false],
    ['create', 'a', 'kubectl-edit', 409, false],
    ['delete', 'a', 'someone', 200, true],
  ]);
});

test('someone restores what was saved: the same content, another incarnation', () => {
  const widget = { metadata: { name: 'w', namespace: 'n', finalizers: ['example.com/f'] } };
  fake.hand.create('widgets', { ...widget, spec: { size: 1 } });
  const saved = fake.hand.edit(
    'widgets',
    'n',
    'w',
    (draft) => {
      draft['status'] = { phase: 'X' };
    },
    'status',
  );
  const restored = fake.hand.restore('widgets', saved);
  expect(restored).toMatchObject({ spec: { size: 1 }, status: { phase: 'X' } });
  expect(JSON.stringify(restored)).toContain('example.com/f');
  expect((restored['metadata'] as { uid: string }).uid).not.toBe(
    (saved['metadata'] as { uid: string }).uid,
  );
});

test('a removed namespace takes all with it', () => {
  fake.hand.create('configmaps', configMap);
  fake.hand.create('widgets', { metadata: { name: 'w', namespace: 'n', finalizers: ['a.b/c'] } });
  fake.hand.removeNamespace('n');
  expect([fake.objects('configmaps'), fake.objects('widgets', 'n')]).toEqual([[], []]);
  expect(fake.hand.get('namespaces', '', 'n')).toBeNull();
});

test('closing the watches ends them, a bookmark goes to those that asked', async () => {
  const query = { watch: 'true', allowWatchBookmarks: 'true' };
  const request = { method: 'GET', path: '/api/v1/configmaps', query } as const;
  const { body } = await fake.transport.send(request, AbortSignal.timeout(1000));
  fake.bookmark();
  fake.closeWatches();
  const lines: string[] = [];
  for await (const line of body) lines.push(JSON.parse(Buffer.from(line).toString('utf8')).type);
  expect(lines).toEqual(['BOOKMARK']);
});

test('history is bounded, and what fell out of it is expired', async () => {
  const small = new FakeApi({ clock: systemClock, historyMax: 5 });
  small.hand.namespace('n');
  small.hand.create('configmaps', configMap);
  for (let count = 0; count < 20; count += 1) {
    small.hand.edit('configmaps', 'n', 'a', (draft) => {
      draft['data'] = { v: String(count) };
    });
  }
  const query = { watch: 'true', resourceVersion: '2' };
  const request = { method: 'GET', path: '/api/v1/configmaps', query } as const;
  const { body } = await small.transport.send(request, AbortSignal.timeout(1000));
  for await (const line of body) {
    expect(JSON.parse(Buffer.from(line).toString('utf8')).object.code).toBe(410);
  }
});
