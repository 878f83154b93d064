import { afterEach, expect, test } from 'vitest';
import { SET_PLURAL } from '../../src/core/names.ts';
import type { Fault, FaultedRequest } from '../fake-api/faults.ts';
import { FaultyTransport } from '../fake-api/faulty-transport.ts';
import { FAST_SPEC, NAMESPACE, OperatorWorld } from './operator-world.ts';

const QUARTER_MS = 15 * 60_000;

let world: OperatorWorld | undefined;
afterEach(() => world?.stopAll());

/** An operator whose writes of the JWKS are answered so, for as long as `isBroken` says. */
function startWith(
  status: number,
  isBroken: () => boolean,
  refusedVerb = 'create',
  message = 'no',
): OperatorWorld {
  const of = new OperatorWorld();
  world = of;
  const refused: Fault = { kind: 'status', status, committed: false, message };
  const plan = ({ verb, resource }: FaultedRequest) =>
    resource === 'configmaps' && verb === refusedVerb && isBroken() ? [refused] : [];
  const { clock } = of;
  of.start({ transport: new FaultyTransport({ inner: of.api.transport, clock, plan }) });
  of.apply('payments', FAST_SPEC);
  return of;
}

function refusals(of: OperatorWorld): readonly string[] {
  return of.api
    .objects('events', NAMESPACE)
    .filter(({ reason }) => reason === 'WriteRefused')
    .map(({ type, message }) => `${type} ${message}`);
}

test.each([
  [403, 'KUBE_FORBIDDEN'],
  [422, 'KUBE_INVALID'],
])(
  'a write that is answered with %i for ever is told of, and not each time',
  async (status, code) => {
    let isBroken = true;
    const of = startWith(status, () => isBroken);
    await of.clock.advance(2 * 60_000);
    const [first = '', ...more] = refusals(of);
    expect(first).toMatch(/^Warning create configmaps auth\/payments-jwks: /);
    expect(first).toContain(code);
    expect(more).toEqual([]);
    // What comes after the refused step in order, the status, does not wait for it, and tells of it.
    expect(of.condition('Ready')).toBe('False FirstKeyPending');
    expect(of.condition('Stalled')).toBe('True WriteRefused');
    const stalled = of.status().conditions?.find(({ type }) => type === 'Stalled');
    expect(stalled?.message).toBe(first.slice('Warning '.length));
    expect(of.condition('Reconciling')).toBe('none');
    await of.clock.advance(QUARTER_MS);
    expect(refusals(of)).toHaveLength(2);
    isBroken = false;
    await of.clock.advance(QUARTER_MS);
    expect(of.condition('Ready')).toBe('True Signing');
    expect(of.condition('Stalled')).toBe('none');
    expect(refusals(of).length).toBeLessThanOrEqual(3);
  },
);

test('a refused rotation shows as stalled and as overdue, and costs no write but that', async () => {
  let isBroken = false;
  const of = startWith(403, () => isBroken, 'update');
  await of.clock.advance(2 * 60_000);
  expect(of.condition('Ready')).toBe('True Signing');
  isBroken = true;
  await of.clock.advance(QUARTER_MS);
  expect(of.condition('RotationOverdue')).toBe('True Late');
  expect(of.condition('Ready')).toBe('True Signing');
  expect(of.condition('Stalled')).toBe('True WriteRefused');
  const before = of.operatorWrites().length;
  await of.clock.advance(4 * QUARTER_MS);
  expect(of.operatorWrites()).toHaveLength(before);
});

test('what is refused and then no longer wanted stalls nothing', async () => {
  let isBroken = false;
  const of = startWith(403, () => isBroken, 'update');
  const relabel = (labels: Readonly<Record<string, string>>) =>
    of.api.hand.edit(SET_PLURAL, NAMESPACE, 'payments', (draft) => {
      draft['spec'] = { ...FAST_SPEC, rotation: { interval: '720h' }, jwks: { labels } };
    });
  relabel({});
  await of.clock.advance(60_000);
  isBroken = true;
  relabel({ team: 'payments' });
  await of.clock.advance(10_000);
  expect(of.condition('Stalled')).toBe('True WriteRefused');
  relabel({});
  await of.clock.advance(10_000);
  expect(of.condition('Stalled')).toBe('none');
});

