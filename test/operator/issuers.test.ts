/** The part of a reading that looks at pods: over the fake API, with what can go wrong there. */
import { afterEach, expect, test } from 'vitest';
import { SET_PLURAL } from '../../src/core/formats/names.ts';
import type { Fault } from '../fake-api/faults/fault.ts';
import { FaultyTransport } from '../fake-api/faults/faulty-transport.ts';
import type { RequestInfo } from '../fake-api/requests/request-info.ts';
import { FAST_SPEC, NAMESPACE, OperatorWorld } from './operator-world.ts';

let world: OperatorWorld | undefined;
afterEach(() => world?.stopAll());

/** A set with a proven standby, and what goes wrong with requests for pods. */
async function started(faultsOf: (request: RequestInfo) => readonly Fault[] = () => []) {
  world = new OperatorWorld();
  const { api, clock } = world;
  const asked: string[] = [];
  const plan = (request: RequestInfo) => {
    if (request.resource !== 'pods') return [];
    asked.push(request.verb);
    return faultsOf(request);
  };
  const operator = world.start({
    transport: new FaultyTransport({ inner: api.transport, clock, plan }),
  });
  world.apply('payments', { ...FAST_SPEC, rotation: { interval: '720h' } });
  await clock.advance(20_000);
  return { world, operator, asked };
}

function annotate(of: OperatorWorld, request: string): void {
  of.api.hand.edit(SET_PLURAL, NAMESPACE, 'payments', (draft) => {
    const annotations = { [`signingkeys.dev/${request}`]: '1' };
    draft['metadata'] = { ...(draft['metadata'] as object), annotations };
  });
}

function runPod(of: OperatorWorld, name: string): void {
  const { hand } = of.api;
  const containers = [{ name: 'c', envFrom: [{ secretRef: { name: 'payments-signer' } }] }];
  hand.create('pods', {
    metadata: { namespace: NAMESPACE, name },
    spec: { nodeName: 'n', containers },
  });
  hand.edit(
    'pods',
    NAMESPACE,
    name,
    (draft) => {
      draft['status'] = { phase: 'Running' };
    },
    'status',
  );
}

test('pods are listed only around a switch', async () => {
  const { world: of, asked } = await started();
  expect(asked).toEqual([]);
  annotate(of, 'rotate');
  await of.clock.advance(60_000);
  expect(of.keys()).toBe('#1 Retired, #2 Active, #3 Pending');
  expect(new Set(asked)).toEqual(new Set(['list']));
  const count = asked.length;
  await of.clock.advance(3_600_000);
  expect(asked).toHaveLength(count);
});

test('an operator that may not list pods keeps keys, and says which right it lacks', async () => {
  let isForbidden = true;
  const refused: Fault = { kind: 'status', status: 403, committed: false };
  const { world: of } = await started(() => (isForbidden ? [refused] : []));
  annotate(of, 'rotate');
  await of.clock.advance(120_000);
  expect(of.condition('IssuersOutdated')).toBe('Unknown PodsForbidden');
  expect(of.condition('Ready')).toBe('True Signing');
  expect(of.keys()).toBe('#1 Retiring, #2 Active, #3 Pending');
  isForbidden = false;
  await of.clock.advance(60_000);
  expect(of.condition('IssuersOutdated')).toBe('none');
  expect(of.keys()).toBe('#1 Retired, #2 Active, #3 Pending');
});

test.each<[string, Fault]>([
  ['fails', { kind: 'status', status: 500, committed: false }],
  ['hangs', { kind: 'hang', committed: false }],
])('a list of pods that %s holds up the removal, but no revocation', async (_, fault) => {
  let isBroken = true;
  const { world: of } = await started(() => (isBroken ? [fault] : []));
  annotate(of, 'rotate');
  await of.clock.advance(120_000);
  expect(of.keys()).toBe('#1 Retiring, #2 Active, #3 Pending');
  expect(of.condition('IssuersOutdated')).toBe('Unknown PodsUnreadable');
  const [oldest, active] = of.status().keys ?? [];
  of.api.hand.edit(SET_PLURAL, NAMESPACE, 'payments', (draft) => {
    const revocations = [{ kid: oldest?.kid ?? '' }, { kid: active?.kid ?? '' }];
    draft['spec'] = { ...(draft['spec'] as object), revocations };
  });
  await of.clock.advance(5_000);
  expect(of.jwks()?.keys.map(({ kid }) => kid)).not.toContain(oldest?.kid);
  expect(of.jwks()?.keys.map(({ kid }) => kid)).not.toContain(active?.kid);
  isBroken = false;
  await of.clock.advance(10_000);
});

test('if the pods fill several pages, the last one counts like the first', async () => {
  const { world: of } = await started();
  for (let index = 0; index < 600; index += 1) runPod(of, `p${String(index).padStart(3, '0')}`);
  annotate(of, 'rotate');
  await of.clock.advance(2000);
  const outdated = () =>
    of.status().conditions?.find(({ type }) => type === 'IssuersOutdated')?.message ?? '';
  expect(outdated()).toMatch(/^Pod p000 \(env\), .* and 595 more read the signer Secret/);
  for (let index = 0; index < 599; index += 1) {
    of.api.hand.delete('pods', NAMESPACE, `p${String(index).padStart(3, '0')}`);
  }
  await of.clock.advance(90_000);
  expect(outdated()).toMatch(/^Pod p599 \(env\) reads the signer Secret/);
  expect(of.keys()).toBe('#1 Retiring, #2 Active, #3 Pending');
  of.api.hand.delete('pods', NAMESPACE, 'p599');
  await of.clock.advance(90_000);
  expect(of.keys()).toBe('#1 Retired, #2 Active, #3 Pending');
});
