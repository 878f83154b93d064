import { afterEach, expect, test } from 'vitest';
import { FAST_SPEC, NAMESPACE, OperatorWorld } from './operator-world.ts';

let world: OperatorWorld | undefined;
afterEach(() => world?.stopAll());

// A watch that filters by labels shows such an object as deleted, or without its set's name.
test.each([
  ['secrets', 'payments-signer'],
  ['secrets', 'payments-key-2'],
  ['configmaps', 'payments-jwks'],
])('labels that a hand takes off %s %s are put back at once', async (resource, name) => {
  for (const label of ['signingkeys.dev/set', 'app.kubernetes.io/managed-by']) {
    world = new OperatorWorld();
    const { api, clock } = world;
    world.start();
    world.apply('payments', { ...FAST_SPEC, rotation: { interval: '720h' } });
    await clock.advance(20_000);
    const labels = () => {
      const metadata = api.hand.get(resource, NAMESPACE, name)?.['metadata'];
      return (metadata as { labels: object } | undefined)?.labels;
    };
    const before = labels();
    api.hand.edit(resource, NAMESPACE, name, (draft) => {
      const metadata = draft['metadata'] as { labels: Record<string, string> };
      delete metadata.labels[label];
    });
    await clock.advance(2000);
    expect(labels(), label).toEqual(before);
    await world.stopAll();
  }
});
