import { beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/platform/clock.ts';
import type { KubeRequest } from '../../../src/platform/kube/transport.ts';
import { FakeApi } from '../fake-api.ts';
import type { Fault, WatchFault } from './fault.ts';
import { FaultyTransport } from './faulty-transport.ts';

const PATH = '/api/v1/namespaces/n/configmaps';
const CREATE: KubeRequest = {
  method: 'POST',
  path: PATH,
  query: { timeout: '50ms' },
  body: '{"metadata":{"name":"a"},"data":{"v":"1"}}',
};
const GET: KubeRequest = { method: 'GET', path: `${PATH}/a` };
let fake: FakeApi;

beforeEach(() => {
  fake = new FakeApi({ clock: systemClock });
  fake.hand.namespace('n');
});

function faulty(...faults: readonly Fault[]): FaultyTransport {
  const readAsOf = (request: KubeRequest, signal: AbortSignal, revision: number) =>
    fake.sendAsOf(request, signal, revision);
  const plan = () => faults;
  return new FaultyTransport({ inner: fake.transport, clock: systemClock, plan, readAsOf });
}

async function outcome(request: KubeRequest, ...faults: readonly Fault[]): Promise<string> {
  try {
    const response = await faulty(...faults).send(request, AbortSignal.timeout(300));
    let text = '';
    for await (const chunk of response.body) text += Buffer.from(chunk).toString('utf8');
    return `${response.status} ${isJson(text) ? 'whole' : 'broken'}`;
  } catch (error) {
    return (error as { code?: unknown }).code === 23
      ? 'timeout'
      : String((error as { code: unknown }).code);
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

describe('a create under a fault: what the client sees, and whether it was done', () => {
  const cases: readonly (readonly [Fault[], string, boolean])[] = [
    [[], '201 whole', true],
    [[{ kind: 'drop' }], 'ECONNREFUSED', false],
    [[{ kind: 'drop', code: 'ECONNRESET' }], 'ECONNRESET', false],
    [[{ kind: 'lose-answer' }], 'ECONNRESET', true],
    [[{ kind: 'hang', committed: false }], 'timeout', false],
    [[{ kind: 'hang', committed: true }], 'timeout', true],
    [[{ kind: 'status', status: 500, committed: false }], '500 whole', false],
    [[{ kind: 'status', status: 504, committed: true }], '504 whole', true],
    [[{ kind: 'delay', where: 'before', ms: 60 }], '201 whole', true],
    [[{ kind: 'delay', where: 'server', ms: 60 }], '504 whole', false],
    [[{ kind: 'delay', where: 'server', ms: 10 }], '201 whole', true],
    [[{ kind: 'truncate', bytes: 20, silent: false }], 'TRUNCATED', true],
    [[{ kind: 'truncate', bytes: 20, silent: true }], '201 broken', true],
  ];
  test.for(cases)('%j: %s', async ([faults, seen, done]) => {
    expect(await outcome(CREATE, ...faults)).toBe(seen);
    expect(fake.hand.get('configmaps', 'n', 'a') !== null).toBe(done);
    expect(
      fake.writes.filter(({ resource, changed }) => resource === 'configmaps' && changed),
    ).toHaveLength(done ? 1 : 0);
  });
});

test('429 says when to come back', async () => {
  const fault: Fault = { kind: 'status', status: 429, committed: false, retryAfterSeconds: 7 };
  const { status, headers } = await faulty(fault).send(GET, AbortSignal.timeout(1000));
  expect([status, headers['retry-after']]).toEqual([429, '7']);
});

test('a stale read sees the world as it was', async () => {
  fake.hand.create('configmaps', { metadata: { name: 'a', namespace: 'n' }, data: { v: '1' } });
  const revision = fake.revision;
  fake.hand.edit('configmaps', 'n', 'a', (draft) => {
    draft['data'] = { v: '2' };
  });
  const read = async (...faults: Fault[]) => {
    const { body } = await faulty(...faults).send(GET, AbortSignal.timeout(1000));
    for await (const chunk of body) return JSON.parse(Buffer.from(chunk).toString('utf8')).data.v;
  };
  expect([await read(), await read({ kind: 'stale', revision })]).toEqual(['2', '1']);
});

test('lines of a watch are dropped, doubled, late or the last', async () => {
  const fates: Record<string, WatchFault> = {
    a: 'pass',
    b: 'drop',
    c: 'double',
    d: { delayMs: 5 },
    e: 'break',
  };
  const fault: Fault = { kind: 'watch', line: ({ name }) => fates[name] ?? 'pass' };
  for (const name of Object.keys(fates)) {
    fake.hand.create('configmaps', { metadata: { name, namespace: 'n' } });
  }
  const query = { watch: 'true' };
  const request: KubeRequest = { method: 'GET', path: PATH, query };
  const { body } = await faulty(fault).send(request, AbortSignal.timeout(1000));
  const seen: string[] = [];
  const reading = (async () => {
    for await (const line of body) {
      seen.push(JSON.parse(Buffer.from(line).toString('utf8')).object.metadata.name);
    }
  })();
  await expect(reading).rejects.toMatchObject({ code: 'ECONNRESET' });
  expect(seen).toEqual(['a', 'c', 'c', 'd']);
});
