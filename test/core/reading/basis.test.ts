import { expect, test } from 'vitest';
import { REQUEST } from '../../../src/core/formats/names.ts';
import { basisOf } from '../../../src/core/reading/basis.ts';
import type { Observed } from '../../../src/core/reading/model.ts';
import { FAST_SPEC } from '../../support/core-world/fixtures.ts';
import { rotatedWorld } from '../../support/core-world/states.ts';
import { type World, worldWith } from '../../support/core-world/world.ts';

/** The parts of a basis that differ between two readings of a world, before and after. */
function changedBy(world: World, disturb: (world: World) => void): readonly string[] {
  const before = basisOf(world.observe());
  disturb(world);
  const after = basisOf(world.observe());
  return Object.entries(after)
    .filter(([name, value]) => before[name as keyof typeof before] !== value)
    .map(([name]) => name);
}

test.each<[string, (world: World) => void, readonly string[]]>([
  ['nothing', () => undefined, []],
  ['the signer', ({ hands }) => hands.annotateSigner('a', 'b'), ['signer']],
  ['the JWKS', ({ hands }) => hands.editJwksMeta((meta) => meta), ['jwks']],
  ['the spec', ({ hands }) => hands.editSpec((spec) => spec), ['set']],
  ['a request', ({ hands }) => hands.annotate(REQUEST.rotate, 'a'), ['set']],
  ['a request that is withdrawn', ({ hands }) => hands.annotate(REQUEST.rollback, null), []],
  ['another annotation', ({ hands }) => hands.annotate('example.com/team', 'a'), []],
  ['the status', ({ hands }) => hands.wipeStatus(), []],
  // The ledger decides, as long as there is one.
  ['a key Secret', ({ hands }) => hands.deleteKeySecret(1), []],
])('it changes with what the step depends on: %s', (_, disturb, expected) => {
  expect(changedBy(rotatedWorld(), disturb)).toEqual(expected);
});

test('without a signer the key Secrets count: another Secret is another first key', () => {
  const world = worldWith(FAST_SPEC);
  world.runPass();
  const first = basisOf(world.observe()).keySecrets;
  const secret = world.hands.keySecret(1);
  world.hands.deleteKeySecret(1);
  world.hands.restoreKeySecret({ ...secret, meta: { ...secret.meta, uid: 'another' } });
  const second = basisOf(world.observe()).keySecrets;
  expect(first).toBeTruthy();
  expect(second).not.toBe(first);
});

test('an adopted set that comes back to life changes it', () => {
  const observed = rotatedWorld().observe();
  const alive: Observed = { ...observed, set: { ...observed.set, livingAdoptee: 'uid-9' } };
  expect(basisOf(alive).set).not.toBe(basisOf(observed).set);
});

test.each([
  ['ahead of', 700, 0],
  ['behind', -700, -700],
])('a clock that is %s the API server’s: the earlier of the two judges', (_, skewMs, early) => {
  const world = rotatedWorld();
  expect(basisOf(world.observe(skewMs)).judgedMs).toBe(world.nowMs + early);
});
