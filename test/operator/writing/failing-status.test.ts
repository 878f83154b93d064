/** However the API server fails the status: revocation, publication, switch and removal go on. */
import { afterEach, describe, expect, test } from 'vitest';
import { REQUEST, SET_PLURAL } from '../../../src/core/formats/names.ts';
import type { Fault, FaultedRequest } from '../../fake-api/faults/fault.ts';
import { FaultyTransport } from '../../fake-api/faults/faulty-transport.ts';
import type { JsonObject } from '../../fake-api/json/json.ts';
import { FAST_SPEC, NAMESPACE, OperatorWorld } from '../operator-world.ts';

/** The interval never demands a rotation. */
const CALM = { ...FAST_SPEC, rotation: { interval: '720h' } };
/** A write of the status that hangs is given up after half of P + H + C + S. */
const GIVEN_UP_MS = 4000;

const status = (code: number) => ({ kind: 'status', status: code, committed: false }) as const;
const FAULTS: readonly (readonly [string, Fault])[] = [
  ['403, as without the right', status(403)],
  ['409 for ever', status(409)],
  ['413, as too large', status(413)],
  ['422', status(422)],
  ['500, as by a webhook that is down', status(500)],
  ['504', status(504)],
  ['no answer', { kind: 'hang', committed: false }],
];

let world: OperatorWorld | undefined;
afterEach(() => world?.stopAll());

/** At rest, with #1 signing and #2 proven; from then on each write of the status fails. */
async function failingWorld(fault: Fault) {
  const of = new OperatorWorld();
  world = of;
  let isBroken = false;
  const plan = ({ resource, subresource }: FaultedRequest): readonly Fault[] =>
    isBroken && resource === SET_PLURAL && subresource === 'status' ? [fault] : [];
  const { clock, api } = of;
  of.start({ transport: new FaultyTransport({ inner: api.transport, clock, plan }) });
  of.apply('payments', CALM);
  await clock.advance(30_000);
  expect(of.condition('StandbyReady')).toBe('True Proven');
  isBroken = true;
  return {
    of,
    heal: () => {
      isBroken = false;
    },
  };
}

function edit(of: OperatorWorld, change: (draft: JsonObject) => void): void {
  of.api.hand.edit(SET_PLURAL, NAMESPACE, 'payments', change);
}

function kids(of: OperatorWorld): readonly string[] {
  return of.jwks()?.keys.map(({ kid }) => kid) ?? [];
}

describe.each(FAULTS)('the status is answered with %s', (_, fault) => {
  test('a revoked key leaves signer and JWKS within a second', async () => {
    const { of, heal } = await failingWorld(fault);
    const [revoked = '', standby = ''] = kids(of);
    edit(of, (draft) => {
      draft['spec'] = { ...CALM, revocations: [{ kid: revoked, reason: 'KeyCompromise' }] };
    });
    await of.clock.advance(1000);
    expect(kids(of)).not.toContain(revoked);
    expect(of.secret('payments-signer')?.['kid']).toBe(standby);
    await of.clock.advance(5 * GIVEN_UP_MS);
    expect(of.secret('payments-key-1')).toBeNull();
    heal();
    await of.clock.advance(120_000);
    expect(of.condition('RevocationsApplied')).toBe('True Applied');
  });

  test('a rotation publishes, switches and removes in time', async () => {
    const { of, heal } = await failingWorld(fault);
    const [first = '', second = ''] = kids(of);
    edit(of, (draft) => {
      const metadata = draft['metadata'] as JsonObject;
      draft['metadata'] = { ...metadata, annotations: { [REQUEST.rotate]: 'now' } };
    });
    await of.clock.advance(GIVEN_UP_MS);
    expect(of.secret('payments-signer')?.['kid']).toBe(second);
    await of.clock.advance(2 * GIVEN_UP_MS);
    expect(kids(of)).toHaveLength(3);
    // Ps 2s + T 8s + L 1s + 3S after the switch.
    await of.clock.advance(14_000 + 2 * GIVEN_UP_MS);
    expect(kids(of)).not.toContain(first);
    heal();
    await of.clock.advance(120_000);
    expect(of.condition('Ready')).toBe('True Signing');
    expect(of.keys()).toContain('#1 Retired');
  });
});
