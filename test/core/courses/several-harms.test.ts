import { describe, expect, test } from 'vitest';
import { ANNOTATION, REQUEST } from '../../../src/core/formats/names.ts';
import { admit } from '../../../src/core/guard/guard.ts';
import { LEDGER_KEYS_MAX } from '../../../src/core/ledger/bounds.ts';
import { readLedger, serializeLedger } from '../../../src/core/ledger/codec.ts';
import { jwksData } from '../../../src/core/ledger/jwks-document.ts';
import { type Ledger, ordinalAfter } from '../../../src/core/ledger/ledger.ts';
import { hasRoomForAnotherKey, newKey } from '../../../src/core/ledger/lifecycle.ts';
import { plan } from '../../../src/core/plan.ts';
import { foldManagers } from '../../../src/core/reading/shown.ts';
import { fixtureJwk } from '../../support/core-world/fixture-jwk.ts';
import {
  EC_KIND,
  FAST_SPEC,
  FAST_TERMS,
  kindOfAlgorithm,
} from '../../support/core-world/fixtures.ts';
import { ledgerOf, plannedStep, rotatedWorld } from '../../support/core-world/states.ts';
import { type World, worldWith } from '../../support/core-world/world.ts';

/** What a set needs to be sound again: its active key signs and is served. */
function isMended(world: World): boolean {
  const active = world.ledger?.keys.find(({ state }) => state === 'Active')?.kid;
  return (
    active !== undefined &&
    world.signerKid === active &&
    world.servedKids?.includes(active) === true
  );
}

function runUntilBarred(world: World): void {
  while (world.ledger?.keys.some(({ bar }) => bar !== null) !== true) {
    const { nextAtMs, wrote } = world.runPass();
    if (!wrote && nextAtMs !== null) world.nowMs = Math.max(world.nowMs + 1, nextAtMs);
  }
}

// Each of these once left a set broken permanently, or for as long as T: because of the second harm, a
// repair was refused, or never reached.
describe('two harms before a repair', () => {
  test('the signer emptied and the JWKS deleted', () => {
    const world = worldWith(FAST_SPEC);
    world.runFor(20_000);
    world.hands.editSigner((signer) => ({ ...signer, content: { kind: 'Empty' } }));
    world.hands.deleteJwks();
    world.runFor(3000);
    expect(isMended(world)).toBe(true);
  });

  test('another key put into the signer, and the active one removed from the JWKS', () => {
    const world = worldWith(FAST_SPEC);
    world.runFor(38_000);
    const [k1] = ledgerOf(world).keys;
    if (k1 === undefined) throw new Error('there is a key');
    const content = {
      kind: 'Key',
      kid: k1.kid,
      publicJwk: k1.publicJwk,
      keyKind: EC_KIND,
    } as const;
    world.hands.editSigner((signer) => ({ ...signer, content }));
    const active = ledgerOf(world).keys.find(({ state }) => state === 'Active')?.kid;
    world.hands.editJwksKeys((keys) => keys.filter(({ kid }) => kid !== active));
    world.runFor(3000);
    expect(isMended(world)).toBe(true);
  });

  test('T raised between a bar and the removal from the JWKS, and the active key removed from the JWKS', () => {
    const world = worldWith(FAST_SPEC);
    runUntilBarred(world);
    const active = world.signerKid ?? '';
    world.hands.editSpec((spec) => ({
      ...spec,
      terms: { ...spec.terms, tokenTtlMs: 3_600_000 },
      rotation: { ...spec.rotation, intervalMs: 7_200_000 },
    }));
    world.hands.editJwksKeys((keys) => keys.filter(({ kid }) => kid !== active));
    world.runFor(3000);
    expect(world.servedKids).toEqual(expect.arrayContaining([active, 'k1']));
    world.runFor(3_700_000);
    expect(world.servedKids).not.toContain('k1');
  });

  test('the finalizer removed after the JWKS was deleted, and the set created again', () => {
    const spec = { ...FAST_SPEC, deletionPolicy: 'Delete' as const };
    const world = worldWith(spec);
    world.runFor(20_000);
    world.hands.deleteSet();
    while (world.api.jwks !== null) world.runFor(500);
    world.hands.dropFinalizer();
    world.hands.createSet(spec);
    world.runFor(60_000);
    expect(isMended(world)).toBe(true);
  });

  test('a clock set back within S, and the active key removed from the JWKS', () => {
    const world = worldWith(FAST_SPEC, { skewMs: 1900 });
    world.settle();
    world.skewMs = 0;
    world.nowMs += 50;
    world.hands.editJwksKeys((keys) => keys.filter(({ kid }) => kid !== 'k1'));
    world.settle();
    expect(world.servedKids).toContain('k1');
  });
});

