import type { Registry } from 'prom-client';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { OperatorWorld } from './operator-world.ts';

let world: OperatorWorld;
beforeEach(() => {
  world = new OperatorWorld();
});
afterEach(() => world.stopAll());

/** The value of the one line of a metric that has this label; as Prometheus would read it. */
async function figure(registry: Registry, name: string, label: string) {
  const lines = (await registry.metrics()).split('\n');
  const line = lines.find((each) => each.startsWith(`${name}{`) && each.includes(label));
  return line?.split(' ').at(-1);
}

test('conditions of a set are figures, as the status has them, until the set is gone', async () => {
  const { registry } = world.start();
  world.apply();
  await world.clock.advance(1000);
  const condition = (type: string) =>
    figure(registry, 'signingkeys_condition', `namespace="auth",set="payments",type="${type}"`);
  expect(world.condition('Ready')).toBe('False PublicationPending');
  expect([await condition('Ready'), await condition('Reconciling')]).toEqual(['0', '1']);
  expect(await figure(registry, 'signingkeys_keys', 'state="Active"')).toBe('1');
  await world.clock.advance(3000);
  expect(world.condition('Ready')).toBe('True Signing');
  expect([await condition('Ready'), await condition('Reconciling')]).toEqual(['1', undefined]);
  expect(await condition('InvariantsHold')).toBe('1');
  world.api.hand.delete('signingkeysets', 'auth', 'payments');
  await world.clock.advance(1000);
  expect(await condition('Ready')).toBeUndefined();
});
