import { describe, expect, test } from 'vitest';
import { ANNOTATION, REQUEST } from '../../../src/core/formats/names.ts';
import { ALGORITHMS, type Algorithm } from '../../../src/core/formats/spec.ts';
import { LEDGER_KEYS_MAX, TOMBSTONES_MAX } from '../../../src/core/ledger/bounds.ts';
import { serializeLedger } from '../../../src/core/ledger/codec.ts';
import { activeKey, type Tombstone } from '../../../src/core/ledger/ledger.ts';
import { nextGeneration } from '../../../src/core/ledger/lifecycle.ts';
import { FAST_SPEC, kindOfAlgorithm } from '../../support/core-world/fixtures.ts';
import { ledgerOf } from '../../support/core-world/states.ts';
import { type World, worldWith } from '../../support/core-world/world.ts';

/** Left alone, a rotation that is asked for now is carried out. */
function expectRotation(world: World): void {
  const before = world.signerKid;
  world.hands.annotate(REQUEST.rotate, 'now');
  world.runFor(60_000);
  expect(world.signerKid).not.toBe(before);
  expect(ledgerOf(world).handled.rotate).toBe('now');
  expect(world.refused).toEqual([]);
}

/** The interval never demands a rotation. */
const CALM = { ...FAST_SPEC, rotation: { ...FAST_SPEC.rotation, intervalMs: 86_400_000 } };

function settled(): World {
  const world = worldWith(CALM);
  world.runFor(20_000);
  return world;
}

/** The managed fields show nobody else. */
function asTheOperatorWroteIt({ api }: World): void {
  if (api.signer === null) throw new Error('there is no signer');
  api.signerOwners = { data: null, ledger: null };
  api.signer = { ...api.signer, otherManagers: [] };
}

describe('a rotation completes, however many keys ended in the life of the active key', () => {
  /** So many standbys have lost their Secrets, and verifiers may still trust them. */
  function afterEnds(count: number): World {
    const world = settled();
    const before = ledgerOf(world);
    const tombstones = Array.from({ length: count }, (_, index): Tombstone => {
      const end = { reason: 'SecretLost', removedSeenMs: world.nowMs, trustMs: 3_600_000 } as const;
      return { ordinal: 10 + index, kid: `ended-${index}`, algorithm: 'ES256', ...end };
    });
    const ledger = { ...before, generation: nextGeneration(before), nextOrdinal: 10 + count };
    world.hands.annotateSigner(ANNOTATION.ledger, serializeLedger({ ...ledger, tombstones }));
    asTheOperatorWroteIt(world);
    world.settle();
    return world;
  }

  test.each([110, TOMBSTONES_MAX])('%i, and then more', (count) => {
    const world = afterEnds(count);
    for (let ends = 0; ends < 10; ends += 1) {
      const pending = ledgerOf(world).keys.find(({ state }) => state === 'Pending');
      if (pending === undefined) throw new Error(`no standby after ${ends} ends`);
      world.hands.deleteKeySecret(pending.ordinal);
      world.runFor(500);
    }
    expect(ledgerOf(world).tombstones).toHaveLength(Math.min(count + 10, TOMBSTONES_MAX));
    expectRotation(world);
  });
});

describe('a change of algorithm completes, however many keys of other kinds are pending', () => {
  const KINDS = ALGORITHMS.filter((algorithm) => algorithm !== FAST_SPEC.kind.algorithm);
  const LAST = KINDS.at(-1);

  function ask(world: World, algorithm: Algorithm): void {
    world.hands.editSpec((spec) => ({ ...spec, kind: kindOfAlgorithm(algorithm) }));
    world.settle();
  }

  test.each<[string, (world: World) => void]>([
    ['none of which ever signed', () => undefined],
    [
      'all of which may have signed, because the ledger was lost',
      ({ hands }) => hands.annotateSigner(ANNOTATION.ledger, null),
    ],
  ])('%s', (_, harm) => {
    const world = settled();
    for (const algorithm of KINDS.slice(0, -1)) ask(world, algorithm);
    expect(world.servedKids).toHaveLength(8);
    harm(world);
    world.settle();
    if (LAST !== undefined) ask(world, LAST);
    world.runFor(60_000);
    expect(activeKey(ledgerOf(world))?.algorithm).toBe(LAST);
    expect(world.refused).toEqual([]);
    expect(Math.max(...world.facts.map(({ servedKids }) => servedKids?.length ?? 0))).toBe(8);
  });

  test('and the standby of the active key is there as long as another key can make room', () => {
    const world = settled();
    for (const algorithm of KINDS) ask(world, algorithm);
    const { keys } = ledgerOf(world);
    const standby = keys.find(
      (key) => key.algorithm === FAST_SPEC.kind.algorithm && key.state === 'Pending',
    );
    expect(standby?.bar).toBeNull();
    world.hands.revoke(world.signerKid ?? '');
    world.settle();
    expect(world.signerKid).toBe(standby?.kid);
  });
});

test('a key is published once the first of eight may leave, and the status says which and when', () => {
  const world = worldWith({ ...CALM, terms: { ...CALM.terms, tokenTtlMs: 600_000 } });
  world.runFor(20_000);
  for (let id = 0; id < 7; id += 1) {
    world.hands.annotate(REQUEST.rotate, String(id));
    world.runFor(12_000);
  }
  expect(world.servedKids).toHaveLength(8);
  const next = world.api.set?.status?.nextTransition;
  expect(next).toMatchObject({ action: 'Publish', waitingFor: 'PublishedKeysMax' });
  expect(next?.explanation).toMatch(
    /^8 keys are published, the maximum: key #1 must leave the JWKS/,
  );
  const leavesAt = world.api.set?.status?.keys?.find(({ kid }) => kid === 'k1')?.removableTime;
  expect(next?.time).toBe(leavesAt);
  world.runUntil(Date.parse(leavesAt ?? '') + 1);
  expect(world.servedKids).not.toContain('k1');
  expect(ledgerOf(world).keys.map(({ state }) => state)).toContain('Pending');
});

test('a rotation completes, though finalizers that nobody takes away hold the Secrets of all ended keys', () => {
  const world = settled();
  world.api.held = ['DeleteKeySecret'];
  for (let ends = 0; ends < LEDGER_KEYS_MAX + 1; ends += 1) {
    const active = world.signerKid;
    world.hands.annotate(REQUEST.rotate, String(ends));
    world.runFor(30_000);
    expect(world.signerKid).not.toBe(active);
  }
  expect(world.api.keySecrets.size).toBeGreaterThan(LEDGER_KEYS_MAX);
  expectRotation(world);
});
