import { expect, test } from 'vitest';
import { FINALIZER } from '../../../src/core/formats/names.ts';
import type { Spec } from '../../../src/core/formats/spec.ts';
import { finalizerStep, releaseFinalizer } from '../../../src/core/stages/finalizer.ts';
import { FAST_SPEC } from '../../support/core-world/fixtures.ts';
import { rotatedWorld, situation } from '../../support/core-world/states.ts';

/** A set as it is stored: with or without the finalizer, alive or being deleted. */
function observedWith(policy: Spec['deletionPolicy'], isHeld: boolean, deleting: boolean) {
  const world = rotatedWorld({ ...FAST_SPEC, deletionPolicy: policy });
  const observed = world.observe();
  const finalizers = isHeld ? ['example.com/other', FINALIZER] : ['example.com/other'];
  const changed = { ...observed, set: { ...observed.set, finalizers, deleting } };
  return { world, observed: changed };
}

test.each<[Spec['deletionPolicy'], boolean, boolean, boolean | null]>([
  ['Delete', false, false, true],
  ['Delete', true, false, null],
  ['Retain', true, false, false],
  ['Retain', false, false, null],
  // Nobody can add a finalizer to what is being deleted.
  ['Delete', false, true, null],
  ['Retain', true, true, false],
])('under %s, with the finalizer: %s, being deleted: %s, it is written: %s', (...row) => {
  const [policy, isHeld, deleting, present] = row;
  const { world, observed } = observedWith(policy, isHeld, deleting);
  const step = finalizerStep(situation(world, observed));
  const { uid } = observed.set.ref;
  const expects = { uid, resourceVersion: observed.set.resourceVersion };
  expect(step?.write ?? null).toEqual(
    present === null ? null : { kind: 'WriteFinalizer', expects, present },
  );
});

test('in a namespace that is being deleted it goes, whatever the spec says', () => {
  const { observed } = observedWith('Delete', true, true);
  const { write, reason } = releaseFinalizer(observed);
  expect(write).toMatchObject({ kind: 'WriteFinalizer', present: false });
  expect(reason.message).toBe('The finalizer is removed: the namespace is being deleted');
});
