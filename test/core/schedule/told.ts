/** A transition in a few words, for the tables of this folder. */
import type { Transition } from '../../../src/core/reading/model.ts';
import { SECOND } from '../../support/core-world/fixtures.ts';
import { START_MS } from '../../support/core-world/world.ts';

/** Such as `Activate k3 60s: RotationDue`, in seconds since the set was created. */
export function told(transition: Transition | null): string {
  if (transition === null) return 'nothing';
  const { action, key, when, waitingFor } = transition;
  const words = { Unknown: 'some day', AtOnce: 'at once' };
  const at = 'atMs' in when ? `${(when.atMs - START_MS) / SECOND}s` : words[when.kind];
  return `${action} ${key?.kid ?? 'a key'} ${at}: ${waitingFor}`;
}
