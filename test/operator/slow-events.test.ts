import { afterEach, expect, test } from 'vitest';
import type { Fault, FaultedRequest } from '../fake-api/faults/fault.ts';
import { FaultyTransport } from '../fake-api/faults/faulty-transport.ts';
import { FAST_SPEC, NAMESPACE, OperatorWorld } from './operator-world.ts';

let world: OperatorWorld | undefined;
afterEach(() => world?.stopAll());

function started(plan: (request: FaultedRequest) => readonly Fault[]): OperatorWorld {
  world = new OperatorWorld();
  const { api, clock } = world;
  world.start({ transport: new FaultyTransport({ inner: api.transport, clock, plan }) });
  world.apply('payments', { ...FAST_SPEC, rotation: { interval: '720h' } });
  return world;
}

test('an API server that never accepts an event holds up neither a revocation nor a stop', async () => {
  const hang: Fault = { kind: 'hang', committed: false };
  const { clock, api } = started(({ verb, resource }) =>
    verb === 'create' && resource === 'events' ? [hang] : [],
  );
  await clock.advance(20_000);
  const kid = world?.status().activeKid ?? '';
  api.hand.edit('signingkeysets', NAMESPACE, 'payments', (draft) => {
    draft['spec'] = {
      ...(draft['spec'] as object),
      revocations: [{ kid, reason: 'KeyCompromise' }],
    };
  });
  await clock.advance(100);
  expect(world?.status().activeKid).not.toBe(kid);
  expect(world?.jwks()?.keys.map((key) => key.kid)).not.toContain(kid);
  const stopping = world?.stopAll();
  await clock.advance(2000);
  await stopping;
});

test('a set that the server wrongly calls gone is looked for once more', async () => {
  let lies = 0;
  const { clock, api } = started(({ verb, resource }) => {
    if (verb !== 'get' || resource !== 'signingkeysets' || lies <= 0) return [];
    lies -= 1;
    return [{ kind: 'status', status: 404, committed: false }];
  });
  await clock.advance(20_000);
  lies = 1;
  api.hand.edit('signingkeysets', NAMESPACE, 'payments', (draft) => {
    const metadata = draft['metadata'] as { annotations?: Record<string, string> };
    metadata.annotations = { 'signingkeys.dev/rotate': 'now' };
  });
  await clock.advance(1000);
  expect(world?.keys()).toBe('#1 Active, #2 Pending');
  await clock.advance(620_000);
  expect(world?.keys()).toBe('#1 Retired, #2 Active, #3 Pending');
});
