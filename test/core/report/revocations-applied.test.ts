import { describe, expect, test } from 'vitest';
import { ANNOTATION } from '../../../src/core/formats/names.ts';
import type { Spec } from '../../../src/core/formats/spec.ts';
import type { ObservedKeySecret } from '../../../src/core/reading/model.ts';
import { revocationsApplied } from '../../../src/core/report/revocations-applied.ts';
import { fixtureJwk } from '../../support/core-world/fixture-jwk.ts';
import { EC_KIND, FAST_SPEC, SECOND } from '../../support/core-world/fixtures.ts';
import { situation } from '../../support/core-world/states.ts';
import { type World, worldWith } from '../../support/core-world/world.ts';

const CALM: Spec = { ...FAST_SPEC, rotation: { ...FAST_SPEC.rotation, intervalMs: 600_000 } };

/** Twelve seconds after its creation: #1 signs, #2 is proven. */
function calmWorld(changes: Partial<Spec> = {}): World {
  const world = worldWith({ ...CALM, ...changes });
  world.runFor(12 * SECOND);
  return world;
}

function told(world: World): string | null {
  const applied = revocationsApplied(situation(world));
  return applied === null ? null : `${applied.status} ${applied.reason}: ${applied.message}`;
}

const OUT = 'out of the JWKS, trusted by no verifier after';
const UNKNOWN =
  'this set knows no such key, so nothing was changed (compare it with status.keys and with the ' +
  'kid in the header of a token; the set remembers only the ordinals of keys that ended long ago)';

describe('the condition reports what became of each entry', () => {
  test('none is revoked: there is no such condition', () => {
    expect(told(calmWorld())).toBeNull();
  });

  test('not yet, until a reading has shown the JWKS without the key', () => {
    const world = calmWorld();
    world.hands.revoke('k1');
    const objects = ['ConfigMap payments-jwks', 'Secret payments-signer', 'Secret payments-key-1'];
    expect(told(world)).toBe(`False Applying: k1: still in ${objects.join(', ')}`);
    // The bar, then the JWKS without it, then that is seen, then its Secret goes.
    while (world.servedKids?.includes('k1')) world.runPass();
    expect(told(world)).toBe('False Applying: k1: still in Secret payments-key-1');
    world.hands.deleteKeySecret(1);
    expect(told(world)).toBe('False Applying: k1: not yet confirmed gone from the JWKS');
  });

  type PutBack = (hands: World['hands'], secret: ObservedKeySecret) => void;
  test.each<[string, PutBack]>([
    ['Secret payments-key-1', (hands, secret) => hands.restoreKeySecret(secret)],
    [
      'Secret payments-signer',
      (hands, { content }) => {
        if (content.kind === 'Key') hands.editSigner((signer) => ({ ...signer, content }));
      },
    ],
    [
      'ConfigMap payments-jwks',
      (hands) => hands.editJwksKeys((keys) => [...keys, fixtureJwk('k1', EC_KIND)]),
    ],
  ])(
    'no longer applied, whatever the ledger says, if someone puts it back into %s',
    (where, putBack) => {
      const world = calmWorld();
      const secret = world.hands.keySecret(1);
      world.hands.revoke('k1');
      world.settle();
      expect(told(world)).toMatch(/^True Applied/);
      putBack(world.hands, secret);
      expect(told(world)).toBe(`False Applying: k1: still in ${where}`);
    },
  );

  test('then until when it is trusted: P 2s, C 5s and S 1s after it was seen gone at 12 s', () => {
    const world = calmWorld();
    world.hands.revoke('k1');
    world.settle();
    expect(told(world)).toBe(`True Applied: k1: ${OUT} 2026-12-01T09:00:20Z`);
    // It is a tombstone by now.
    world.runFor(60 * SECOND);
    expect(told(world)).toBe(`True Applied: k1: ${OUT} 2026-12-01T09:00:20Z`);
  });

  test('of several keys the last time counts', () => {
    const world = calmWorld();
    world.hands.revoke('k2');
    world.runFor(10 * SECOND);
    world.hands.revoke('k1');
    world.settle();
    expect(told(world)).toBe(`True Applied: k2, k1: ${OUT} 2026-12-01T09:00:30Z`);
  });

  test('verifiers that never forget are named', () => {
    const terms = { ...FAST_SPEC.terms, verifierTrustMs: null };
    const world = calmWorld({ terms, restartToForget: ['gateway', 'billing'] });
    world.hands.revoke('k1');
    world.settle();
    expect(told(world)).toBe(
      'True Applied: k1: out of the JWKS, but trusted by the verifiers gateway, billing until you restart them',
    );
  });

  test('a kid that the set never held changes nothing, and does not hide the others', () => {
    const world = calmWorld();
    world.hands.revoke('k1', 'typo');
    world.settle();
    expect(told(world)).toBe(`False KidUnknown: typo: ${UNKNOWN}; k1: ${OUT} 2026-12-01T09:00:20Z`);
  });

  test('four are named, the others counted', () => {
    const world = calmWorld();
    world.hands.revoke('a', 'b', 'c', 'd', 'e', 'f');
    world.settle();
    expect(told(world)).toBe(`False KidUnknown: a, b, c, d and 2 more: ${UNKNOWN}`);
  });

  test('while the ledger is lost nothing is known', () => {
    const world = calmWorld();
    world.hands.revoke('k1');
    world.hands.annotateSigner(ANNOTATION.ledger, null);
    expect(told(world)).toBe(
      'False Applying: Revocations are applied once the ledger is usable: see the condition Ready',
    );
  });
});
