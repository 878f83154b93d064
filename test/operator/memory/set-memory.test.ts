/** What the operator remembers of a set is created at first sight and dropped in one place. */
import { afterEach, expect, test } from 'vitest';
import { SET_PLURAL } from '../../../src/core/formats/names.ts';
import { SetMemories } from '../../../src/operator/memory/set-memory.ts';
import { KeyVerdicts } from '../../../src/platform/keys/key-verdicts.ts';
import type { Fault, FaultedRequest } from '../../fake-api/faults/fault.ts';
import { FaultyTransport } from '../../fake-api/faults/faulty-transport.ts';
import { FAST_SPEC, NAMESPACE, OperatorWorld } from '../operator-world.ts';

/** Longer than until a set that is gone is looked for once more. */
const RECHECKED_MS = 11 * 60_000;

let world: OperatorWorld | undefined;
afterEach(() => world?.stopAll());

/** Whether there are figures of the set, other than that its private keys are still there. */
function setsIn(text: string): boolean {
  const lines = text.split('\n').filter((line) => line.includes('payments'));
  return lines.some((line) => !line.startsWith('signingkeys_left_over_secrets{'));
}

test('a deleted set leaves nothing behind, and its neighbour stays', async () => {
  world = new OperatorWorld();
  const { api, clock } = world;
  const { operator, registry } = world.start();
  // The name of its next key is taken, so that this is remembered as well.
  api.hand.create('secrets', {
    metadata: { namespace: NAMESPACE, name: 'payments-key-2' },
    data: { 'private.pem': 'bm90IHlvdXJz' },
  });
  world.apply('payments', FAST_SPEC);
  world.apply('orders', FAST_SPEC);
  await clock.advance(20_000);
  const memory = operator.memories.find('auth/payments');
  expect([...(memory?.takenNames ?? [])]).toEqual(['payments-key-2']);
  expect(memory?.figures?.set).toBe('payments');
  expect(operator.memories.size).toBe(2);

  api.hand.delete(SET_PLURAL, NAMESPACE, 'payments');
  await clock.advance(1000);
  const left = operator.memories.find('auth/payments');
  expect(left).not.toBe(memory);
  expect([left?.isMissing, left?.figures, [...(left?.takenNames ?? [])]]).toEqual([true, null, []]);
  expect(setsIn(await registry.metrics())).toBe(false);

  await clock.advance(RECHECKED_MS);
  expect(operator.memories.find('auth/payments')).toBeNull();
  expect(operator.memories.size).toBe(1);
  // Nor does the queue wait for it: what is scheduled is the other set's next pass.
  expect(operator.queue.state().scheduled).toBe(1);
  expect(world.condition('Ready', 'orders')).toBe('True Signing');
});

test('a set that is made again under its name starts with an empty memory', async () => {
  world = new OperatorWorld();
  const { api, clock } = world;
  const { operator } = world.start();
  world.apply('payments', { ...FAST_SPEC, deletionPolicy: 'Delete' });
  await clock.advance(20_000);
  const before = operator.memories.find('auth/payments');
  api.hand.delete(SET_PLURAL, NAMESPACE, 'payments');
  await clock.advance(60_000);
  expect(api.hand.get(SET_PLURAL, NAMESPACE, 'payments')).toBeNull();
  world.apply('payments', FAST_SPEC);
  await clock.advance(20_000);
  const after = operator.memories.find('auth/payments');
  expect(after).not.toBe(before);
  expect(after?.isMissing).toBe(false);
  expect(world.condition('Ready')).toBe('True Signing');
});

test('a set that a proxy wrongly calls gone is looked for again, and remembered again', async () => {
  world = new OperatorWorld();
  const { api, clock } = world;
  let isHidden = false;
  const gone: Fault = { kind: 'status', status: 404, committed: false };
  const plan = ({ verb, resource }: FaultedRequest) =>
    isHidden && verb === 'get' && resource === SET_PLURAL ? [gone] : [];
  const { operator } = world.start({
    transport: new FaultyTransport({ inner: api.transport, clock, plan }),
  });
  world.apply('payments', { ...FAST_SPEC, rotation: { interval: '720h' } });
  await clock.advance(20_000);
  isHidden = true;
  api.hand.edit(SET_PLURAL, NAMESPACE, 'payments', (draft) => {
    draft['metadata'] = { ...(draft['metadata'] as object), labels: { touched: 'yes' } };
  });
  await clock.advance(1000);
  expect(operator.memories.find('auth/payments')?.isMissing).toBe(true);
  isHidden = false;
  await clock.advance(RECHECKED_MS);
  expect(operator.memories.find('auth/payments')?.isMissing).toBe(false);
});

test('each set has verdicts of its own, which go with it, unless it is given shared ones', () => {
  const memories = new SetMemories(null);
  const own = memories.of('auth/payments').verdicts;
  expect(memories.of('auth/orders').verdicts).not.toBe(own);
  memories.drop('auth/payments');
  expect(memories.of('auth/payments').verdicts).not.toBe(own);

  const shared = new KeyVerdicts();
  const sharing = new SetMemories(shared);
  for (const set of ['auth/payments', 'auth/orders']) expect(sharing.of(set).verdicts).toBe(shared);
});
