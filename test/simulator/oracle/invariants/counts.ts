/**
 * A right end can hide damage on the way: one key waits at a time, and no private key is destroyed
 * while its public half is served or its tokens live.
 */

import { livesUntilMs, revokedMs } from '../actors/issuers.ts';
import type { Scene } from '../actors/scene.ts';
import { kindOf } from '../facts/public-keys.ts';
import { standingBefore } from '../facts/timeline.ts';
import type { Violation } from '../verdict/verdict.ts';

export function countViolations(scene: Scene): readonly Violation[] {
  return [...crowds(scene), ...destroyedTooSoon(scene)];
}

/**
 * More than one key of one kind that waits to sign, except those that someone else had a part in. What was
 * published before every copy of the ledger was lost waits for its end: it may have signed.
 */
function crowds({ timeline, stints, memory }: Scene): readonly Violation[] {
  const isOfLostBook = (kid: string, atMs: number) => {
    const shownMs = timeline.jwks.find(({ keys }) => keys?.has(kid) === true)?.atMs ?? atMs;
    return memory.wipes.some((wipedMs) => shownMs < wipedMs && wipedMs <= atMs);
  };
  const touched = new Set(
    timeline.keySecrets.flatMap(({ byHand, facts }) =>
      byHand && facts !== null ? [facts.kid] : [],
    ),
  );
  const created = new Set(timeline.keySecrets.flatMap(({ facts }) => facts?.kid ?? []));
  return timeline.jwks.flatMap(({ byHand, keys, atMs }) => {
    if (byHand || keys === null) return [];
    const waiting = [...keys].filter(([kid]) => {
      const hasSigned = stints.some((stint) => stint.kid === kid && stint.startMs <= atMs);
      const isOwn = created.has(kid) && !touched.has(kid);
      const waits = isOwn && !hasSigned && revokedMs(timeline, kid) > atMs;
      return waits && !isOfLostBook(kid, atMs);
    });
    const kinds = waiting.map(([, key]) => kindOf(key));
    if (new Set(kinds).size === kinds.length) return [];
    const message = `${waiting.map(([kid]) => kid).join(' and ')} wait at the same time`;
    return [{ promise: 'Counts', atMs, message }];
  });
}

function destroyedTooSoon({ timeline, stints }: Scene): readonly Violation[] {
  return timeline.keySecrets.flatMap(({ change, byHand, facts, isCopy, atMs }) => {
    if (byHand || isCopy || change.after !== null || facts === null) return [];
    const { kid } = facts;
    const jwks = standingBefore(timeline.jwks, change);
    const isServed = jwks?.byHand === false && jwks.keys?.has(kid) === true;
    const isLive = livesUntilMs(timeline, stints, kid, atMs) > atMs;
    if (!isServed && !isLive) return [];
    const why = isServed ? 'is in the JWKS' : 'has tokens that live';
    return [{ promise: 'Counts', atMs, message: `${change.author} destroys ${kid}, which ${why}` }];
  });
}
