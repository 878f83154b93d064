import type { Registry } from '@prometheus-io/client';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ANNOTATION, LABEL, MANAGER, SET_PLURAL } from '../../../src/core/formats/names.ts';
import type { Fault, FaultedRequest } from '../../fake-api/faults/fault.ts';
import { FaultyTransport } from '../../fake-api/faults/faulty-transport.ts';
import { NAMESPACE, OperatorWorld } from '../operator-world.ts';

let world: OperatorWorld;
beforeEach(() => {
  world = new OperatorWorld();
});
afterEach(() => world.stopAll());

/** `namespace/set uid secrets` of each series. */
async function leftOver(registry: Registry): Promise<readonly string[]> {
  const line = /^signingkeys_left_over_secrets\{namespace="(.*)",set="(.*)",uid="(.*)"\} (\d+)$/gm;
  const found = [...(await registry.metrics()).matchAll(line)];
  return found.map(([, namespace, set, uid, count]) => `${namespace}/${set} ${uid} ${count}`);
}

function uidOf(name: string): string {
  const metadata = world.api.hand.get(SET_PLURAL, NAMESPACE, name)?.['metadata'];
  return (metadata as { readonly uid: string }).uid;
}

/** Until the first key signs and the next one is published: the signer and two key Secrets. */
async function create(name: string): Promise<string> {
  world.apply(name);
  await world.clock.advance(2000);
  return uidOf(name);
}

async function remove(name: string): Promise<void> {
  world.api.hand.delete(SET_PLURAL, NAMESPACE, name);
  await world.clock.advance(1000);
}

/** A Secret whose owner somebody wrote, as a controller that copies or a restore does. */
function secretOf(owner: { namespace: string; name: string; uid: string }, namespace: string) {
  world.api.hand.create('secrets', {
    metadata: {
      namespace,
      name: 'a-copy',
      labels: { [LABEL.managedBy]: MANAGER, [LABEL.set]: owner.name },
      annotations: { [ANNOTATION.owner]: JSON.stringify(owner) },
    },
  });
}

test('the Secrets of a deleted set are counted until they are gone, those of a living one never', async () => {
  const { registry } = world.start();
  const uid = await create('payments');
  await create('payments-old');
  expect(await leftOver(registry)).toEqual([]);
  await remove('payments');
  expect(await leftOver(registry)).toEqual([`auth/payments ${uid} 3`]);
  for (const name of ['payments-key-1', 'payments-key-2']) {
    world.api.hand.delete('secrets', NAMESPACE, name);
  }
  await world.clock.advance(1000);
  expect(await leftOver(registry)).toEqual([`auth/payments ${uid} 1`]);
  world.api.hand.delete('secrets', NAMESPACE, 'payments-signer');
  await world.clock.advance(1000);
  expect(await leftOver(registry)).toEqual([]);
});

test('a set of the same name takes them over: then they are not left over', async () => {
  const { registry } = world.start();
  await create('payments');
  await remove('payments');
  expect(await leftOver(registry)).toHaveLength(1);
  await create('payments');
  expect(await leftOver(registry)).toEqual([]);
});

test('an operator that starts later counts them, and one that does not lead counts none', async () => {
  const first = world.start({ elected: true });
  await world.clock.advance(1000);
  const uid = await create('payments');
  await remove('payments');
  const standby = world.start({ elected: true, identity: 'operator-2' });
  await world.clock.advance(5000);
  expect(standby.operator.isReady()).toBe(true);
  expect(await leftOver(standby.registry)).toEqual([]);
  expect(await leftOver(first.registry)).toEqual([`auth/payments ${uid} 3`]);
  await first.stop();
  await world.clock.advance(30_000);
  expect(await leftOver(standby.registry)).toEqual([`auth/payments ${uid} 3`]);
});

test('nothing counts as left over while the operator has not read which sets live', async () => {
  world.start();
  const uid = await create('payments');
  let isBroken = true;
  const fault: Fault = { kind: 'status', status: 500, committed: false };
  const { api, clock } = world;
  const plan = ({ verb, resource }: FaultedRequest) =>
    isBroken && verb === 'list' && resource === SET_PLURAL ? [fault] : [];
  const transport = new FaultyTransport({ inner: api.transport, clock, plan });
  const { registry } = world.start({ transport, identity: 'operator-2' });
  await clock.advance(5000);
  expect(await leftOver(registry)).toEqual([]);
  isBroken = false;
  await clock.advance(60_000);
  expect(await leftOver(registry)).toEqual([]);
  await remove('payments');
  expect(await leftOver(registry)).toEqual([expect.stringContaining(uid)]);
});

test('a copy of a living set’s Secret is not left over, wherever it is', async () => {
  const { registry } = world.start();
  const uid = await create('payments');
  secretOf({ namespace: NAMESPACE, name: 'payments', uid }, 'operators');
  await world.clock.advance(1000);
  expect(await leftOver(registry)).toEqual([]);
  await remove('payments');
  expect(await leftOver(registry)).toEqual([
    `auth/payments ${uid} 3`,
    `operators/payments ${uid} 1`,
  ]);
});

test('an operator of some namespaces does not judge the sets of others', async () => {
  const { registry } = world.start({ namespaces: [NAMESPACE] });
  await world.clock.advance(1000);
  secretOf({ namespace: 'operators', name: 'other', uid: 'u-1' }, NAMESPACE);
  await world.clock.advance(1000);
  expect(await leftOver(registry)).toEqual([]);
});