test('a JWKS of an earlier life of the set does not replace its ledger', () => {
  const earlier = worldWith(FAST_SPEC);
  earlier.runFor(400_000);
  const old = earlier.api.jwks;
  if (old === null) throw new Error('there is a JWKS');
  const world = worldWith(FAST_SPEC);
  world.runFor(20_000);
  const signing = world.signerKid;
  const text = old.meta.annotations[ANNOTATION.ledger] ?? '';
  const read = readLedger(text);
  if (read.kind !== 'Ledger') throw new Error('it reads');
  const foreign: Ledger = { ...read.ledger, set: { ...read.ledger.set, uid: 'an-earlier-life' } };
  const annotations = { ...old.meta.annotations, [ANNOTATION.ledger]: serializeLedger(foreign) };
  world.hands.restoreJwks({ ...old, data: jwksData(foreign), meta: { ...old.meta, annotations } });
  world.runFor(5000);
  expect(world.signerKid).toBe(signing);
  expect(isMended(world)).toBe(true);
});

test('without any copy, a key that was not in the JWKS may still have signed', () => {
  const world = worldWith(FAST_SPEC);
  world.runFor(20_000);
  world.hands.editSpec((spec) => ({ ...spec, kind: kindOfAlgorithm('RS256') }));
  world.runFor(11_000);
  const spec = world.api.set?.spec;
  if (spec == null) throw new Error('there is a spec');
  world.hands.deleteSet();
  world.hands.deleteJwks();
  world.hands.annotateSigner(ANNOTATION.ledger, null);
  world.hands.createSet(spec);
  world.runFor(3000);
  expect(world.servedKids).toContain('k1');
});

test('a swapped signing key is repaired, and someone takes the repair back: that key is waited for', () => {
  const world = rotatedWorld();
  const [retiring] = ledgerOf(world).keys;
  const before = world.api.signer;
  const { content } = world.hands.keySecret(1);
  if (before === null || content.kind !== 'Key') throw new Error('there are a signer and a key');
  world.hands.editSigner((signer) => ({ ...signer, content }));
  const step = plannedStep(world);
  expect(step.reason.code).toBe('SignerRepaired');
  expect(world.api.write(step.write)).toBe('Applied');
  const swappedMs = world.nowMs;
  // In place, so that neither the UID nor an owner of the values shows it.
  world.hands.restoreSigner(before);
  world.settle();
  expect(retiring?.supersededSeenMs).toBeLessThan(swappedMs);
  expect(ledgerOf(world).keys[0]?.supersededSeenMs).toBe(swappedMs);
});

describe('what is written reads back', () => {
  test('no seventeenth key is added', () => {
    const ledger = ledgerOf(settled());
    const keys = Array.from({ length: LEDGER_KEYS_MAX }, (_, index) => {
      const kid = `many-${index}`;
      const publicJwk = fixtureJwk(kid, EC_KIND);
      const origin = { ordinal: 50 + index, kid, publicJwk, keyKind: EC_KIND, imported: false };
      // Half of them have left the JWKS and are still there, for example held by a finalizer.
      const bar = { generation: 1, reason: 'Retired', removedSeenMs: 1 } as const;
      return { ...newKey(origin, FAST_TERMS), bar: index % 2 === 0 ? null : bar };
    });
    expect(hasRoomForAnotherKey({ ...ledger, keys: keys.slice(1) })).toBe(true);
    expect(hasRoomForAnotherKey({ ...ledger, keys })).toBe(false);
    const full = { ...ledger, keys, nextOrdinal: ordinalAfter(1, keys) };
    expect(readLedger(serializeLedger(full)).kind).toBe('Ledger');
  });

  test('however many managers a ConfigMap has', () => {
    const managers = Array.from({ length: 300 }, (_, index) => `m${index}/Apply/2026`);
    const ledger = ledgerOf(settled());
    const folded = foldManagers(managers);
    const note = { uid: 'u', resourceVersion: '1', generation: 1, managers: folded };
    expect(readLedger(serializeLedger({ ...ledger, jwks: note })).kind).toBe('Ledger');
    expect(foldManagers([...managers, 'one-more/Apply/2026'])).not.toEqual(folded);
    expect(foldManagers(managers.slice(0, 3))).toEqual(managers.slice(0, 3));
  });
});

function settled(): World {
  const world = worldWith(FAST_SPEC);
  world.runFor(5000);
  return world;
}

test('a switch is not made under another spec than it was planned under', () => {
  const world = worldWith(FAST_SPEC);
  world.runFor(20_000);
  world.hands.annotate(REQUEST.rotate, 'now');
  const seen = world.observe();
  const { step } = plan(seen, seen.reading.startedMs);
  if (step === null) throw new Error('there is a step');
  expect(step.reason.code).toBe('Activate');
  expect(admit(step, world.observe(), seen.reading.startedMs)).toBeNull();
  world.hands.editSpec((spec) => ({ ...spec, rotation: { ...spec.rotation, suspend: true } }));
  expect(admit(step, world.observe(), seen.reading.startedMs)?.code).toBe('Changed');
});
