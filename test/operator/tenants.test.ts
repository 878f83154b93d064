/** What one set costs the others: its reads, and the keys that are made for it. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SET_PLURAL } from '../../src/core/formats/names.ts';
import type { KeyMaker } from '../../src/platform/keys/key-maker.ts';
import type { KubeRequest, Transport } from '../../src/platform/kube/transport.ts';
import type { Fault, FaultedRequest } from '../fake-api/faults/fault.ts';
import { FaultyTransport } from '../fake-api/faults/faulty-transport.ts';
import { requestInfo } from '../fake-api/requests/request-info.ts';
import { FAST_SPEC, fixtureKeys, NAMESPACE, OperatorWorld } from './operator-world.ts';

const RESTING = { ...FAST_SPEC, rotation: { interval: '720h' } };
const RSA = { ...RESTING, algorithm: 'RS256', rsaModulusLength: 4096 };
/** As docs/rotation.md says: at the latest so long after it appeared, a key Secret is seen. */
const RECHECK_MS = 600_000;

let world: OperatorWorld;
beforeEach(() => {
  world = new OperatorWorld();
});
afterEach(() => world.stopAll());

/** Counts what is asked for of the set's objects, by `verb resource`; watches and first lists aside. */
function counting(inner: Transport): { readonly transport: Transport; readonly asked: string[] } {
  const asked: string[] = [];
  const transport = {
    send: (request: KubeRequest, signal: AbortSignal) => {
      const { verb, resource, namespace, name } = requestInfo(request);
      if (verb !== 'watch' && namespace !== '') asked.push(`${verb} ${resource} ${name}`.trim());
      return inner.send(request, signal);
    },
  };
  return { transport, asked };
}

function isRead(request: string): boolean {
  return /^(?:get|list) /.test(request);
}

/** A key Secret of an ended key, as a restore brings it back. */
function restoreKey(saved: ReturnType<OperatorWorld['api']['hand']['get']>): void {
  if (saved !== null) world.api.hand.restore('secrets', saved);
}

function labelsOf(name: string): Record<string, string> | undefined {
  const metadata = world.api.hand.get('secrets', NAMESPACE, name)?.['metadata'];
  return (metadata as { labels?: Record<string, string> } | undefined)?.labels;
}

describe('reads', () => {
  it('are at most twelve until a new set signs, and one of them is a list', async () => {
    const { transport, asked } = counting(world.api.transport);
    world.start({ transport });
    world.apply('payments', RESTING);
    await world.clock.advance(20_000);
    const writes = asked
      .map((each, index) => ({ each, index }))
      .filter(({ each }) => !isRead(each));
    // The key, the JWKS, the signer.
    const [, , third] = writes.filter(({ each }) => !each.includes('events'));
    const before = asked.slice(0, third?.index);
    expect(world.secret('payments-signer')?.['kid']).not.toBe('');
    expect(before.filter(isRead)).toHaveLength(12);
    expect(before.filter((each) => each.startsWith('list'))).toEqual(['list secrets']);
  });

  it('are no list in all the rotations of ten minutes, and one at the recheck', async () => {
    const { transport, asked } = counting(world.api.transport);
    world.start({ transport });
    world.apply('payments', { ...FAST_SPEC, rotation: { interval: '120s' } });
    await world.clock.advance(RECHECK_MS - 1000);
    expect(world.status().keys?.length).toBeGreaterThan(3);
    expect(asked.filter((each) => each === 'list secrets')).toHaveLength(1);
    await world.clock.advance(20_000);
    expect(asked.filter((each) => each === 'list secrets')).toHaveLength(2);
  });
});

