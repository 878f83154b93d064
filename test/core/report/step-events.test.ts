import { describe, expect, test } from 'vitest';
import { ANNOTATION, REQUEST } from '../../../src/core/formats/names.ts';
import { FAST_SPEC } from '../../support/core-world/fixtures.ts';
import { rotatedWorld } from '../../support/core-world/states.ts';
import { type World, worldWith } from '../../support/core-world/world.ts';

describe('the events of steps', () => {
  test('report an adoption from elsewhere, and that another operator may still be at work there', () => {
    const world = rotatedWorld();
    const uid = world.api.set?.ref.uid ?? '';
    world.hands.deleteSet();
    world.hands.createSet(FAST_SPEC, { [REQUEST.adopt]: uid }, 'moved');
    world.settle();
    const events = world.written.flatMap(({ step }) => step.events);
    const adopted = events.filter(({ reason }) => reason === 'KeysAdopted');
    expect(adopted).toHaveLength(1);
    expect(adopted[0]?.message).toContain('The Secrets of its single keys are not adopted');
    expect(world.api.jwks?.meta.annotations[ANNOTATION.owner]).toContain('"moved"');
  });

  test('do not speak of key Secrets that stay, if the adopted set has the same name', () => {
    const world = rotatedWorld();
    const owner = '{"namespace":"elsewhere","name":"payments","uid":"c"}';
    world.hands.annotate(REQUEST.adopt, 'c');
    world.hands.annotateSigner(ANNOTATION.owner, owner);
    world.hands.annotateSigner(ANNOTATION.ledger, null);
    world.settle();
    const events = world.written.flatMap(({ step }) => step.events);
    const [adopted] = events.filter(({ reason }) => reason === 'KeysAdopted');
    expect(adopted?.message).toMatch(/^This set adopts the keys of the set elsewhere\/payments /);
    expect(adopted?.message).not.toContain('not adopted');
  });

  test('report that the first key signs', () => {
    const world = worldWith(FAST_SPEC);
    world.settle();
    const events = world.written.flatMap(({ step }) => step.events.map(({ reason }) => reason));
    expect(events).toEqual(['KeyActivated', 'KeyPending']);
  });
});

/** The write and the events of each step since `from`, as `WriteJwks: LedgerLost KeyRevoked`. */
function eventsSince(world: World, from: number): readonly string[] {
  return world.written
    .slice(from)
    .map(({ step }) => ({ kind: step.write.kind, events: step.events }))
    .filter(({ events }) => events.length > 0)
    .map(({ kind, events }) => `${kind}: ${events.map(({ reason }) => reason).join(' ')}`);
}

test('a recovery reports what a revocation barred meanwhile with its first write, the JWKS', () => {
  const world = rotatedWorld();
  const from = world.written.length;
  world.hands.annotateSigner(ANNOTATION.ledger, null);
  world.hands.revoke('k1');
  while (world.written.length < from + 3 && world.runPass().wrote);
  expect(eventsSince(world, from).slice(0, 2)).toEqual([
    'WriteJwks: LedgerLost KeyRevoked',
    'WriteSigner: LedgerRecovered',
  ]);
});

test('a new set of the same name adopts without an event: it has no other operator', () => {
  const world = rotatedWorld();
  world.hands.deleteSet();
  const from = world.written.length;
  world.hands.createSet(FAST_SPEC);
  world.settle();
  expect(eventsSince(world, from).join()).not.toContain('KeysAdopted');
});
