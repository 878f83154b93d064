import { expect, test } from 'vitest';
import { namedKids, revocationFates } from '../../../src/core/report/revocation-fates.ts';
import { FAST_SPEC, SECOND } from '../../support/core-world/fixtures.ts';
import { ledgerOf, situation } from '../../support/core-world/states.ts';
import { worldWith } from '../../support/core-world/world.ts';

test('each entry has a fate of its own, in the order of the spec', () => {
  const world = worldWith({
    ...FAST_SPEC,
    rotation: { ...FAST_SPEC.rotation, intervalMs: 600_000 },
  });
  world.runFor(12 * SECOND);
  world.hands.revoke('k1');
  world.settle();
  world.hands.revoke('typo', 'k2');
  expect(revocationFates(situation(world), ledgerOf(world))).toEqual([
    {
      kind: 'Removed',
      kid: 'k1',
      trustMs: 8 * SECOND,
      distrustedByMs: Date.UTC(2026, 11, 1, 9, 0, 20),
    },
    { kind: 'Unmatched', kid: 'typo' },
    {
      kind: 'Applying',
      kid: 'k2',
      holders: ['ConfigMap payments-jwks', 'Secret payments-signer', 'Secret payments-key-2'],
    },
  ]);
});

test.each([
  [['a'], 'a'],
  [['a', 'b', 'c', 'd'], 'a, b, c, d'],
  [['a', 'b', 'c', 'd', 'e', 'f'], 'a, b, c, d and 2 more'],
])('%j are named %s', (kids, expected) => {
  expect(namedKids(kids)).toBe(expected);
});
