/**
 * Promise 3: one key signs; during a switch the old and the new. Keys that are being revoked, or
 * that someone put there, are not counted. The invariants say that it is one that verifiers know.
 */
import { revokedMs } from '../actors/issuers.ts';
import type { Scene } from '../actors/scene.ts';
import type { Violation } from '../verdict/verdict.ts';

const SIGNERS_MAX = 2;

export function tooManySigners({ timeline, stints, memory }: Scene): readonly Violation[] {
  const counted = stints.filter(({ byHand }) => !byHand);
  return counted.flatMap(({ startMs }) => {
    // An earlier set of the name had keys of its own.
    const beganMs = memory.beganMs(startMs);
    const signing = counted.filter((other) => {
      return beganMs <= other.startMs && other.startMs <= startMs && startMs < other.signsUntilMs;
    });
    const kids = new Set(signing.map(({ kid }) => kid));
    const unrevoked = [...kids].filter((kid) => revokedMs(timeline, kid) > startMs);
    if (unrevoked.length <= SIGNERS_MAX) return [];
    const message = `${unrevoked.join(', ')} sign at the same time`;
    return [{ promise: 'P3', atMs: startMs, message }];
  });
}
