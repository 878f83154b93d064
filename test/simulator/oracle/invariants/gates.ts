/** I8: no gate that a status shows moves earlier, as long as the set remembers it. */
import type { KeyStatus } from '../../../../src/core/status.ts';
import type { Scene } from '../scene.ts';
import type { Violation } from '../verdict.ts';

const GATES = ['activatableTime', 'removableTime'] as const;

interface Shown {
  readonly gateMs: number;
  readonly atMs: number;
}

export function gateViolations({ timeline, memory }: Scene): readonly Violation[] {
  const latest = new Map<string, Shown>();
  return timeline.sets.flatMap(({ byHand, status, atMs, change }) => {
    if (byHand) return [];
    const knownMs = memory.knownBeforeMs(change);
    return (status.keys ?? []).flatMap((key) =>
      GATES.flatMap((gate) => {
        const gateMs = timeOf(key, gate);
        if (gateMs === null) return [];
        const name = `${gate} of ${key.kid}`;
        const before = latest.get(name);
        const isEarlier = before !== undefined && gateMs < before.gateMs && knownMs >= before.atMs;
        latest.set(name, { gateMs: Math.max(gateMs, before?.gateMs ?? 0), atMs });
        if (!isEarlier) return [];
        const message = `${name} moves ${before.gateMs - gateMs} ms earlier`;
        return [{ promise: 'I8', atMs, message }];
      }),
    );
  });
}

function timeOf(key: KeyStatus, gate: (typeof GATES)[number]): number | null {
  const time = key[gate];
  return time === undefined ? null : Date.parse(time);
}
