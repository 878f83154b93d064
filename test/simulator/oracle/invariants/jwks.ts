/**
 * I3 and I7: a write of an operator takes no key out of the JWKS that some verifier must still
 * accept a token of, and leaves it neither empty nor unreadable. Only an ordered deletion takes
 * the ConfigMap away. The operator must put back what someone had taken out before.
 */

import { livesUntilMs } from '../actors/issuers.ts';
import type { Scene } from '../actors/scene.ts';
import type { Keys } from '../facts/documents.ts';
import { deadlineMs, type JwksVersion, standingAt, type Timeline } from '../facts/timeline.ts';
import type { Violation } from '../verdict/verdict.ts';

export function jwksViolations(scene: Scene): readonly Violation[] {
  let own: Keys | null = null;
  return scene.timeline.jwks.flatMap((version, index) => {
    if (version.byHand) return [];
    const before = scene.timeline.jwks[index - 1]?.keys ?? null;
    const kids = new Set([...(own?.keys() ?? []), ...(before?.keys() ?? [])]);
    own = version.keys ?? own;
    const lost = [...kids].filter((kid) => version.keys?.has(kid) !== true);
    return [...emptied(scene.timeline, version), ...lostTooSoon(scene, version, lost)];
  });
}

function emptied(timeline: Timeline, { atMs, change, keys }: JwksVersion): readonly Violation[] {
  if (keys !== null) return [];
  if (change.after === null && isOrderedDeletion(timeline, atMs)) return [];
  const what = change.after === null ? 'deleted' : 'left without a good set';
  return [{ promise: 'I7', atMs, message: `the JWKS is ${what} by ${change.author}` }];
}

/** Even if someone ended it a moment ago. */
function isOrderedDeletion(timeline: Timeline, atMs: number): boolean {
  const sinceMs = atMs - deadlineMs(timeline, atMs);
  const recent = timeline.sets.filter((set) => sinceMs <= set.atMs && set.atMs <= atMs);
  return [standingAt(timeline.sets, sinceMs), ...recent].some(
    (set) => set?.exists === true && set.deleting && set.spec?.deletes === true,
  );
}

function lostTooSoon(
  { timeline, stints }: Scene,
  { atMs, change }: JwksVersion,
  kids: readonly string[],
): readonly Violation[] {
  return kids.flatMap((kid) => {
    const untilMs = livesUntilMs(timeline, stints, kid, atMs);
    if (untilMs <= atMs) return [];
    const left =
      untilMs === Number.POSITIVE_INFINITY
        ? 'while it signs'
        : `${untilMs - atMs} ms before its last token expires`;
    return [
      { promise: 'I3', atMs, message: `${change.author} takes ${kid} out of the JWKS ${left}` },
    ];
  });
}
