import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Fault, FaultedRequest } from '../fake-api/faults/fault.ts';
import { FaultyTransport } from '../fake-api/faults/faulty-transport.ts';
import { OperatorWorld } from './operator-world.ts';

let world: OperatorWorld;
beforeEach(() => {
  world = new OperatorWorld();
});
afterEach(() => world.stopAll());

/** Of FAST_SPEC. */
const INTERVAL_MS = 30_000;

test.each([429, 503])(
  'a pass that the server answers with %i and Retry-After counts as failed',
  async (status) => {
    let isBroken = false;
    const throttled: Fault = { kind: 'status', status, committed: false, retryAfterSeconds: 10 };
    const { api, clock } = world;
    const plan = ({ verb }: FaultedRequest) => (isBroken && verb === 'get' ? [throttled] : []);
    const transport = new FaultyTransport({ inner: api.transport, clock, plan });
    const { registry } = world.start({ transport });
    world.apply();
    await world.clock.advance(1000);
    const passes = async () => {
      const metric = await registry.getSingleMetric('controller_runtime_reconcile_total')?.get();
      const values = metric?.values ?? [];
      return Object.fromEntries(values.map(({ labels, value }) => [labels['result'], value]));
    };
    const before = await passes();
    expect(before['error'] ?? 0).toBe(0);
    isBroken = true;
    await world.clock.advance(60_000 + INTERVAL_MS);
    const after = await passes();
    expect(after['requeue_after']).toBe(before['requeue_after']);
    // As often as the server allowed, and no more.
    expect(after['error']).toBeGreaterThanOrEqual(5);
    expect(after['error']).toBeLessThanOrEqual(9);
  },
);
