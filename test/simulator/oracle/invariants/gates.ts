/**
 * I8: no gate that a status shows moves earlier, as long as the set remembers it. If someone
 * made a wait start again, it is the later wait that counts. Its time is by a clock that may be S
 * behind that of the time before, and `Date` has whole seconds: so much earlier it may show.
 */
import type { KeyStatus } from '../../../../src/core/formats/status.ts';
import { HAND } from '../../record/history.ts';
import type { Scene } from '../actors/scene.ts';
import type { Memory } from '../facts/memory.ts';
import type { SetVersion } from '../facts/set-versions.ts';
import { deadlineMs, type Timeline } from '../facts/timeline.ts';
import type { Violation } from '../verdict/verdict.ts';

const GATES = ['activatableTime', 'removableTime'] as const;
/** A `Date` header has whole seconds. */
const DATE_RESOLUTION_MS = 1000;

interface Shown {
  /** The latest that was shown. */
  readonly gateMs: number;
  /** When that was shown first. */
  readonly sinceMs: number;
  /** When any was shown last. */
  readonly atMs: number;
}

export function gateViolations({ timeline, memory }: Scene): readonly Violation[] {
  const latest = new Map<string, Shown>();
  return timeline.sets.flatMap((set) => {
    if (set.byHand) return [];
    const { atMs } = set;
    const knownMs = memory.knownBeforeMs(set.change);
    return (set.status.keys ?? []).flatMap((key) =>
      GATES.flatMap((gate) => {
        const gateMs = timeOf(key, gate);
        if (gateMs === null) return [];
        const name = `${gate} of ${key.kid}`;
        const shown = latest.get(name);
        const isKnown =
          shown !== undefined && knownMs >= shown.atMs && !isWiped(memory, shown, atMs);
        const before = isKnown ? shown : null;
        const isLatest = before === null || gateMs > before.gateMs;
        latest.set(name, isLatest ? { gateMs, sinceMs: atMs, atMs } : { ...before, atMs });
        if (before === null || gateMs >= before.gateMs - toleratedMs(timeline, set, before))
          return [];
        const message = `${name} moves ${before.gateMs - gateMs} ms earlier`;
        return [{ promise: 'I8', atMs, message }];
      }),
    );
  });
}

/** Whether the last copy was taken since: the largest of terms that were lowered is forgotten with it. */
function isWiped({ wipes }: Memory, shown: Shown, atMs: number): boolean {
  return wipes.some((wipedMs) => wipedMs > shown.atMs && wipedMs <= atMs);
}

/** What an operator showed may have been read before someone changed it: that far back it counts. */
function toleratedMs(timeline: Timeline, { atMs }: SetVersion, { sinceMs }: Shown): number {
  const { terms, jwks, signer, sets, keySecrets } = timeline;
  const fromMs = sinceMs - deadlineMs(timeline, sinceMs);
  const isAnew = [...jwks, ...signer, ...sets, ...keySecrets].some(
    ({ change }) => change.author === HAND && change.atMs >= fromMs && change.atMs <= atMs,
  );
  return isAnew ? terms.at('clockSkewMs', atMs) + DATE_RESOLUTION_MS : 0;
}

function timeOf(key: KeyStatus, gate: (typeof GATES)[number]): number | null {
  const time = key[gate];
  return time === undefined ? null : Date.parse(time);
}
