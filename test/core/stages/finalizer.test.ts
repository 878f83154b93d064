import { describe, expect, test } from 'vitest';
import { ANNOTATION, FINALIZER } from '../../../src/core/formats/names.ts';
import { finalizerStep, releaseFinalizer } from '../../../src/core/stages/finalizer.ts';
import { FAST_SPEC, SECOND } from '../../support/core-world/fixtures.ts';
import { rotatedWorld, situation } from '../../support/core-world/states.ts';
import { worldWith } from '../../support/core-world/world.ts';

const DYING = { ...FAST_SPEC, deletionPolicy: 'Delete' } as const;

describe('the finalizer is there exactly while a deletion is to be ordered', () => {
  test.each<['Delete' | 'Retain', boolean, boolean, boolean | null]>([
    ['Delete', false, false, true],
    ['Delete', true, false, null],
    ['Retain', true, false, false],
    ['Retain', false, false, null],
    ['Retain', true, true, false],
    // The API server refuses a new finalizer on an object that is being deleted.
    ['Delete', false, true, null],
  ])('%s, present %s, being deleted %s: %s', (deletionPolicy, isThere, deleting, present) => {
    const now = situation(rotatedWorld());
    const set = { ...now.set, deleting, finalizers: isThere ? [FINALIZER] : [] };
    const spec = { ...now.spec, deletionPolicy };
    const step = finalizerStep({ ...now, set, spec });
    expect(step?.write ?? null).toEqual(
      present === null ? null : expect.objectContaining({ kind: 'WriteFinalizer', present }),
    );
  });
});

test('in a namespace that is being deleted it goes, whatever the spec says', () => {
  const world = rotatedWorld(DYING);
  const { write, reason } = releaseFinalizer(world.observe());
  expect(write).toMatchObject({ kind: 'WriteFinalizer', present: false });
  expect(reason.message).toBe('The finalizer is removed: the namespace is being deleted');
});

// Else its deletion hangs until someone removes the finalizer, whatever the spec says.
test.each([
  ['a ledger of a newer format', ANNOTATION.ledger, '{"version":99}'],
  ['a signer of someone else', ANNOTATION.owner, '{"namespace":"a","name":"b","uid":"c"}'],
])(
  'a set that %s has stalled is released once its objects are to be retained',
  (_, name, value) => {
    const world = worldWith(DYING);
    world.runFor(12 * SECOND);
    world.hands.annotateSigner(name, value);
    world.hands.deleteSet();
    world.runFor(60 * SECOND);
    expect(world.api.set?.status?.conditions?.map(({ type }) => type)).toContain('Stalled');
    world.hands.editSpec((spec) => ({ ...spec, deletionPolicy: 'Retain' }));
    const written = world.written.length;
    world.settle();
    expect(world.api.set).toBeNull();
    expect(world.written.slice(written).map(({ step }) => step.write.kind)).toEqual([
      'WriteFinalizer',
    ]);
    expect(world.servedKids).not.toBeNull();
  },
);

describe('in a terminating namespace', () => {
  test.each([
    { name: 'a sound set', spec: DYING },
    { name: 'a set whose spec can no longer be decoded', spec: null },
  ])('the finalizer of $name goes at once and nothing is created', ({ spec }) => {
    const world = worldWith(DYING);
    world.runFor(12 * SECOND);
    world.hands.deleteSet();
    const { set } = world.api;
    world.api.set = set === null ? null : { ...set, spec };
    world.api.namespaceTerminating = true;
    world.hands.deleteJwks();
    world.settle();
    expect(world.api.set).toBeNull();
    expect(world.servedKids).toBeNull();
  });
});
