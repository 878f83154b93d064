import { expect, test } from 'vitest';
import { ANNOTATION } from '../../../src/core/formats/names.ts';
import { readLedger } from '../../../src/core/ledger/codec.ts';
import { keysIn } from '../../../src/core/ledger/jwks-document.ts';
import { FAST_SPEC } from '../../support/core-world/fixtures.ts';
import { ledgerOf, rotatedWorld, stepsUntilRest } from '../../support/core-world/states.ts';
import type { World } from '../../support/core-world/world.ts';

test('if someone removes a barred key first, a JWKS of the bar’s own generation proves its removal', () => {
  const world = rotatedWorld();
  let barred = 0;
  while (barred === 0) {
    const { nextAtMs, wrote } = world.runPass();
    if (!wrote && nextAtMs !== null) world.nowMs = nextAtMs;
    barred = ledgerOf(world).keys.find(({ kid }) => kid === 'k1')?.bar?.generation ?? 0;
  }
  world.hands.editJwksKeys((keys) => keys.filter(({ kid }) => kid !== 'k1'));
  world.settle();
  const stamp = world.api.jwks?.meta.annotations[ANNOTATION.generation];
  expect(Number(stamp)).toBeGreaterThanOrEqual(barred);
  expect(ledgerOf(world).tombstones.map(({ kid }) => kid)).toEqual(['k1']);
  expect([...world.api.keySecrets.keys()]).toEqual(['payments-key-2', 'payments-key-3']);
});

test('a signer that holds another key under the active kid is repaired', () => {
  const world = rotatedWorld();
  world.hands.editSigner((signer) => {
    if (signer.content.kind !== 'Key') return signer;
    const publicJwk = { ...signer.content.publicJwk, x: 'tampered' };
    return { ...signer, content: { ...signer.content, publicJwk } };
  });
  world.settle();
  const content = world.api.signer?.content;
  expect(content?.kind === 'Key' && content.publicJwk.x).not.toBe('tampered');
  expect(world.written.some(({ step }) => step.reason.code === 'SignerRepaired')).toBe(true);
});

test('the active key’s lost Secret is created again from the signer, once', () => {
  const world = rotatedWorld();
  world.hands.deleteKeySecret(2);
  const before = world.written.length;
  world.settle();
  const codes = world.written.slice(before).map(({ step }) => step.reason.code);
  expect(codes).toEqual(['KeySecretRestored']);
  expect(world.hands.keySecret(2).content).toMatchObject({ kind: 'Key', kid: 'k2' });
});

test('labels that someone removed are restored, object by object, and nothing else changes', () => {
  const world = rotatedWorld();
  world.hands.editJwksMeta((meta) => ({ ...meta, labels: {} }));
  world.hands.editSigner((signer) => ({ ...signer, meta: { ...signer.meta, labels: {} } }));
  const { generation } = ledgerOf(world);
  const before = world.written.length;
  world.settle();
  const codes = world.written.slice(before).map(({ step }) => step.reason.code);
  expect(codes).toEqual(['RepairMetadata', 'RepairMetadata']);
  expect(ledgerOf(world).generation).toBe(generation);
});

test('terms that the ledger has taken in are copied beside the JWKS, once each', () => {
  const world = rotatedWorld();
  const termsInCopy = () => {
    const copy = readLedger(world.api.jwks?.meta.annotations[ANNOTATION.ledger] ?? '');
    return copy.kind === 'Ledger' ? copy.ledger.terms : null;
  };
  for (const tokenTtlMs of [40_000, 8_000]) {
    const before = world.written.length;
    world.hands.editSpec((spec) => ({ ...spec, terms: { ...spec.terms, tokenTtlMs } }));
    world.settle();
    const codes = world.written.slice(before).map(({ step }) => step.reason.code);
    expect(codes.filter((code) => code === 'WriteJwks')).toHaveLength(1);
    expect(termsInCopy()).toEqual(ledgerOf(world).terms);
  }
  expect(termsInCopy()?.lowered).toHaveLength(1);
});

