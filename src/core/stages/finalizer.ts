/** The finalizer, which holds a set back until its objects are deleted in order. */
import { FINALIZER } from '../formats/names.ts';
import type { Observed, Step } from '../reading/model.ts';
import type { Situation } from '../reading/situation.ts';
import { step } from './steps.ts';

/** The set has the finalizer exactly while `deletionPolicy` is `Delete`. */
export function finalizerStep(situation: Situation): Step | null {
  const { set, spec } = situation;
  const isThere = set.finalizers.includes(FINALIZER);
  const isWanted = spec.deletionPolicy === 'Delete';
  if (isThere === isWanted || (set.deleting && !isThere)) return null;
  return writeFinalizer(situation, isWanted, `spec.deletionPolicy is ${spec.deletionPolicy}`);
}

/** In a terminating namespace nothing may hold the set back, whatever its spec says. */
export function releaseFinalizer(observed: Observed): Step {
  return writeFinalizer(observed, false, 'the namespace is being deleted');
}

export function writeFinalizer(
  { set }: Pick<Observed, 'set'>,
  present: boolean,
  why: string,
): Step {
  const expects = { uid: set.ref.uid, resourceVersion: set.resourceVersion };
  const message = `The finalizer is ${present ? 'added' : 'removed'}: ${why}`;
  return step({ kind: 'WriteFinalizer', expects, present }, 'Finalizer', message);
}
