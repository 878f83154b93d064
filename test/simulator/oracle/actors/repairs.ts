/** Keys that sign again, because a recovery knows of no later one. */
import { HAND } from '../../record/history.ts';
import { standingBefore } from '../facts/timeline.ts';
import type { Stint } from './issuers.ts';
import type { Scene } from './scene.ts';

/**
 * One generation may be lost if someone takes the ledger, or the whole signer, before it was
 * copied: the key signs on that signed by the newest copy that is left. No gate opens then.
 * @returns when that key signed before; null if the stint is no such repair
 */
export function repairedFrom({ memory, stints, timeline }: Scene, stint: Stint): Stint | null {
  const { kid, version, startMs } = stint;
  const left = standingBefore(timeline.signer, version.change);
  if (left?.change.author !== HAND) return null;
  const next = timeline.history.changes.find(
    ({ revision, author }) => revision > left.change.revision && author !== HAND,
  );
  const knownMs = memory.knownBeforeMs(next ?? version.change);
  const isBefore = (other: Stint) => !other.byHand && other.startMs < startMs;
  const signing = stints.findLast((other) => isBefore(other) && other.startMs <= knownMs);
  return signing?.kid === kid ? signing : null;
}
