import type { Registry } from '@prometheus-io/client';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { REQUEST } from '../../../src/core/formats/names.ts';
import type { Fault, FaultedRequest } from '../../fake-api/faults/fault.ts';
import { FaultyTransport } from '../../fake-api/faults/faulty-transport.ts';
import { FAST_SPEC, NAMESPACE, OperatorWorld, type Started } from '../operator-world.ts';

const MINUTE_MS = 60_000;
/** Of FAST_SPEC. */
const INTERVAL_MS = 30_000;

let world: OperatorWorld;
beforeEach(() => {
  world = new OperatorWorld();
});
afterEach(() => world.stopAll());

/** The values of a metric, each under its labels but namespace and set. */
async function figures(
  registry: Registry,
  name: string,
): Promise<Readonly<Record<string, number>>> {
  const lines = (await registry.metrics()).split('\n');
  const found = lines.flatMap((line) => {
    const [, labels = '', value = ''] = /^([a-z_]+\{.*\}) (.+)$/.exec(line) ?? [];
    if (!labels.startsWith(`${name}{namespace="auth",set="payments"`)) return [];
    const own = [...labels.matchAll(/(\w+)="([^"]*)"/g)].slice(2).map(([, , text]) => text);
    return [[own.join(' '), Number(value)] as const];
  });
  return Object.fromEntries(found);
}

async function published(registry: Registry): Promise<readonly string[]> {
  return Object.keys(await figures(registry, 'signingkeys_published_key_info'));
}

/** For how long a transition is overdue, in whole seconds; undefined if it has no series. */
async function overdue({ registry }: Started, action: string): Promise<number | undefined> {
  const seconds = (await figures(registry, 'signingkeys_transition_overdue_seconds'))[action];
  const at = (await figures(registry, 'signingkeys_next_transition_timestamp_seconds'))[action];
  const late = at === undefined ? undefined : Math.max(0, world.clock.wallMs() / 1000 - at);
  // The two say the same.
  expect(seconds).toBe(late);
  return seconds === undefined ? undefined : Math.round(seconds);
}

/** Starts an operator whose requests fail with `fault` whenever `isBroken` says so. */
function startWith(fault: Fault, isBroken: (request: FaultedRequest) => boolean): Started {
  const { api, clock } = world;
  const plan = (request: FaultedRequest) => (isBroken(request) ? [fault] : []);
  return world.start({ transport: new FaultyTransport({ inner: api.transport, clock, plan }) });
}

function editSet(edit: (draft: { metadata: { annotations?: object }; spec: object }) => void) {
  world.api.hand.edit('signingkeysets', NAMESPACE, 'payments', (draft) => edit(draft as never));
}

function suspend(): void {
  editSet((draft) => {
    draft.spec = { ...draft.spec, rotation: { interval: '30s', suspend: true } };
  });
}

test('the conditions of a set are metrics, as in its status, until the set is gone', async () => {
  const { registry } = world.start();
  world.apply();
  await world.clock.advance(1000);
  const conditions = () => figures(registry, 'signingkeys_condition');
  expect(world.condition('Ready')).toBe('False PublicationPending');
  expect(await conditions()).toMatchObject({
    'Ready PublicationPending': 0,
    'Reconciling PublicationPending': 1,
  });
  expect(await figures(registry, 'signingkeys_keys')).toMatchObject({ Active: 1 });
  await world.clock.advance(3000);
  expect(world.condition('Ready')).toBe('True Signing');
  expect(await conditions()).toMatchObject({
    'Ready Signing': 1,
    'InvariantsHold NoneViolated': 1,
  });
  const since = await figures(registry, 'signingkeys_active_key_activated_timestamp_seconds');
  const active = world.status().keys?.find(({ state }) => state === 'Active');
  expect(since).toEqual({ '': Date.parse(active?.activatedTime ?? '') / 1000 });
  expect(await conditions()).not.toHaveProperty('Reconciling PublicationPending');
  world.api.hand.delete('signingkeysets', 'auth', 'payments');
  await world.clock.advance(1000);
  expect(await conditions()).toEqual({});
});

describe('published keys', () => {
  test('are those in the ConfigMap, until the set is gone', async () => {
    const { registry } = world.start();
    world.apply();
    for (let second = 0; second < 60; second += 1) {
      await world.clock.advance(1000);
      expect(await published(registry)).toEqual(world.jwks()?.keys.map(({ kid }) => kid));
    }
    world.api.hand.delete('signingkeysets', NAMESPACE, 'payments');
    await world.clock.advance(1000);
    expect(await published(registry)).toEqual([]);
  });

  test('exclude one that left the JWKS and can’t be destroyed', async () => {
    const refused: Fault = { kind: 'status', status: 403, committed: false };
    const { registry } = startWith(
      refused,
      ({ verb, resource }) => verb === 'delete' && resource === 'secrets',
    );
    world.apply('payments', { ...FAST_SPEC, rotation: { interval: '1h' } });
    await world.clock.advance(10_000);
    editSet(({ metadata }) => {
      metadata.annotations = { [REQUEST.rotate]: 'now' };
    });
    await world.clock.advance(MINUTE_MS);
    expect(world.keys()).toBe('#1 Retiring, #2 Active, #3 Pending');
    expect(Object.keys(await figures(registry, 'signingkeys_key_info'))).toHaveLength(3);
    expect(world.jwks()?.keys).toHaveLength(2);
    expect(await published(registry)).toEqual(world.jwks()?.keys.map(({ kid }) => kid));
  });

  test('exclude those of a ConfigMap that is not the set’s', async () => {
    const metadata = { namespace: NAMESPACE, name: 'payments-jwks' };
    const kid = 'other';
    const jwk = { kty: 'EC', crv: 'P-256', x: 'A'.repeat(43), y: 'A'.repeat(43), kid };
    const keys = [{ ...jwk, alg: 'ES256', use: 'sig' }];
    world.api.hand.create('configmaps', {
      metadata,
      data: { 'jwks.json': JSON.stringify({ keys }) },
    });
    const { registry } = world.start();
    world.apply();
    await world.clock.advance(1000);
    expect(world.condition('Stalled')).toBe('True ObjectNotOwned');
    expect(await published(registry)).toEqual([]);
  });
});