test('another operator goes on telling of a refusal, without a change of the status', async () => {
  const of = startWith(403, () => true);
  await of.clock.advance(60_000);
  const before = of.operatorWrites().length;
  await of.stopAll();
  const refused: Fault = { kind: 'status', status: 403, committed: false };
  const plan = ({ verb, resource }: FaultedRequest) =>
    resource === 'configmaps' && verb === 'create' ? [refused] : [];
  const { clock } = of;
  of.start({ transport: new FaultyTransport({ inner: of.api.transport, clock, plan }) });
  await of.clock.advance(60_000);
  expect(of.condition('Stalled')).toBe('True WriteRefused');
  expect(of.operatorWrites()).toHaveLength(before);
});

test('a status that is refused as well keeps no other step from being tried again', async () => {
  const of = new OperatorWorld();
  world = of;
  let isBroken = true;
  const refused: Fault = { kind: 'status', status: 403, committed: false };
  const plan = ({ verb, resource, subresource }: FaultedRequest) => {
    const isJwks = resource === 'configmaps' && verb === 'create' && isBroken;
    return isJwks || subresource === 'status' ? [refused] : [];
  };
  const { clock } = of;
  of.start({ transport: new FaultyTransport({ inner: of.api.transport, clock, plan }) });
  of.apply('payments', FAST_SPEC);
  await of.clock.advance(5 * 60_000);
  isBroken = false;
  await of.clock.advance(5 * 60_000);
  expect(of.jwks()).not.toBeNull();
});

const WEBHOOK_GONE =
  'Internal error occurred: failed calling webhook "a.example.com": failed to call webhook: refused';

test('a webhook that does not answer is told of after a minute', async () => {
  let isBroken = true;
  const of = startWith(500, () => isBroken, 'create', WEBHOOK_GONE);
  await of.clock.advance(50_000);
  expect(refusals(of)).toEqual([]);
  await of.clock.advance(3 * 60_000);
  expect(refusals(of).join()).toMatch(
    /webhook a\.example\.com does not .* \(KUBE_WEBHOOK_FAILED\)/,
  );
  expect(refusals(of)).toHaveLength(1);
  expect(of.condition('Stalled')).toBe('True WriteRefused');
  isBroken = false;
  await of.clock.advance(2 * 60_000);
  expect(of.condition('Ready')).toBe('True Signing');
  expect(of.condition('Stalled')).toBe('none');
});

test('a webhook that restarts now and then is not told of', async () => {
  let isBroken = false;
  const of = startWith(500, () => isBroken, 'update', WEBHOOK_GONE);
  await of.clock.advance(60_000);
  for (let restarts = 0; restarts < 5; restarts++) {
    isBroken = true;
    await of.clock.advance(40_000);
    isBroken = false;
    await of.clock.advance(100_000);
  }
  expect(of.condition('Ready')).toBe('True Signing');
  expect(refusals(of)).toEqual([]);
});

test('what may pass by itself is not told of', async () => {
  let isBroken = true;
  const of = startWith(503, () => isBroken);
  await of.clock.advance(2 * 60_000);
  isBroken = false;
  await of.clock.advance(QUARTER_MS);
  expect(of.condition('Ready')).toBe('True Signing');
  expect(refusals(of)).toEqual([]);
});

test.each([
  ['configmaps', 'payments-jwks'],
  ['secrets', 'payments-signer'],
])('%s %s that a hand has made immutable is told of by that name', async (resource, name) => {
  const of = new OperatorWorld();
  world = of;
  of.start();
  of.apply('payments', FAST_SPEC);
  await of.clock.advance(20_000);
  of.api.hand.edit(resource, NAMESPACE, name, (draft) => {
    draft['immutable'] = true;
  });
  await of.clock.advance(60_000);
  expect(refusals(of).join()).toMatch(/made this object immutable: .* \(KUBE_INVALID\)/);
  // Deleted by hand it is made anew, and the set goes on.
  of.api.hand.delete(resource, NAMESPACE, name);
  await of.clock.advance(120_000);
  expect(of.condition('Ready')).toBe('True Signing');
  expect(of.api.hand.get(resource, NAMESPACE, name)?.['immutable']).toBeUndefined();
});

test('a refusal after a success is news, however soon it comes', async () => {
  let isBroken = false;
  const of = startWith(403, () => isBroken, 'update');
  await of.clock.advance(20_000);
  for (const told of [1, 2]) {
    isBroken = true;
    await of.clock.advance(60_000);
    expect(refusals(of)).toHaveLength(told);
    isBroken = false;
    await of.clock.advance(60_000);
  }
});
