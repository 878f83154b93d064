import { expect, test } from 'vitest';
import { ANNOTATION, REQUEST } from '../../../src/core/formats/names.ts';
import type { Spec } from '../../../src/core/formats/spec.ts';
import { TOMBSTONES_MAX } from '../../../src/core/ledger/bounds.ts';
import { serializeLedger } from '../../../src/core/ledger/codec.ts';
import type { Tombstone } from '../../../src/core/ledger/ledger.ts';
import { nextGeneration } from '../../../src/core/ledger/lifecycle.ts';
import { fixtureJwk } from '../../support/core-world/fixture-jwk.ts';
import { EC_KIND, FAST_SPEC, FAST_TERMS } from '../../support/core-world/fixtures.ts';
import { brokenPromises } from '../../support/core-world/oracle.ts';
import { ledgerOf } from '../../support/core-world/states.ts';
import { type World, worldWith } from '../../support/core-world/world.ts';

const CALM: Spec = { ...FAST_SPEC, rotation: { ...FAST_SPEC.rotation, intervalMs: 600_000 } };

function revoke({ hands }: World, ...kids: readonly string[]): void {
  hands.revoke(...kids);
}

function raise(world: World, terms: Partial<Spec['terms']>): void {
  world.hands.editSpec((spec) => ({ ...spec, terms: { ...spec.terms, ...terms } }));
}

function runUntilBarred(world: World): void {
  while (world.ledger?.keys.some(({ bar }) => bar !== null) !== true) {
    const { nextAtMs, wrote } = world.runPass();
    if (!wrote && nextAtMs !== null) world.nowMs = Math.max(world.nowMs + 1, nextAtMs);
  }
}

function loseAllCopies({ hands }: World): void {
  hands.wipeStatus();
  hands.editJwksMeta((meta) => ({
    ...meta,
    annotations: { ...meta.annotations, [ANNOTATION.ledger]: '' },
  }));
  hands.annotateSigner(ANNOTATION.ledger, null);
}

test('C raised by the same edit that revokes: no standby signs that the larger C does not prove', () => {
  const world = worldWith(CALM);
  world.runFor(9_000);
  raise(world, { verifierCacheTtlMs: 60_000 });
  revoke(world, 'k1');
  world.runFor(1_000);
  expect(brokenPromises(world)).toEqual([]);
  expect(world.signerKid).toBeNull();
});

test('T raised and lowered while the clocks are in doubt still counts', () => {
  const world = worldWith(FAST_SPEC);
  world.runFor(20_000);
  world.hasDate = false;
  raise(world, { tokenTtlMs: 60_000 });
  world.runFor(5_000);
  raise(world, { tokenTtlMs: FAST_TERMS.tokenTtlMs });
  world.hasDate = true;
  world.runFor(120_000);
  expect(brokenPromises(world)).toEqual([]);
});

test('T raised between a bar and the removal from the JWKS, and the ledger lost', () => {
  const world = worldWith(FAST_SPEC);
  runUntilBarred(world);
  raise(world, { tokenTtlMs: 3_600_000 });
  world.runFor(1);
  world.hands.deleteSigner();
  world.runFor(3_000);
  expect(world.refused).toEqual([]);
  expect(world.signerKid).not.toBeNull();
  expect(world.servedKids).toContain('k1');
  expect(brokenPromises(world)).toEqual([]);
});

test('all copies lost, and the same private key in two Secrets', () => {
  const world = worldWith(CALM);
  world.runFor(20_000);
  const copied = world.hands.keySecret(2);
  world.hands.restoreKeySecret({
    ...copied,
    ordinal: 9,
    meta: { ...copied.meta, name: 'payments-key-9' },
  });
  world.hands.wipeStatus();
  world.hands.deleteJwks();
  world.hands.annotateSigner(ANNOTATION.ledger, null);
  world.runFor(1_000);
  expect(world.signerKid).toBe('k1');
  expect(world.ledger).not.toBeNull();
});

