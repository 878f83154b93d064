import { describe, expect, test } from 'vitest';
import { ANNOTATION } from '../../../src/core/formats/names.ts';
import type { Spec } from '../../../src/core/formats/spec.ts';
import type { ObservedKeySecret } from '../../../src/core/reading/model.ts';
import { revocationsApplied } from '../../../src/core/report/revocations-applied.ts';
import { fixtureJwk } from '../../support/core-world/fixture-jwk.ts';
import { EC_KIND, FAST_SPEC, SECOND, TERM_FIELDS } from '../../support/core-world/fixtures.ts';
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
/** Who trusts it longest, by the terms of these sets. */
const LAST = ' (the last: spec.verifierCacheTTL)';
const NO_KEY = 'no key of this set, so nothing was changed (see RevocationsUnmatched)';

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
    expect(told(world)).toBe(`True Applied: k1: ${OUT} 2026-12-01T09:00:20Z${LAST}`);
    // It is a tombstone by now.
    world.runFor(60 * SECOND);
    expect(told(world)).toBe(`True Applied: k1: ${OUT} 2026-12-01T09:00:20Z${LAST}`);
  });

  test('names the verifier that trusts it longest, unless the terms have changed since', () => {
    const termFields = { ...TERM_FIELDS, verifierTrustMs: 'spec.verifiers[orders], preset dotnet' };
    const world = calmWorld({ termFields });
    world.hands.revoke('k1');
    world.settle();
    expect(told(world)).toContain('Z (the last: spec.verifiers[orders], preset dotnet)');
    const terms = { ...FAST_SPEC.terms, verifierTrustMs: 2 * SECOND };
    world.hands.editSpec((spec) => ({ ...spec, terms }));
    world.settle();
    expect(told(world)).toBe(`True Applied: k1: ${OUT} 2026-12-01T09:00:20Z`);
  });

  test('each key has its own time', () => {
    const world = calmWorld();
    world.hands.revoke('k2');
    world.runFor(10 * SECOND);
    world.hands.revoke('k1');
    world.settle();
    expect(told(world)).toBe(
      `True Applied: k2: ${OUT} 2026-12-01T09:00:20Z${LAST}; k1: ${OUT} 2026-12-01T09:00:30Z${LAST}`,
    );
  });

  test('those that have the same time are named together', () => {
    const world = calmWorld();
    world.hands.revoke('k1', 'k2');
    world.settle();
    expect(told(world)).toBe(`True Applied: k1, k2: ${OUT} 2026-12-01T09:00:20Z${LAST}`);
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

  test('a kid that the set never held makes it unknown, and does not hide that the other one is applied', () => {
    const world = calmWorld();
    world.hands.revoke('k1', 'typo');
    world.settle();
    expect(told(world)).toBe(
      `Unknown KidUnknown: Applied: 1 of 2 entries. k1: ${OUT} 2026-12-01T09:00:20Z${LAST}; typo: ${NO_KEY}`,
    );
  });

  test('nor that another one still waits, and on what', () => {
    const world = calmWorld();
    world.hands.revoke('k1', 'k2', 'typo');
    world.settle();
    world.hands.editJwksKeys((keys) => [...keys, fixtureJwk('k2', EC_KIND)]);
    expect(told(world)).toBe(
      'False Applying: Applied: 1 of 3 entries. k2: still in ConfigMap payments-jwks; ' +
        `k1: ${OUT} 2026-12-01T09:00:20Z${LAST}; typo: ${NO_KEY}`,
    );
  });

  test('a kid that is listed before its key is there counts as soon as the key is', () => {
    const world = calmWorld();
    world.hands.revoke('k3');
    world.settle();
    expect(told(world)).toBe(`Unknown KidUnknown: k3: ${NO_KEY}`);
    world.hands.revoke('k1');
    world.runFor(60 * SECOND);
    // It was never published: nobody has ever trusted it.
    expect(told(world)).toBe(
      `True Applied: k3: ${OUT} 2026-12-01T09:00:12Z; k1: ${OUT} 2026-12-01T09:00:20Z${LAST}`,
    );
  });

  test('four are named, the others counted', () => {
    const world = calmWorld();
    world.hands.revoke('a', 'b', 'c', 'd', 'e', 'f');
    world.settle();
    expect(told(world)).toBe(
      `Unknown KidUnknown: Applied: 0 of 6 entries. a, b, c, d and 2 more: ${NO_KEY}`,
    );
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