describe('a rotation is overdue by what its key has signed beyond the interval', () => {
  test('never, while nothing holds it up', async () => {
    const started = world.start();
    world.apply();
    for (let second = 0; second < 70; second += 1) {
      await world.clock.advance(1000);
      for (const action of ['Activate', 'Publish', 'Remove']) {
        expect((await overdue(started, action)) ?? 0).toBe(0);
      }
      expect(await overdue(started, 'Activate')).toBe(0);
    }
  });

  test('while it is suspended', async () => {
    const started = world.start();
    world.apply();
    await world.clock.advance(INTERVAL_MS / 2);
    suspend();
    await world.clock.advance(INTERVAL_MS / 4);
    expect(await overdue(started, 'Activate')).toBe(0);
    await world.clock.advance(INTERVAL_MS / 4 + 10 * MINUTE_MS);
    expect(world.status().nextTransition?.waitingFor).toBe('Suspended');
    expect(await overdue(started, 'Activate')).toBe(600);
    expect(world.condition('RotationOverdue')).toBe('True Suspended');
  });

  test('while it is suspended and requested, and not from before the request on', async () => {
    const started = world.start();
    world.apply();
    await world.clock.advance(INTERVAL_MS / 2);
    suspend();
    editSet(({ metadata }) => {
      metadata.annotations = { [REQUEST.rotate]: 'now' };
    });
    await world.clock.advance(INTERVAL_MS / 4);
    expect(await overdue(started, 'Activate')).toBe(0);
    await world.clock.advance(INTERVAL_MS / 4 + 10 * MINUTE_MS);
    expect(await overdue(started, 'Activate')).toBe(600);
    expect(world.condition('RotationOverdue')).toBe('True Suspended');
  });

  test.each<[string, (request: FaultedRequest) => boolean]>([
    ['can’t be made', ({ verb, resource }) => verb === 'create' && resource === 'secrets'],
    ['can’t be published', ({ verb, resource }) => verb === 'update' && resource === 'configmaps'],
  ])('while the next key %s', async (_, isConcerned) => {
    let isBroken = false;
    const refused: Fault = { kind: 'status', status: 403, committed: false };
    const started = startWith(refused, (request) => isBroken && isConcerned(request));
    world.apply();
    await world.clock.advance(INTERVAL_MS - 5000);
    isBroken = true;
    await world.clock.advance(5000 + INTERVAL_MS + 20 * MINUTE_MS);
    expect(world.keys()).not.toContain('#4');
    expect(world.condition('RotationOverdue')).toBe('True Late');
    expect(await overdue(started, 'Activate')).toBeGreaterThanOrEqual(20 * 60);
    isBroken = false;
    await world.clock.advance(10 * MINUTE_MS);
    expect(await overdue(started, 'Activate')).toBe(0);
  });

  test('while the spec can’t be acted on', async () => {
    const started = world.start();
    world.apply();
    await world.clock.advance(INTERVAL_MS / 2);
    editSet((draft) => {
      draft.spec = { ...draft.spec, tokenTTL: '1d' };
    });
    await world.clock.advance(INTERVAL_MS / 2 + 10 * MINUTE_MS);
    expect(world.condition('Stalled')).toBe('True InvalidSpec');
    expect(await overdue(started, 'Activate')).toBe(600);
    const kids = world.jwks()?.keys.map(({ kid }) => kid);
    expect(await published(started.registry)).toEqual(kids);
  });
});

test('a transition that waits for nothing is overdue since it was first seen to be possible', async () => {
  let isBroken = false;
  const refused: Fault = { kind: 'status', status: 403, committed: false };
  const started = startWith(
    refused,
    ({ verb, resource }) => isBroken && verb === 'create' && resource === 'secrets',
  );
  world.apply();
  await world.clock.advance(INTERVAL_MS - 5000);
  isBroken = true;
  await world.clock.advance(5000);
  // The standby signs, and its successor, which would be published at once, can't be made.
  await world.clock.advance(10 * MINUTE_MS);
  expect(world.keys()).not.toContain('#3');
  expect(await overdue(started, 'Publish')).toBeGreaterThanOrEqual(600);
  expect(await overdue(started, 'Publish')).toBeLessThan(610);
  isBroken = false;
  await world.clock.advance(2 * MINUTE_MS);
  expect(world.keys()).toContain('#3');
  expect(await overdue(started, 'Publish')).toBeUndefined();
});
