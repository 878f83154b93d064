/** Each repair of what someone else did is counted, sends an event that names who did it, and is a warning. */
import type { Registry } from '@prometheus-io/client';
import { afterEach, describe, expect, test } from 'vitest';
import { FAST_SPEC, NAMESPACE, OperatorWorld, type Started } from './operator-world.ts';

let world: OperatorWorld | undefined;
afterEach(() => world?.stopAll());

const QUIET_SPEC = { ...FAST_SPEC, rotation: { interval: '720h' } };

/** How often each repair was counted: `signer SignerRepaired` → 1. */
async function repairsOf(registry: Registry): Promise<Readonly<Record<string, number>>> {
  const lines = (await registry.metrics()).split('\n');
  const series =
    /^signingkeys_repairs_total\{namespace="auth",set="payments",object="(\w+)",reason="(\w+)"\} (\d+)$/;
  const found = lines.flatMap((line) => {
    const [, object, reason, value] = series.exec(line) ?? [];
    return value === undefined ? [] : [[`${object} ${reason}`, Number(value)] as const];
  });
  return Object.fromEntries(found);
}

function counted(repairs: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(repairs).filter(([, count]) => count > 0));
}

/** A set with a proven standby. */
async function settled(): Promise<{ readonly of: OperatorWorld; readonly started: Started }> {
  const of = new OperatorWorld();
  world = of;
  const started = of.start();
  of.apply('payments', QUIET_SPEC);
  await of.clock.advance(20_000);
  return { of, started };
}

function edit(resource: string, name: string, data: object) {
  return (of: OperatorWorld) => {
    of.api.hand.as('oops').edit(resource, NAMESPACE, name, (draft) => {
      draft['data'] = { ...(draft['data'] as object), ...data };
    });
  };
}

/** Edits, and puts everything back before an operator can look. */
function editAndRevert(resource: string, name: string, data: object) {
  return (of: OperatorWorld) => {
    const before = of.api.hand.get(resource, NAMESPACE, name)?.['data'] as object;
    edit(resource, name, data)(of);
    edit(resource, name, before)(of);
  };
}

const emptied = { 'jwks.json': '{"keys":[]}' };
const otherKey = { kid: Buffer.from('other').toString('base64') };

describe('what someone else did', () => {
  test.each<[string, (of: OperatorWorld) => void, Readonly<Record<string, number>>, string]>([
    [
      'an edited JWKS',
      edit('configmaps', 'payments-jwks', emptied),
      { 'jwks JwksRepaired': 1 },
      'oops',
    ],
    [
      'a JWKS that was edited and put back',
      editAndRevert('configmaps', 'payments-jwks', emptied),
      { 'jwks JwksEdited': 1 },
      'oops',
    ],
    [
      'a deleted JWKS',
      (of) => of.api.hand.delete('configmaps', NAMESPACE, 'payments-jwks'),
      { 'jwks JwksRestored': 1 },
      'payments-jwks',
    ],
    [
      'an edited signer Secret',
      edit('secrets', 'payments-signer', otherKey),
      { 'signer SignerRepaired': 1 },
      'oops',
    ],
    [
      'a signer Secret that was edited and put back',
      editAndRevert('secrets', 'payments-signer', otherKey),
      { 'signer SignerEdited': 1 },
      'oops',
    ],
    [
      'a deleted signer Secret',
      (of) => of.api.hand.delete('secrets', NAMESPACE, 'payments-signer'),
      { 'signer LedgerRecovered': 1 },
      'payments-signer',
    ],
    [
      'a deleted key Secret',
      (of) => of.api.hand.delete('secrets', NAMESPACE, 'payments-key-1'),
      { 'key KeySecretRestored': 1 },
      'payments-key-1',
    ],
    [
      'signer and key Secret deleted',
      (of) => {
        of.api.hand.delete('secrets', NAMESPACE, 'payments-signer');
        of.api.hand.delete('secrets', NAMESPACE, 'payments-key-1');
      },
      { 'signer LedgerRecovered': 1, 'signer SigningKeyLost': 1 },
      'payments-signer',
    ],
  ])('%s is counted, and an event says who', async (_, harm, expected, named) => {
    const { of, started } = await settled();
    expect(counted(await repairsOf(started.registry))).toEqual({});
    harm(of);
    await of.clock.advance(2000);
    expect(counted(await repairsOf(started.registry))).toEqual(expected);
    for (const text of Object.keys(expected)) {
      const reason = text.split(' ')[1];
      const events = of.api
        .objects('events', NAMESPACE)
        .filter((event) => event['reason'] === reason);
      expect(events).toHaveLength(1);
      expect(events[0]).toMatchObject({ type: 'Warning' });
      expect(String(events[0]?.['message'])).toContain(named);
    }
  });
});

test('rotations repair nothing, and every repair has a series from the beginning', async () => {
  world = new OperatorWorld();
  const { registry } = world.start();
  world.apply('payments', FAST_SPEC);
  await world.clock.advance(120_000);
  const repairs = await repairsOf(registry);
  expect(Object.keys(repairs)).toHaveLength(8);
  expect(counted(repairs)).toEqual({});
  world.api.hand.delete('signingkeysets', NAMESPACE, 'payments');
  await world.clock.advance(1000);
  expect(await repairsOf(registry)).toEqual({});
});

test('an edit that was put back does not make later writes of the JWKS look like repairs', async () => {
  const { of, started } = await settled();
  editAndRevert('configmaps', 'payments-jwks', emptied)(of);
  await of.clock.advance(20_000);
  of.api.hand.edit('signingkeysets', NAMESPACE, 'payments', (draft) => {
    draft['metadata'] = {
      ...(draft['metadata'] as object),
      annotations: { 'signingkeys.dev/rotate': '1' },
    };
  });
  await of.clock.advance(60_000);
  expect(of.keys()).toContain('#2 Active');
  expect(counted(await repairsOf(started.registry))).toEqual({ 'jwks JwksEdited': 1 });
});