describe('a key Secret that no ledger names', () => {
  async function endFirstKey() {
    world.start();
    world.apply('payments', { ...FAST_SPEC, rotation: { interval: '60s' } });
    await world.clock.advance(10_000);
    const saved = world.api.hand.get('secrets', NAMESPACE, 'payments-key-1');
    await world.clock.advance(90_000);
    expect(labelsOf('payments-key-1')).toBeUndefined();
    world.api.hand.edit(SET_PLURAL, NAMESPACE, 'payments', (draft) => {
      draft['spec'] = { ...(draft['spec'] as object), rotation: { interval: '720h' } };
    });
    await world.clock.advance(60_000);
    return saved;
  }

  it('is destroyed at once if a watch reports it', async () => {
    const saved = await endFirstKey();
    restoreKey(saved);
    expect(labelsOf('payments-key-1')).toBeDefined();
    await world.clock.advance(1000);
    expect(labelsOf('payments-key-1')).toBeUndefined();
  });

  it('is destroyed at the recheck if no watch can: it lacks the label that they select by', async () => {
    const saved = await endFirstKey();
    const metadata = saved?.['metadata'] as { labels: Record<string, string> };
    delete metadata.labels['app.kubernetes.io/managed-by'];
    restoreKey(saved);
    await world.clock.advance(RECHECK_MS / 2);
    await world.clock.advance(RECHECK_MS / 2 + 1000);
    expect(labelsOf('payments-key-1')).toBeUndefined();
  });

  it('is found by a process that starts, although a ledger is there', async () => {
    const saved = await endFirstKey();
    await world.stopAll();
    restoreKey(saved);
    world.start();
    await world.clock.advance(1000);
    expect(labelsOf('payments-key-1')).toBeUndefined();
  });
});

describe('keys in the making', () => {
  /** RSA keys that are never done, others at once. */
  const stuck: KeyMaker = {
    make: (kind, signal) =>
      kind.rsaModulusLength === null ? fixtureKeys.make(kind, signal) : new Promise(() => {}),
  };

  it('hold up no pass: sets sign, and revocations are carried out, while RSA keys are made', async () => {
    world.start({ keys: stuck });
    for (let count = 0; count < 40; count++) world.apply(`crowd-${count}`, RSA);
    await world.clock.advance(1000);
    world.apply('payments', RESTING);
    await world.clock.advance(20_000);
    expect(world.condition('Ready')).toBe('True Signing');
    const kid = world.secret('payments-signer')?.['kid'] ?? '';
    world.api.hand.edit(SET_PLURAL, NAMESPACE, 'payments', (draft) => {
      draft['spec'] = { ...RESTING, revocations: [{ kid, reason: 'KeyCompromise' }] };
    });
    await world.clock.advance(1000);
    expect(world.secret('payments-signer')?.['kid']).not.toBe(kid);
    expect(world.jwks()?.keys.map((key) => key.kid)).not.toContain(kid);
  });

  it('are no reason to say that a set was not seen', async () => {
    world.start({ keys: stuck });
    world.apply('payments', RSA);
    await world.clock.advance(1000);
    expect(world.condition('Ready')).toBe('False FirstKeyPending');
  });

  /** Counts the keys that are made, while the POST of a key Secret meets a fault. */
  function startFaulty(faultOf: (request: FaultedRequest) => Fault | null) {
    let made = 0;
    const keys: KeyMaker = {
      make: (kind, signal) => {
        made += 1;
        return fixtureKeys.make(kind, signal);
      },
    };
    const plan = (request: FaultedRequest): readonly Fault[] => {
      const isKey = request.verb === 'create' && request.resource === 'secrets';
      const fault = isKey ? faultOf(request) : null;
      return fault === null ? [] : [fault];
    };
    const { clock, api } = world;
    world.start({ keys, transport: new FaultyTransport({ inner: api.transport, clock, plan }) });
    world.apply('payments', { ...RESTING, rotation: { interval: '720h', standby: false } });
    return () => made;
  }

  it('are not thrown away by a refused POST', async () => {
    let isRefused = true;
    const made = startFaulty(() =>
      isRefused ? { kind: 'status', status: 403, committed: false } : null,
    );
    await world.clock.advance(300_000);
    isRefused = false;
    // A refused step backs off for up to ten minutes.
    await world.clock.advance(RECHECK_MS);
    expect(world.condition('Ready')).toBe('True Signing');
    expect(made()).toBe(1);
  });

  it('are never used under a second name if a POST of the first may have succeeded', async () => {
    let isFirst = true;
    const made = startFaulty(() => {
      if (!isFirst) return null;
      isFirst = false;
      // Nobody answers; meanwhile somebody else takes the name.
      world.api.hand.create('secrets', {
        metadata: { namespace: NAMESPACE, name: 'payments-key-1' },
        data: { 'private.pem': 'bm90IHlvdXJz' },
      });
      return { kind: 'drop' };
    });
    await world.clock.advance(60_000);
    expect(world.condition('Ready')).toBe('True Signing');
    expect(world.keys()).toContain('#2 Active');
    expect(made()).toBe(2);
  });
});