test('all copies lost, and a JWKS full of other keys', () => {
  const world = worldWith(CALM);
  world.runFor(20_000);
  world.hands.editJwksKeys(() =>
    Array.from({ length: 8 }, (_, n) => fixtureJwk(`stranger-${n}`, EC_KIND)),
  );
  loseAllCopies(world);
  world.runFor(1_000);
  expect(world.servedKids).toContain('k1');
});

test('after a revocation that left no signing key, no rollback skips the revoked key', () => {
  const world = worldWith({ ...CALM, terms: { ...FAST_TERMS, tokenTtlMs: 60_000 } });
  world.runFor(20_000);
  world.hands.annotate(REQUEST.rotate, '1');
  world.runFor(3_000);
  world.hands.editJwksFile('serve.json', '{}');
  revoke(world, 'k2');
  world.runFor(12_000);
  expect(world.signerKid).toBe('k3');
  world.hands.annotate(REQUEST.rollback, '1');
  world.runFor(4_000);
  expect(world.signerKid).toBe('k3');
  expect(world.api.set?.status?.rollbackRefused?.reason).toBe('PreviousKeyRevoked');
});

test('T raised between a bar and the removal from the JWKS is not an edit by someone else', () => {
  const world = worldWith(FAST_SPEC);
  runUntilBarred(world);
  const standby = ledgerOf(world).keys.find(({ state }) => state === 'Pending');
  raise(world, { tokenTtlMs: 3_600_000, verifierCacheTtlMs: 6_000 });
  world.runFor(5_000);
  expect(world.servedKids).toContain('k1');
  const after = ledgerOf(world).keys.find(({ kid }) => kid === standby?.kid);
  expect(after?.publishedSeenMs).toBe(standby?.publishedSeenMs);
  const events = world.written.flatMap(({ step }) => step.events.map(({ reason }) => reason));
  expect(events).not.toContain('WaitRestarted');
});

test('a barred key that stays published counts among the eight', () => {
  const world = worldWith({ ...CALM, terms: { ...FAST_TERMS, tokenTtlMs: 120_000 } });
  world.runFor(10_000);
  for (let id = 0; id < 6; id += 1) {
    world.hands.annotate(REQUEST.rotate, String(id));
    world.runFor(12_000);
  }
  expect(world.servedKids).toHaveLength(8);
  runUntilBarred(world);
  raise(world, { tokenTtlMs: 3_600_000 });
  world.hands.annotate(REQUEST.rotate, 'once more');
  world.runFor(30_000);
  expect(world.refused).toEqual([]);
  expect(world.servedKids).toHaveLength(8);
});

test('the last key is revoked when there are as many tombstones as can be: its successor finds room', () => {
  const world = worldWith(CALM);
  world.runFor(20_000);
  // As if many standbys had been revoked while k1 signed, and verifiers still trusted them.
  const before = ledgerOf(world);
  const ledger = { ...before, generation: nextGeneration(before) };
  const tombstones = Array.from({ length: TOMBSTONES_MAX }, (_, n): Tombstone => {
    const end = { reason: 'Revoked', removedSeenMs: world.nowMs, trustMs: 3_600_000 } as const;
    return { ordinal: 100 + n, kid: `ended-${n}`, algorithm: 'ES256', ...end };
  });
  world.hands.annotateSigner(
    ANNOTATION.ledger,
    serializeLedger({ ...ledger, tombstones, nextOrdinal: 100 + TOMBSTONES_MAX }),
  );
  revoke(world, 'k2');
  world.runFor(1_000);
  expect(world.servedKids).toEqual(['k1', 'k3']);
  revoke(world, ...ledgerOf(world).keys.map(({ kid }) => kid));
  world.runFor(60_000);
  expect(world.servedKids).not.toContain('k1');
  expect(world.signerKid).not.toBeNull();
});

