/** Someone undoes a step as often as it is taken: it backs off, is reported, and holds up nothing else. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ANNOTATION, SET_PLURAL } from '../../src/core/formats/names.ts';
import type { Policy } from '../fake-api/fake-api.ts';
import { child, isObject, type JsonObject, metadataOf } from '../fake-api/json/json.ts';
import { FAST_SPEC, NAMESPACE, OperatorWorld } from './operator-world.ts';

vi.setConfig({ testTimeout: 60_000 });

/** Of FAST_SPEC: the longest that a rotation may take once it is due. */
const ROTATION_MS = 45_000;

let world: OperatorWorld;
beforeEach(() => {
  world = new OperatorWorld();
});
afterEach(() => world.stopAll());

/** Every Secret that has labels gets this one, as a policy for cost centres does it. */
const COST_CENTER: Policy = {
  resource: 'secrets',
  subresource: '',
  mutate: (draft) => {
    const { labels } = metadataOf(draft);
    if (isObject(labels)) labels['cost-center'] = 'platform';
  },
};

const STAMP: Policy = {
  resource: 'configmaps',
  subresource: '',
  mutate: (draft) => {
    draft['data'] = { ...child(draft, 'data'), stamp: 'platform' };
  },
};

const LABELLED: JsonObject = { ...FAST_SPEC, signer: { labels: { 'cost-center': 'payments' } } };

function activeKey(): string {
  return world.status().activeKey ?? 'none';
}

function revoke(kid: string): void {
  world.api.hand.edit(SET_PLURAL, NAMESPACE, 'payments', (draft) => {
    const revocations = [{ kid, reason: 'KeyCompromise' }];
    draft['spec'] = { ...child(draft, 'spec'), revocations };
  });
}

function message(type: string): string {
  return world.status().conditions?.find((each) => each.type === type)?.message ?? 'none';
}

describe('a policy sets a label of the signer to another value', () => {
  beforeEach(async () => {
    world.start();
    world.apply('payments', LABELLED);
    await world.clock.advance(20_000);
    world.api.policies.push(COST_CENTER);
    // Any write brings it to the policy's notice.
    world.api.hand.edit('secrets', NAMESPACE, 'payments-signer', (draft) => {
      metadataOf(draft)['annotations'] = {
        ...child(metadataOf(draft), 'annotations'),
        seen: 'yes',
      };
    });
  });

  test('rotation goes on', async () => {
    const before = activeKey();
    await world.clock.advance(2 * ROTATION_MS);
    expect(activeKey()).not.toBe(before);
    expect(world.condition('RotationOverdue')).toBe('False OnTime');
  });

  test('a revoked key is destroyed, and another standby is made', async () => {
    const { activeKid = '', activeKey: ordinal = '#1' } = world.status();
    revoke(activeKid);
    await world.clock.advance(ROTATION_MS);
    const name = `payments-key-${ordinal.slice(1)}`;
    expect(world.api.hand.get('secrets', NAMESPACE, name)).toBeNull();
    expect(world.secret('payments-signer')?.['kid']).not.toBe(activeKid);
    expect(world.condition('StandbyReady')).toBe('True Proven');
  });

  test('the step backs off, and a condition and an event name the field and who sets it', async () => {
    await world.clock.advance(60_000);
    expect(world.condition('Contested')).toBe('True StepUndone');
    expect(message('Contested')).toMatch(/Secret payments-signer: metadata\.labels\[cost-center\]/);
    expect(message('Contested')).toMatch(/admission policy or webhook/);
    expect(world.condition('Ready')).toBe('True Signing');
    const events = world.api.objects('events', NAMESPACE);
    expect(events.filter(({ reason }) => reason === 'StepUndone')).toHaveLength(1);
    const from = world.api.writes.length;
    await world.clock.advance(600_000);
    const tries = world.api.writes.slice(from).filter(({ name, changed, manager }) => {
      return name === 'payments-signer' && !changed && manager === 'signing-key-operator';
    });
    expect(tries.length).toBeGreaterThan(0);
    expect(tries.length).toBeLessThan(10);
  });

  test('once the policy is gone, the label is as the spec has it, and the condition goes', async () => {
    await world.clock.advance(60_000);
    world.api.policies.pop();
    await world.clock.advance(500_000);
    const signer = world.api.hand.get('secrets', NAMESPACE, 'payments-signer') ?? {};
    expect(child(metadataOf(signer), 'labels')['cost-center']).toBe('payments');
    expect(world.condition('Contested')).toBe('none');
  });
});

describe('a policy adds an entry to the data of each ConfigMap', () => {
  test('a new set gets its key, and nothing is contested', async () => {
    world.api.policies.push(STAMP);
    world.start();
    world.apply();
    await world.clock.advance(20_000);
    expect(world.condition('Ready')).toBe('True Signing');
    expect(world.condition('Contested')).toBe('none');
    const jwks = world.api.hand.get('configmaps', NAMESPACE, 'payments-jwks') ?? {};
    expect(child(jwks, 'data')['stamp']).toBe('platform');
  });

  test('a set at work starts no wait again', async () => {
    world.start();
    world.apply();
    await world.clock.advance(20_000);
    world.api.policies.push(STAMP);
    world.api.hand.edit('configmaps', NAMESPACE, 'payments-jwks', () => {});
    await world.clock.advance(60_000);
    const events = world.api.objects('events', NAMESPACE);
    expect(events.filter(({ reason }) => reason === 'WaitRestarted')).toEqual([]);
  });

  test('an entry that someone adds by hand stays, and starts no wait again', async () => {
    world.start();
    world.apply();
    await world.clock.advance(20_000);
    world.api.hand.edit('configmaps', NAMESPACE, 'payments-jwks', (draft) => {
      draft['data'] = { ...child(draft, 'data'), 'notes.txt': 'by hand' };
      draft['binaryData'] = { logo: 'AAAA' };
    });
    await world.clock.advance(2 * ROTATION_MS);
    const jwks = world.api.hand.get('configmaps', NAMESPACE, 'payments-jwks') ?? {};
    expect(child(jwks, 'data')['notes.txt']).toBe('by hand');
    expect(child(jwks, 'binaryData')['logo']).toBe('AAAA');
    const events = world.api.objects('events', NAMESPACE);
    expect(events.filter(({ reason }) => reason === 'WaitRestarted')).toEqual([]);
  });
});

/** Whoever made it, nothing says any more whose it is. */
const NO_OWNER: Policy = {
  resource: 'secrets',
  subresource: '',
  mutate: (draft) => {
    const metadata = metadataOf(draft);
    if (!/-key-\d+$/.test(String(metadata['name']))) return;
    const { [ANNOTATION.owner]: _, ...annotations } = child(metadata, 'annotations');
    metadata['annotations'] = annotations;
  },
};

test('a policy takes the owner off new key Secrets: none of their private keys is left over', async () => {
  world.start();
  world.apply('payments', FAST_SPEC);
  await world.clock.advance(20_000);
  const secrets = () => world.api.objects('secrets', NAMESPACE).length;
  const before = secrets();
  world.api.policies.push(NO_OWNER);
  revoke(world.status().activeKid ?? '');
  await world.clock.advance(600_000);
  expect(secrets()).toBeLessThanOrEqual(before);
  expect(world.condition('Ready')).toBe('True Signing');
  world.api.policies.pop();
  const active = activeKey();
  await world.clock.advance(120_000);
  expect(activeKey()).not.toBe(active);
});
