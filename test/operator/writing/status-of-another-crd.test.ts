/** The CRD is of another version than the operator: the API server drops what it does not know, or refuses it. */
import { afterEach, describe, expect, test } from 'vitest';
import { REQUEST, SET_PLURAL } from '../../../src/core/formats/names.ts';
import type { KubeRequest, Transport } from '../../../src/platform/kube/transport.ts';
import type { Fault, FaultedRequest } from '../../fake-api/faults/fault.ts';
import { FaultyTransport } from '../../fake-api/faults/faulty-transport.ts';
import type { JsonObject } from '../../fake-api/json/json.ts';
import { FAST_SPEC, NAMESPACE, OperatorWorld } from '../operator-world.ts';

let world: OperatorWorld | undefined;
afterEach(() => world?.stopAll());

type Drop = (status: JsonObject) => unknown;

/** The interval never demands a rotation. */
const CALM = { ...FAST_SPEC, rotation: { interval: '720h' } };

/** An API server that takes a status without what its CRD does not know. */
class OldCrd implements Transport {
  drop: Drop | null;
  readonly #inner: Transport;
  puts = 0;

  constructor(inner: Transport, drop: Drop) {
    this.#inner = inner;
    this.drop = drop;
  }

  send(request: KubeRequest, signal: AbortSignal) {
    if (request.method !== 'PUT' || !request.path.includes('/status')) {
      return this.#inner.send(request, signal);
    }
    this.puts += 1;
    const object = JSON.parse(String(request.body)) as JsonObject;
    this.drop?.(object['status'] as JsonObject);
    return this.#inner.send({ ...request, body: JSON.stringify(object) }, signal);
  }
}

/** An API server that refuses each status, because of its CRD or of a policy. */
function startRefused(status: number) {
  const of = new OperatorWorld();
  world = of;
  const refusal = { kind: 'status', status, committed: false, message: 'no' } as const;
  const plan = ({ resource, subresource }: FaultedRequest): readonly Fault[] =>
    resource === SET_PLURAL && subresource === 'status' ? [refusal] : [];
  const { clock, api } = of;
  of.start({ transport: new FaultyTransport({ inner: api.transport, clock, plan }) });
  of.apply('payments', CALM);
  return of;
}

function start(drop: Drop) {
  const of = new OperatorWorld();
  world = of;
  const crd = new OldCrd(of.api.transport, drop);
  const { log } = of.start({ transport: crd });
  of.apply('payments', CALM);
  return { of, crd, log };
}

const dropTtl: Drop = (status) => delete status['effectiveTokenTTL'];
const dropLedger: Drop = (status) => delete status['ledger'];
const dropTimes: Drop = (status) => {
  for (const key of status['keys'] as JsonObject[]) delete key['publishedTime'];
};
const dropHistory: Drop = (status) => delete status['history'];
const dropKeys: Drop = (status) => delete status['keys'];
const dropConditions: Drop = (status) => delete status['conditions'];

function ask(of: OperatorWorld, id: string): void {
  of.api.hand.edit(SET_PLURAL, NAMESPACE, 'payments', (draft) => {
    const metadata = draft['metadata'] as JsonObject;
    draft['metadata'] = { ...metadata, annotations: { [REQUEST.rotate]: id } };
  });
}

function revoke(of: OperatorWorld, ...kids: readonly string[]): void {
  of.api.hand.edit(SET_PLURAL, NAMESPACE, 'payments', (draft) => {
    const revocations = kids.map((kid) => ({ kid, reason: 'KeyCompromise' }));
    draft['spec'] = { ...(draft['spec'] as JsonObject), revocations };
  });
}

const served = (of: OperatorWorld) => of.jwks()?.keys.map(({ kid }) => kid) ?? [];
const signerKid = (of: OperatorWorld) => of.secret('payments-signer')?.['kid'] ?? '';

describe.each<[string, Drop]>([
  ['effectiveTokenTTL', dropTtl],
  ['keys[].publishedTime', dropTimes],
  ['history', dropHistory],
  ['keys', dropKeys],
  ['ledger', dropLedger],
  ['conditions', dropConditions],
])('a CRD without status.%s', (field, drop) => {
  test('costs no write while nothing changes, and is said once', async () => {
    const { of, crd, log } = start(drop);
    await of.clock.advance(60_000);
    const before = crd.puts;
    await of.clock.advance(240_000);
    expect(crd.puts - before).toBe(0);
    const said = log.lines.filter(({ message }) => message.includes(`status.${field}`));
    expect(said.map(({ level }) => level)).toEqual(['error']);
    if (field === 'conditions') return;
    expect(of.condition('CrdOutdated')).toBe('True StatusPruned');
    expect(of.condition('Ready')).toBe('True Signing');
  });

  test('holds up no rotation and no revocation', async () => {
    const { of } = start(drop);
    await expectChanges(of, 30_000);
  });

  test('is noticed when it is replaced', async () => {
    const { of, crd } = start(drop);
    await of.clock.advance(60_000);
    crd.drop = null;
    await of.clock.advance(21 * 60_000);
    expect(of.condition('CrdOutdated')).toBe('none');
    expect(of.status().effectiveTokenTTL).toBeDefined();
    expect(of.status().ledger).toBeDefined();
  });
});

test.each([403, 422])(
  'a status that is always answered with %i holds up none either',
  async (status) => {
    // Between two tries of the status there can be minutes.
    await expectChanges(startRefused(status), 5 * 60_000);
  },
);

/** A rotation, a revocation, and one of all keys. */
async function expectChanges(of: OperatorWorld, eachMs: number): Promise<void> {
  await of.clock.advance(eachMs);
  const first = signerKid(of);
  ask(of, 'now');
  await of.clock.advance(eachMs);
  const second = signerKid(of);
  expect(second).not.toBe(first);
  revoke(of, second);
  await of.clock.advance(eachMs);
  expect(served(of)).not.toContain(second);
  revoke(of, ...served(of), second);
  const revoked = served(of);
  await of.clock.advance(2 * eachMs);
  expect(served(of).length).toBeGreaterThan(0);
  expect(served(of).filter((kid) => revoked.includes(kid))).toEqual([]);
  expect(served(of)).toContain(signerKid(of));
}