test.each(['{"version":999}', '{', ''])(
  'a copy %j beside the JWKS is written again, and nothing else happens',
  (text) => {
    const world = rotatedWorld();
    world.hands.editJwksMeta((meta) => {
      return { ...meta, annotations: { ...meta.annotations, [ANNOTATION.ledger]: text } };
    });
    const before = ledgerOf(world);
    expect(stepsUntilRest(world)).toEqual(['RepairMetadata']);
    expect(ledgerOf(world)).toEqual(before);
    const copy = readLedger(world.api.jwks?.meta.annotations[ANNOTATION.ledger] ?? '');
    expect(copy).toEqual({ kind: 'Ledger', ledger: before });
  },
);

/** Up to the moment at which `k1` is barred, and not yet out of the JWKS. */
function barredWorld(world: World): World {
  const barOf = () => ledgerOf(world).keys.find(({ kid }) => kid === 'k1')?.bar;
  while (barOf() == null) {
    const { nextAtMs, wrote } = world.runPass();
    if (!wrote && nextAtMs !== null) world.nowMs = nextAtMs;
  }
  return world;
}

function raiseTokenTtl(world: World): void {
  world.hands.editSpec((spec) => ({ ...spec, terms: { ...spec.terms, tokenTtlMs: 28_000 } }));
}

const showsFirst = ({ api }: World) => keysIn(api.jwks?.data ?? {}).some(({ kid }) => kid === 'k1');

test('T that is raised between a bar and the removal from the JWKS still counts: the key stays published', () => {
  const world = barredWorld(rotatedWorld());
  expect(showsFirst(world)).toBe(true);
  const barredMs = world.nowMs;
  raiseTokenTtl(world);
  world.runUntil(barredMs + 18_000);
  expect(showsFirst(world)).toBe(true);
  world.runUntil(barredMs + 25_000);
  expect(showsFirst(world)).toBe(false);
});

// All other keys are revoked, so that nothing else delays the deletion.
test('a deletion waits for the tokens of a key that a raised T keeps published', () => {
  const world = barredWorld(rotatedWorld({ ...FAST_SPEC, deletionPolicy: 'Delete' }));
  const barredMs = world.nowMs;
  raiseTokenTtl(world);
  world.runUntil(barredMs + 1000);
  world.hands.revoke('k2', 'k3', 'k4');
  world.hands.deleteSet();
  world.runUntil(barredMs + 18_000);
  expect(showsFirst(world)).toBe(true);
  world.runUntil(barredMs + 60_000);
  expect(world.api.jwks).toBeNull();
  expect(world.api.set).toBeNull();
});

test('a ConfigMap of before, without the entry for Envoy Gateway, is written once, and no wait starts again', () => {
  const world = rotatedWorld();
  const before = ledgerOf(world).keys.map(({ publishedSeenMs }) => publishedSeenMs);
  const { jwks } = world.api;
  if (jwks === null) throw new Error('there is a JWKS');
  const { jwks: _, ...data } = jwks.data;
  world.api.jwks = { ...jwks, data };
  const { length } = world.written;
  world.settle();
  expect(world.api.jwks?.data['jwks']).toBe(world.api.jwks?.data['jwks.json']);
  const writes = world.written.slice(length).map(({ step }) => step.write.kind);
  expect(writes.filter((kind) => kind === 'WriteJwks')).toHaveLength(1);
  expect(ledgerOf(world).keys.map(({ publishedSeenMs }) => publishedSeenMs)).toEqual(before);
});

test('an entry for Envoy Gateway that someone else changes is written back, and every wait starts again', () => {
  const world = rotatedWorld();
  world.hands.editJwksFile('jwks', '{"keys":[]}');
  world.settle();
  expect(world.api.jwks?.data['jwks']).toBe(world.api.jwks?.data['jwks.json']);
  const { nowMs } = world;
  const seen = ledgerOf(world).keys.filter(({ bar }) => bar === null);
  expect(seen.every(({ publishedSeenMs }) => publishedSeenMs === nowMs)).toBe(true);
});
