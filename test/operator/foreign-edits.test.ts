import { afterEach, expect, test } from 'vitest';
import type { FakeApi } from '../fake-api/fake-api.ts';
import { FAST_SPEC, NAMESPACE, OperatorWorld } from './operator-world.ts';

let world: OperatorWorld | undefined;
afterEach(() => world?.stopAll());

// A watch that filters by labels shows such an object as deleted, or without its set's name.
test.each([
  ['secrets', 'payments-signer'],
  ['secrets', 'payments-key-2'],
  ['configmaps', 'payments-jwks'],
])('labels that someone removes from %s %s are put back at once', async (resource, name) => {
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

// A watch shows such an object under the name of a set that is not there.
test.each([
  [
    'edited',
    (api: FakeApi) =>
      api.hand.edit('configmaps', NAMESPACE, 'payments-jwks', (draft) => {
        draft['data'] = { ...(draft['data'] as object), 'jwks.json': '{"keys":[]}' };
      }),
  ],
  ['deleted', (api: FakeApi) => api.hand.delete('configmaps', NAMESPACE, 'payments-jwks')],
])('a JWKS that is relabelled and then %s is written again at once', async (_, harm) => {
  world = new OperatorWorld();
  const { api, clock } = world;
  world.start();
  world.apply('payments', { ...FAST_SPEC, rotation: { interval: '720h' } });
  await clock.advance(20_000);
  const kids = () => world?.jwks()?.keys.map(({ kid }) => kid);
  const before = kids();
  api.hand.edit('configmaps', NAMESPACE, 'payments-jwks', (draft) => {
    const metadata = draft['metadata'] as { labels: Record<string, string> };
    metadata.labels['signingkeys.dev/set'] = 'another';
  });
  harm(api);
  await clock.advance(2000);
  expect(kids()).toEqual(before);
});

test('a private key that someone puts into the JWKS ConfigMap is removed, and their other entries stay', async () => {
  world = new OperatorWorld();
  const { api, clock } = world;
  world.start();
  world.apply('payments', { ...FAST_SPEC, rotation: { interval: '720h' } });
  await clock.advance(20_000);
  const { data } = api.hand.get('secrets', NAMESPACE, 'payments-signer') as {
    data: Record<string, string>;
  };
  const pem = Buffer.from(data['private.pem'] ?? '', 'base64');
  api.hand.edit('configmaps', NAMESPACE, 'payments-jwks', (draft) => {
    draft['data'] = { ...(draft['data'] as object), 'backup.pem': pem.toString(), note: 'mine' };
    draft['binaryData'] = { 'backup.der': pem.toString('base64'), logo: 'AAEC' };
  });
  await clock.advance(2000);
  const jwks = api.hand.get('configmaps', NAMESPACE, 'payments-jwks');
  const left = { ...(jwks?.['data'] as object), ...(jwks?.['binaryData'] as object) };
  expect(Object.keys(left)).toEqual(expect.arrayContaining(['jwks.json', 'note', 'logo']));
  expect(Object.keys(left).filter((name) => name.startsWith('backup'))).toEqual([]);
  expect(world.condition('Ready')).toBe('True Signing');
});

test('a wrong public JWK in a key Secret’s annotation costs no key: the ledger knows better', async () => {
  world = new OperatorWorld();
  const { api, clock } = world;
  world.start();
  world.apply('payments', { ...FAST_SPEC, rotation: { interval: '720h' } });
  await clock.advance(20_000);
  const jwkOf = (name: string) => {
    const metadata = api.hand.get('secrets', NAMESPACE, name)?.['metadata'];
    const { annotations } = metadata as { annotations: Record<string, string> };
    return annotations['signingkeys.dev/public-jwk'];
  };
  const own = jwkOf('payments-key-2');
  const wrong = jwkOf('payments-key-1') ?? '';
  api.hand.edit('secrets', NAMESPACE, 'payments-key-2', (draft) => {
    const metadata = draft['metadata'] as { annotations: Record<string, string> };
    metadata.annotations['signingkeys.dev/public-jwk'] = wrong;
  });
  await clock.advance(5000);
  expect(world.condition('ForeignObjects')).toBe('none');
  expect(jwkOf('payments-key-2')).toBe(own);
});

test('a set with an unreadable spec does not keep its namespace from being deleted', async () => {
  world = new OperatorWorld();
  const { api, clock } = world;
  world.start();
  world.apply('payments', { ...FAST_SPEC, deletionPolicy: 'Delete' });
  await clock.advance(20_000);
  api.hand.edit('signingkeysets', NAMESPACE, 'payments', (draft) => {
    draft['spec'] = { ...(draft['spec'] as object), tokenTTL: 'never' };
  });
  await clock.advance(2000);
  api.hand.delete('namespaces', '', NAMESPACE);
  api.hand.delete('signingkeysets', NAMESPACE, 'payments');
  await clock.advance(5000);
  expect(api.hand.get('signingkeysets', NAMESPACE, 'payments')).toBeNull();
});

test('a key Secret that a finalizer keeps is deleted once, and does not hold up others', async () => {
  world = new OperatorWorld();
  const { api, clock } = world;
  world.start();
  world.apply('payments', FAST_SPEC);
  await clock.advance(20_000);
  api.hand.edit('secrets', NAMESPACE, 'payments-key-1', (draft) => {
    draft['metadata'] = { ...(draft['metadata'] as object), finalizers: ['example.com/keep'] };
  });
  await clock.advance(80_000);
  const deletes = world.operatorWrites().filter(({ verb }) => verb === 'delete');
  expect(deletes.map(({ name }) => name)).toEqual(['payments-key-1', 'payments-key-2']);
  expect(world.secret('payments-key-1')).not.toBeNull();
  expect(world.secret('payments-key-2')).toBeNull();
});

// Usually a backup tool's finalizer: DELETE succeeds each time, and nothing is deleted.
test.each([
  ['secrets', 'payments-key-1'],
  ['secrets', 'payments-signer'],
  ['configmaps', 'payments-jwks'],
])(
  'in a deletion, %s %s that a finalizer keeps is deleted once, and the set waits for it',
  async (resource, name) => {
    world = new OperatorWorld();
    const { api, clock } = world;
    world.start();
    world.apply('payments', { ...FAST_SPEC, deletionPolicy: 'Delete' });
    await clock.advance(20_000);
    const setFinalizers = (finalizers: readonly string[]) =>
      api.hand.edit(resource, NAMESPACE, name, (draft) => {
        draft['metadata'] = { ...(draft['metadata'] as object), finalizers: [...finalizers] };
      });
    setFinalizers(['example.com/keep']);
    const before = api.writes.length;
    api.hand.delete('signingkeysets', NAMESPACE, 'payments');
    await clock.advance(120_000);
    const deletes = world.operatorWrites(before).filter(({ verb }) => verb === 'delete');
    expect(deletes.filter((write) => write.name === name)).toHaveLength(1);
    expect(api.hand.get('signingkeysets', NAMESPACE, 'payments')).not.toBeNull();
    setFinalizers([]);
    await clock.advance(60_000);
    expect(api.hand.get('signingkeysets', NAMESPACE, 'payments')).toBeNull();
    expect(world.secret('payments-key-2')).toBeNull();
  },
);

// Only a POST finds it. It was once forgotten at rest, and then each edit of the set caused two writes.
test('a foreign key Secret without any label is remembered as long as it is there', async () => {
  world = new OperatorWorld();
  const { api, clock } = world;
  world.start();
  api.hand.create('secrets', {
    metadata: { namespace: NAMESPACE, name: 'payments-key-2' },
    data: { 'private.pem': 'bm90IHlvdXJz' },
  });
  world.apply('payments', FAST_SPEC);
  await clock.advance(10_000);
  expect(world.keys()).toBe('#1 Active, #3 Pending');
  const before = api.writes.length;
  for (const round of ['1', '2', '3']) {
    api.hand.edit('signingkeysets', NAMESPACE, 'payments', (draft) => {
      draft['metadata'] = { ...(draft['metadata'] as object), labels: { round } };
    });
    await clock.advance(2000);
  }
  expect(world.operatorWrites(before)).toEqual([]);
  expect(world.condition('ForeignObjects')).toBe('True ObjectNotOwned');
  api.hand.delete('secrets', NAMESPACE, 'payments-key-2');
  api.hand.edit('signingkeysets', NAMESPACE, 'payments', (draft) => {
    draft['metadata'] = { ...(draft['metadata'] as object), labels: { round: '4' } };
  });
  await clock.advance(5000);
  expect(world.condition('ForeignObjects')).toBe('none');
});
