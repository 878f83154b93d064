import { afterEach, expect, test } from 'vitest';
import { SET_PLURAL } from '../../../src/core/formats/names.ts';
import type { Fault, FaultedRequest } from '../../fake-api/faults/fault.ts';
import { FaultyTransport } from '../../fake-api/faults/faulty-transport.ts';
import { FAST_SPEC, NAMESPACE, OperatorWorld } from '../operator-world.ts';

const QUARTER_MS = 15 * 60_000;

let world: OperatorWorld | undefined;
afterEach(() => world?.stopAll());

/** An operator whose writes of the JWKS are answered with a status as long as `isBroken` says so. */
function startWith(status: number, isBroken: () => boolean, faultyVerb = 'create'): OperatorWorld {
  return startFaulty(() => (isBroken() ? statusFault(status) : null), faultyVerb);
}

function statusFault(status: number, message = 'no') {
  return { kind: 'status', status, committed: false, message } as const;
}

/** @param faultOf of a write of the JWKS */
function startFaulty(faultOf: () => Fault | null, faultyVerb = 'create'): OperatorWorld {
  const of = new OperatorWorld();
  world = of;
  startAnother(of, faultOf, faultyVerb);
  of.apply('payments', FAST_SPEC);
  return of;
}

function startAnother(of: OperatorWorld, faultOf: () => Fault | null, faultyVerb = 'create'): void {
  const plan = ({ verb, resource }: FaultedRequest): readonly Fault[] => {
    const fault = resource === 'configmaps' && verb === faultyVerb ? faultOf() : null;
    return fault === null ? [] : [fault];
  };
  const { clock } = of;
  of.start({ transport: new FaultyTransport({ inner: of.api.transport, clock, plan }) });
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
  'a write that is always answered with %i is reported, but not each time',
  async (status, code) => {
    let isBroken = true;
    const of = startWith(status, () => isBroken);
    await of.clock.advance(2 * 60_000);
    const [first = '', ...more] = refusals(of);
    expect(first).toMatch(/^Warning create configmaps auth\/payments-jwks: /);
    expect(first).toContain(code);
    expect(more).toEqual([]);
    // The status, which comes after the refused step, does not wait for it, and reports it.
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

test('a refused rotation shows as stalled and as overdue, and costs no other write', async () => {
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

test.each<[string, Fault]>([
  ['fails', statusFault(500)],
  ['hangs', { kind: 'hang', committed: false }],
  ['is put off', statusFault(503)],
])(
  'while every write of the signer %s, the status says within seconds what is so',
  async (_, fault) => {
    let isBroken = false;
    const of = new OperatorWorld();
    world = of;
    const plan = ({ verb, resource }: FaultedRequest) =>
      isBroken && verb === 'update' && resource === 'secrets' ? [fault] : [];
    const { clock } = of;
    of.start({ transport: new FaultyTransport({ inner: of.api.transport, clock, plan }) });
    of.apply('payments', FAST_SPEC);
    await clock.advance(60_000);
    expect(of.condition('Ready')).toBe('True Signing');
    isBroken = true;
    of.api.hand.edit('secrets', NAMESPACE, 'payments-signer', (draft) => delete draft['data']);
    await clock.advance(10_000);
    expect(of.condition('Ready')).toBe('False SignerChanged');
    expect(of.condition('Stalled')).toBe('none');
    isBroken = false;
    await clock.advance(60_000);
    expect(of.condition('Ready')).toBe('True Signing');
  },
);

test.each(['configmaps', 'secrets'])(
  'a writer that changes %s all the time holds up no status',
  async (busy) => {
    let isBusy = false;
    const conflict = {
      kind: 'status',
      status: 409,
      committed: false,
      message: 'the object has been modified',
    } as const;
    const of = new OperatorWorld();
    world = of;
    const plan = ({ verb, resource }: FaultedRequest) =>
      isBusy && verb !== 'get' && verb !== 'list' && resource === busy ? [conflict] : [];
    const { clock } = of;
    of.start({ transport: new FaultyTransport({ inner: of.api.transport, clock, plan }) });
    of.apply('payments', { ...FAST_SPEC, rotation: { interval: '720h' } });
    await clock.advance(60_000);
    isBusy = true;
    const kid = of.status().activeKid ?? '';
    of.api.hand.edit(SET_PLURAL, NAMESPACE, 'payments', (draft) => {
      draft['spec'] = { ...(draft['spec'] as object), revocations: [{ kid }] };
    });
    await clock.advance(60_000);
    expect(of.condition('RevocationsApplied')).toBe('False Applying');
    isBusy = false;
    await clock.advance(120_000);
    expect(of.condition('RevocationsApplied')).toBe('True Applied');
    expect(of.condition('Ready')).toBe('True Signing');
  },
);

test('a refused write that is no longer wanted stalls nothing', async () => {
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
  const before = of.operatorWrites().length;
  relabel({});
  await of.clock.advance(10_000);
  expect(of.condition('Stalled')).toBe('none');
  expect(of.operatorWrites()).toHaveLength(before + 1);
});

test('another operator keeps reporting a refusal, and does not change the status', async () => {
  const of = startWith(403, () => true);
  await of.clock.advance(60_000);
  const before = of.operatorWrites().length;
  await of.stopAll();
  let refusedOfAnother = 0;
  startAnother(of, () => {
    refusedOfAnother += 1;
    return statusFault(403);
  });
  await of.clock.advance(60_000);
  expect(refusedOfAnother).toBeGreaterThan(2);
  expect(of.condition('Stalled')).toBe('True WriteRefused');
  expect(of.operatorWrites()).toHaveLength(before);
});

test('if the status is refused as well, other steps are still tried again', async () => {
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

test('a webhook that does not answer is reported after a minute', async () => {
  let isBroken = true;
  const of = startFaulty(() => (isBroken ? statusFault(500, WEBHOOK_GONE) : null));
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

test('a webhook that restarts now and then is not reported', async () => {
  let isBroken = false;
  const of = startFaulty(() => (isBroken ? statusFault(500, WEBHOOK_GONE) : null), 'update');
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

test('a webhook that failed, followed by another failure for minutes, is not reported', async () => {
  let fault: Fault | null = statusFault(500, WEBHOOK_GONE);
  let failures = 0;
  const of = startFaulty(() => {
    if (fault !== null) failures += 1;
    return fault;
  });
  await of.clock.advance(1);
  expect(failures).toBeGreaterThan(0);
  // Another answer, five minutes long, says nothing about the webhook.
  fault = statusFault(503);
  await of.clock.advance(5 * 60_000);
  fault = statusFault(500, WEBHOOK_GONE);
  await of.clock.advance(65_000);
  expect(failures).toBeGreaterThan(1);
  expect(refusals(of)).toEqual([]);
});

test('a write that hangs for a minute while reads are answered is reported', async () => {
  let isBroken = true;
  const of = startFaulty(() => (isBroken ? { kind: 'hang', committed: false } : null));
  await of.clock.advance(5 * 60_000);
  expect(refusals(of).join()).toMatch(
    /configmaps auth\/payments-jwks: timeout .* \(KUBE_TIMEOUT\)/,
  );
  expect(of.condition('Stalled')).toBe('True WriteRefused');
  isBroken = false;
  await of.clock.advance(2 * 60_000);
  expect(of.condition('Stalled')).toBe('none');
});

test('a webhook that denies a write does not decide when the next pass is', async () => {
  const message = 'admission webhook "a.example.com" denied the request: no';
  const of = startFaulty(() => ({ ...statusFault(403, message), retryAfterSeconds: 300 }));
  await of.clock.advance(10_000);
  expect(of.condition('Stalled')).toBe('True WriteRefused');
});

test('two webhooks that deny in turns cost no more tries than one, and hardly any write', async () => {
  let tries = 0;
  const of = startFaulty(() => {
    const name = tries++ % 2 === 0 ? 'a' : 'b';
    return statusFault(403, `admission webhook "${name}.example.com" denied the request: no`);
  });
  await of.clock.advance(QUARTER_MS);
  expect(of.condition('Stalled')).toBe('True WriteRefused');
  expect(tries).toBeLessThan(40);
  expect(of.operatorWrites().length).toBeLessThan(40);
  const events = of.api.objects('events', NAMESPACE).map(({ reason }) => reason);
  expect(events).not.toContain('NotAtRest');
});

test('a failure that may pass by itself is not reported', async () => {
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
])('%s %s that someone has made immutable is reported by that word', async (resource, name) => {
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
  // Once it is deleted, the operator creates it again, and the set continues.
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