test('a removed key that someone puts back before it is a tombstone', () => {
  const world = worldWith(CALM);
  world.runFor(20_000);
  revoke(world, 'k1');
  while (ledgerOf(world).keys[0]?.bar?.removedSeenMs == null) world.runPass();
  world.hasDate = true;
  const k1 = ledgerOf(world).keys[0];
  if (k1 === undefined) throw new Error('k1 lives');
  const before = k1.bar?.removedSeenMs ?? 0;
  world.nowMs += 5_000;
  world.hands.editJwksKeys((keys) => [...keys, k1.publicJwk]);
  world.runFor(1_000);
  const stone = ledgerOf(world).tombstones.find(({ kid }) => kid === 'k1');
  expect(stone?.removedSeenMs).toBe(before + 5_000);
});

test.each<[string, (world: World) => void]>([
  ['and nothing else', () => undefined],
  ['and every key is revoked', (world) => revoke(world, 'k1', 'k2', 'k3', 'k4')],
  ['and no key signs', (world) => revoke(world, 'k2', 'k3')],
])('signer and JWKS restored together from before a key ended, %s', (_, harm) => {
  const world = worldWith(FAST_SPEC);
  world.runFor(20_000);
  const { signer, jwks } = world.api;
  if (signer === null || jwks === null) throw new Error('both are there');
  world.runFor(30_000);
  expect(ledgerOf(world).tombstones.map(({ kid }) => kid)).toEqual(['k1']);
  harm(world);
  world.hands.restoreSigner(signer);
  world.hands.restoreJwks(jwks);
  world.runFor(20_000);
  expect(world.refused).toEqual([]);
  expect(world.servedKids).not.toContain('k1');
  expect(world.servedKids).toContain(world.signerKid);
});

test('an ended key put back into signer and JWKS, while a revocation leaves no signing key', () => {
  const world = worldWith({ ...CALM, terms: { ...FAST_TERMS, tokenTtlMs: 1000 } });
  world.runFor(20_000);
  const [k1] = ledgerOf(world).keys;
  if (k1 === undefined) throw new Error('k1 lives');
  world.hands.annotate(REQUEST.rotate, '1');
  world.runFor(15_000);
  revoke(world, 'k2', 'k3');
  world.runFor(1_000);
  expect(world.signerKid).toBeNull();
  const content = { kind: 'Key', kid: 'k1', publicJwk: k1.publicJwk, keyKind: EC_KIND } as const;
  world.hands.editSigner((signer) => ({ ...signer, content }));
  world.hands.editJwksKeys((keys) => [...keys, k1.publicJwk]);
  world.runFor(1_000);
  expect(world.refused).toEqual([]);
  expect(world.signerKid).toBeNull();
  expect(world.servedKids).not.toContain('k1');
});

test('a rollback that is requested in a deletion is refused, and the status says so', () => {
  const world = worldWith({ ...CALM, deletionPolicy: 'Delete' });
  world.runFor(20_000);
  world.hands.annotate(REQUEST.rotate, '1');
  world.runFor(5_000);
  world.hands.deleteSet();
  world.runFor(1_000);
  world.hands.annotate(REQUEST.rollback, '1');
  world.runFor(1_000);
  expect(world.api.set?.status?.rollbackRefused?.reason).toBe('Deleting');
  world.runFor(120_000);
  expect(world.api.set).toBeNull();
});

test('the standby put into the signer and the JWKS deleted, while the active key is revoked', () => {
  const world = worldWith(CALM);
  world.runFor(20_000);
  const k2 = ledgerOf(world).keys[1];
  if (k2 === undefined) throw new Error('k2 lives');
  const content = { kind: 'Key', kid: 'k2', publicJwk: k2.publicJwk, keyKind: EC_KIND } as const;
  world.hands.editSigner((signer) => ({ ...signer, content }));
  world.hands.deleteJwks();
  revoke(world, 'k1');
  world.runFor(20_000);
  expect(world.refused).toEqual([]);
  expect(world.signerKid).toBe('k2');
  expect(world.servedKids).not.toContain('k1');
});
