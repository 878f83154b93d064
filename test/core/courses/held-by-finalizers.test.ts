/** Someone's finalizer keeps an object that was deleted: what is said meanwhile, and what goes on. */
import { describe, expect, test } from 'vitest';
import { REQUEST } from '../../../src/core/formats/names.ts';
import type { Spec } from '../../../src/core/formats/spec.ts';
import { bury } from '../../../src/core/ledger/lifecycle.ts';
import { FAST_SPEC, SECOND } from '../../support/core-world/fixtures.ts';
import {
  conditionOf,
  ledgerOf,
  rotatedWorld,
  signerWrite,
} from '../../support/core-world/states.ts';
import { type World, worldWith } from '../../support/core-world/world.ts';

const DYING: Spec = { ...FAST_SPEC, deletionPolicy: 'Delete' };
const BY =
  'was deleted at 2026-12-01T09:00:00Z, but the finalizer consumer.example.com/hold keeps it';

function skipWait(world: World): void {
  world.hands.annotate(REQUEST.skipDeletionWait, world.api.set?.ref.uid ?? '');
}

/** The set is deleted while a finalizer holds what goes by these writes. */
function deletedWorld(held: World['api']['held']): World {
  const world = worldWith(DYING);
  world.runFor(12 * SECOND);
  world.api.held = held;
  world.hands.deleteSet();
  world.settle();
  return world;
}

function writesOf(world: World, kind: string): number {
  return world.written.filter(({ step }) => step.write.kind === kind).length;
}

describe('what a deletion waits for is said', () => {
  test.each<[World['api']['held'][number], string]>([
    ['DeleteKeySecret', 'Secret payments-key-1'],
    ['DeleteSigner', 'Secret payments-signer'],
    ['DeleteJwks', 'ConfigMap payments-jwks'],
  ])('of a set, held at its %s', (held, name) => {
    const world = deletedWorld([held]);
    world.runFor(120 * SECOND);
    const next = world.api.set?.status?.nextTransition;
    expect(next).toMatchObject({ waitingFor: 'FinalizersRemain' });
    expect(next?.explanation).toContain(`${name} ${BY}`);
    expect(next?.time).toBeUndefined();
    expect(conditionOf(world, 'Ready')?.message).toContain(`${name} ${BY}`);
    expect(conditionOf(world, 'DeletionPending')).toMatchObject({
      verdict: 'True FinalizersRemain',
      message: expect.stringContaining(`${name} ${BY}`),
    });
    expect(world.refused).toEqual([]);
    world.api.release();
    world.settle();
    world.runFor(60 * SECOND);
    expect(world.api.set).toBeNull();
  });

  test('of a set that never signed', () => {
    const world = worldWith(DYING);
    for (let writes = 0; writes < 3; writes += 1) world.runPass();
    world.api.held = ['DeleteKeySecret'];
    world.hands.deleteSet();
    world.settle();
    expect(conditionOf(world, 'Ready')?.message).toContain(`Secret payments-key-1 ${BY}`);
    world.api.release();
    world.settle();
    expect(world.api.set).toBeNull();
  });

  test('of one key: the wait for its finalizer begins with an event, and ends by itself', () => {
    const world = rotatedWorld();
    world.api.held = ['DeleteKeySecret'];
    world.hands.revoke('k1');
    world.settle();
    expect(conditionOf(world, 'DeletionPending')?.message).toContain(`Secret payments-key-1 ${BY}`);
    const events = world.written.flatMap(({ step }) => step.events.map(({ reason }) => reason));
    expect(events.filter((reason) => reason === 'FinalizersRemain')).toHaveLength(1);
    world.api.release();
    world.settle();
    expect(conditionOf(world, 'DeletionPending')).toBeNull();
  });

  test('of the set itself, which someone else’s finalizer holds when all else is gone', () => {
    const world = worldWith(DYING);
    world.runFor(12 * SECOND);
    world.hands.deleteSet();
    const { set } = world.api;
    if (set !== null) world.api.set = { ...set, finalizers: [...set.finalizers, 'other/hold'] };
    skipWait(world);
    world.settle();
    world.runFor(60 * SECOND);
    expect(writesOf(world, 'WriteFinalizer')).toBe(2);
    expect(conditionOf(world, 'Ready')?.message).toContain('other/hold');
  });
});

describe('an accepted deletion is not done', () => {
  test('a revocation is not applied while a Secret still holds the private key', () => {
    const world = rotatedWorld();
    world.api.held = ['DeleteKeySecret'];
    world.hands.revoke('k2');
    world.settle();
    expect(world.servedKids).not.toContain('k2');
    const applied = conditionOf(world, 'RevocationsApplied');
    expect(applied?.verdict).toBe('False Applying');
    expect(applied?.message).toContain('k2: still in Secret payments-key-2');
    world.api.release();
    world.settle();
    expect(conditionOf(world, 'RevocationsApplied')?.verdict).toBe('True Applied');
  });

  test('nor if a full ledger had to bury the key for its room', () => {
    const world = rotatedWorld();
    world.api.held = ['DeleteKeySecret'];
    world.hands.revoke('k1');
    world.settle();
    const ledger = ledgerOf(world);
    const [k1] = ledger.keys;
    if (k1 === undefined) throw new Error('there is no key');
    const buried = { ...bury(ledger, k1, world.nowMs), generation: ledger.generation + 1 };
    world.api.write(signerWrite(world, buried));
    world.settle();
    expect(conditionOf(world, 'RevocationsApplied')?.message).toContain('k1: still in Secret');
    const shown = world.api.set?.status?.keys?.find(({ kid }) => kid === 'k1');
    expect(shown?.state).not.toBe('Retired');
    world.api.release();
    world.settle();
    expect(conditionOf(world, 'RevocationsApplied')?.verdict).toBe('True Applied');
  });

  test.each([
    ['skipped at once', 0],
    ['skipped while caches hold the JWKS', 20],
  ])('keys and signer stay until the JWKS is seen gone, with the wait %s', (_, afterS) => {
    const world = deletedWorld(['DeleteJwks']);
    world.runFor(afterS * SECOND);
    skipWait(world);
    world.runFor(120 * SECOND);
    expect(world.api.jwks).not.toBeNull();
    expect([world.api.signer === null, world.api.keySecrets.size]).toEqual([false, 2]);
    expect(world.written.map(({ step }) => step.reason.code)).not.toContain('RecoverLedger');
    world.api.release();
    world.settle();
    expect(world.api.set).toBeNull();
  });
});
