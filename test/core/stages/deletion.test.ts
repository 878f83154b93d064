import { describe, expect, test } from 'vitest';
import { REQUEST } from '../../../src/core/formats/names.ts';
import type { Spec } from '../../../src/core/formats/spec.ts';
import { FAST_SPEC, SECOND } from '../../support/core-world/fixtures.ts';
import { type World, worldWith } from '../../support/core-world/world.ts';

const DYING: Spec = { ...FAST_SPEC, deletionPolicy: 'Delete' };

const SKIPPED = `the wait is skipped because ${REQUEST.skipDeletionWait} is set`;

function deletedAfter(durationMs: number): World {
  const world = worldWith(DYING);
  world.runFor(durationMs);
  world.hands.deleteSet();
  world.settle();
  return world;
}

function runUntilRemoving(world: World): void {
  while (world.ledger?.deletion?.removing !== true) {
    const { nextAtMs, wrote } = world.runPass();
    if (!wrote && nextAtMs !== null) world.nowMs = nextAtMs;
  }
}

function isEmpty({ api }: World): boolean {
  return api.set === null && api.signer === null && api.jwks === null && api.keySecrets.size === 0;
}

describe('an ordered deletion', () => {
  test('waits until tokens expire, then until caches expire, then leaves nothing', () => {
    const world = deletedAfter(12 * SECOND);
    const signerEmptiedMs = world.nowMs;
    world.runFor(60 * SECOND);
    const removed = world.facts.find(
      ({ atMs, servedKids }) => atMs > signerEmptiedMs && servedKids === null,
    );
    // Ps 2s + S 1s + T 8s + L 1s + 2S 2s after the signer was seen to be empty.
    expect(removed?.atMs).toBe(signerEmptiedMs + 14 * SECOND);
    const [firstDestroyed] = world.written.filter(
      ({ step }) => step.write.kind === 'DeleteKeySecret',
    );
    // P 2s + C 5s + S 1s after the JWKS was seen to be gone.
    expect(firstDestroyed?.atMs).toBe(signerEmptiedMs + 22 * SECOND);
    expect(isEmpty(world)).toBe(true);
  });

  test('does not bring a JWKS back if the ledger is lost after its removal', () => {
    const world = deletedAfter(12 * SECOND);
    world.runFor(15 * SECOND);
    expect(world.servedKids).toBeNull();
    world.hands.deleteSigner();
    const lostMs = world.nowMs;
    world.runFor(120 * SECOND);
    const late = world.facts.filter(({ atMs }) => atMs > lostMs);
    expect(late.every(({ servedKids }) => servedKids === null)).toBe(true);
    const [destroyed] = world.written.filter(({ step }) => step.write.kind === 'DeleteKeySecret');
    // Its absence counts as seen now: the wait for caches starts again.
    expect(destroyed?.atMs).toBe(lostMs + 8 * SECOND);
    expect(isEmpty(world)).toBe(true);
  });

  test('starts the wait for tokens again if the ledger is lost before that', () => {
    const world = deletedAfter(12 * SECOND);
    world.runFor(5 * SECOND);
    world.hands.deleteSigner();
    const lostMs = world.nowMs;
    world.runFor(120 * SECOND);
    const removed = world.facts.find(
      ({ atMs, servedKids }) => atMs > lostMs && servedKids === null,
    );
    expect(removed?.atMs).toBe(lostMs + 14 * SECOND);
    expect(isEmpty(world)).toBe(true);
  });

  test('waits for caches again if somebody puts the JWKS back after its removal', () => {
    const world = deletedAfter(12 * SECOND);
    const { jwks } = world.api;
    world.runFor(20 * SECOND);
    expect(world.servedKids).toBeNull();
    if (jwks !== null) world.hands.restoreJwks(jwks);
    const backMs = world.nowMs;
    world.runFor(60 * SECOND);
    const [destroyed] = world.written.filter(({ step }) => step.write.kind === 'DeleteKeySecret');
    expect(destroyed?.atMs).toBe(backMs + 8 * SECOND);
    expect(isEmpty(world)).toBe(true);
  });

  test('waits for caches again if somebody deletes the signer after everything else, too soon', () => {
    const world = deletedAfter(12 * SECOND);
    world.runFor(15 * SECOND);
    expect(world.servedKids).toBeNull();
    for (const name of [...world.api.keySecrets.keys()]) world.api.deleteKeySecret(name);
    world.hands.deleteSigner();
    const lostMs = world.nowMs;
    world.settle();
    expect(world.api.set).not.toBeNull();
    world.runUntil(lostMs + 7 * SECOND);
    expect(world.api.set).not.toBeNull();
    world.runFor(60 * SECOND);
    expect(isEmpty(world)).toBe(true);
    expect(world.api.set).toBeNull();
  });

  test('never publishes again if somebody puts the JWKS back when everything is gone', () => {
    const world = deletedAfter(12 * SECOND);
    const { jwks } = world.api;
    world.runFor(20 * SECOND);
    for (const name of [...world.api.keySecrets.keys()]) world.api.deleteKeySecret(name);
    world.hands.deleteSigner();
    if (jwks !== null) world.hands.restoreJwks(jwks);
    const backMs = world.nowMs;
    const before = world.written.length;
    world.runFor(7 * SECOND);
    const writes = world.written.slice(before).map(({ step }) => step.write.kind);
    expect(writes).not.toContain('WriteJwks');
    expect([world.servedKids, world.api.set === null]).toEqual([null, false]);
    world.runUntil(backMs + 30 * SECOND);
    expect(isEmpty(world)).toBe(true);
    expect(world.api.set).toBeNull();
  });

  test('empties the signer again if somebody fills it just before the JWKS goes', () => {
    const world = deletedAfter(12 * SECOND);
    runUntilRemoving(world);
    const content = world.hands.keySecret(1).content;
    if (content.kind === 'Key') world.hands.editSigner((signer) => ({ ...signer, content }));
    world.runFor(60 * SECOND);
    expect(world.refused.map(({ refusal }) => refusal.message)).toEqual([]);
    expect(isEmpty(world)).toBe(true);
  });

  test('never deletes the JWKS if it is called off just before that', () => {
    const world = deletedAfter(12 * SECOND);
    runUntilRemoving(world);
    world.hands.dropFinalizer();
    world.hands.createSet(FAST_SPEC);
    const createdMs = world.nowMs;
    world.runFor(60 * SECOND);
    const later = world.facts.filter(({ atMs }) => atMs >= createdMs);
    expect(later.every(({ servedKids }) => (servedKids ?? []).length > 0)).toBe(true);
    expect(world.signerKid).not.toBeNull();
  });

  test('is finished at once, and says what it breaks, if its wait is skipped in the middle', () => {
    const world = deletedAfter(12 * SECOND);
    world.hands.annotate(REQUEST.skipDeletionWait, world.api.set?.ref.uid ?? '');
    world.settle();
    expect(isEmpty(world)).toBe(true);
    const events = world.written.flatMap(({ step }) => step.events.map(({ reason }) => reason));
    expect(events.filter((reason) => reason === 'DeletionWaitSkipped')).toHaveLength(1);
  });

  test.each<[string, number, readonly string[]]>([
    [
      'while its tokens live',
      5,
      [
        `The operator deletes ConfigMap payments-jwks: ${SKIPPED}`,
        `The operator deletes Secret payments-key-1: ${SKIPPED}; it would have been: JWKS removed 2026-12-01T09:00:17Z, gone ` +
          'everywhere by 2026-12-01T09:00:19Z (spec.timing.publicationDelay: 2s), verifiers cache up to 5s (spec.verifierCacheTTL), ' +
          'clock skew 1s (spec.timing.clockSkew): 2026-12-01T09:00:25Z',
      ],
    ],
    [
      'while only caches hold the JWKS',
      15,
      [
        'The operator deletes ConfigMap payments-jwks: the last token of the set has expired',
        `The operator deletes Secret payments-key-1: ${SKIPPED}; it would have been: JWKS removed 2026-12-01T09:00:26Z, gone ` +
          'everywhere by 2026-12-01T09:00:28Z (spec.timing.publicationDelay: 2s), verifiers cache up to 5s (spec.verifierCacheTTL), ' +
          'clock skew 1s (spec.timing.clockSkew): 2026-12-01T09:00:34Z',
      ],
    ],
  ])('says what was waited for if its wait is skipped %s', (_, afterS, expected) => {
    const world = deletedAfter(12 * SECOND);
    world.runFor(afterS * SECOND);
    world.hands.annotate(REQUEST.skipDeletionWait, world.api.set?.ref.uid ?? '');
    world.settle();
    const messages = world.written.map(({ step }) => step.reason.message);
    expect(messages).toEqual(expect.arrayContaining([...expected]));
  });

  test('does not claim to skip a wait that is over', () => {
    const world = deletedAfter(12 * SECOND);
    world.nowMs += 60 * SECOND;
    world.settle();
    world.nowMs += 60 * SECOND;
    world.hands.annotate(REQUEST.skipDeletionWait, world.api.set?.ref.uid ?? '');
    world.settle();
    expect(isEmpty(world)).toBe(true);
    const steps = world.written.map(({ step }) => step);
    const messages = steps.map(({ reason }) => reason.message);
    expect(messages).toContain(
      'The operator deletes ConfigMap payments-jwks: the last token of the set has expired',
    );
    const events = steps.flatMap((step) => step.events.map(({ reason }) => reason));
    expect(events).not.toContain('DeletionWaitSkipped');
  });

  test("is not skipped by a copied manifest's annotation", () => {
    const world = worldWith(DYING);
    world.hands.annotate(REQUEST.skipDeletionWait, 'uid-of-another-set');
    world.settle();
    world.hands.deleteSet();
    world.settle();
    expect(world.servedKids).not.toBeNull();
  });

  test('of a set that never signed deletes what there is', () => {
    const world = worldWith(DYING);
    for (let writes = 0; writes < 3; writes += 1) world.runPass();
    expect(world.servedKids).toEqual(['k1']);
    world.hands.deleteSet();
    world.settle();
    expect(isEmpty(world)).toBe(true);
    expect(world.refused).toEqual([]);
  });

  test('of a set that never signed needs no clock', () => {
    const world = worldWith(DYING);
    for (let writes = 0; writes < 3; writes += 1) world.runPass();
    world.hands.deleteSet();
    world.hasDate = false;
    world.settle();
    expect(isEmpty(world)).toBe(true);
    expect(world.refused).toEqual([]);
  });
});
