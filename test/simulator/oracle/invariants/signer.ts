/**
 * I1: what an operator has sign is one well-formed key, and it is in the JWKS. I2: it has been in
 * every JWKS for P + H + C, but for the first key and one that a revocation calls at once. What the set
 * had declared by the time of the reading counts, as if it had always been so: whoever raises a term
 * says how verifiers behave, not that they begin to.
 */
import type { Stint } from '../actors/issuers.ts';
import { repairedFrom } from '../actors/repairs.ts';
import type { Scene } from '../actors/scene.ts';
import {
  deadlineMs,
  type JwksVersion,
  judgedOnMs,
  standingBefore,
  type Timeline,
} from '../facts/timeline.ts';
import type { Violation } from '../verdict/verdict.ts';

const LEAD = ['publicationDelayMs', 'sharedCacheTtlMs', 'verifierCacheTtlMs'] as const;

export function signerViolations(scene: Scene): readonly Violation[] {
  return [...malformed(scene), ...unpublished(scene), ...tooSoon(scene)];
}

function malformed({ timeline }: Scene): readonly Violation[] {
  return timeline.signer.flatMap(({ facts, byHand, atMs }) => {
    if (byHand || facts?.kind !== 'Malformed') return [];
    return [{ promise: 'I1', atMs, message: 'the signer Secret holds no well-formed key' }];
  });
}

function unpublished(scene: Scene): readonly Violation[] {
  return chosen(scene).flatMap((stint) => {
    const { kid, version, startMs: atMs } = stint;
    const jwks = standingBefore(scene.timeline.jwks, version.change);
    if (jwks?.keys?.get(kid) === stint.key) return [];
    if (jwks !== null && isTaken(scene, jwks, stint)) return [];
    return [{ promise: 'I1', atMs, message: `${kid} signs and is not in the JWKS` }];
  });
}

function tooSoon(scene: Scene): readonly Violation[] {
  const { jwks } = scene.timeline;
  return chosen(scene).flatMap((stint) => {
    const { kid, startMs: atMs } = stint;
    const isRepair = stint.activatedMs < atMs;
    if (isRepair || repairedFrom(scene, stint) !== null) return [];
    if (isFirst(scene, stint)) return [];
    const beganMs = scene.memory.beganMs(atMs);
    return jwks.flatMap((version, index): readonly Violation[] => {
      const untilMs = jwks[index + 1]?.atMs ?? Number.POSITIVE_INFINITY;
      if (version.atMs < beganMs || version.atMs > atMs) return [];
      if (version.atMs <= stint.unknownUntilMs) return [];
      if (version.keys?.get(kid) === stint.key || isTaken(scene, version, stint)) return [];
      const openMs = knownFromMs(scene.timeline, untilMs, stint);
      if (openMs <= atMs) return [];
      const early = openMs === Number.POSITIVE_INFINITY ? '' : ` ${openMs - atMs} ms`;
      const { revision } = version.change;
      const message = `${kid} signs${early} too soon after the JWKS of revision ${revision} without it`;
      return [{ promise: 'I2', atMs, message }];
    });
  });
}

/** When all verifiers know what the JWKS has shown since then. */
function knownFromMs(timeline: Timeline, sinceMs: number, { version }: Stint): number {
  const { terms } = timeline;
  const shownMs = terms.passedMs(sinceMs, ['publicationDelayMs', 1]);
  const cachedMs = terms.passedMs(shownMs, ['sharedCacheTtlMs', 1]);
  const passedMs = terms.passedMs(cachedMs, ['verifierCacheTtlMs', 1]);
  const readMs = judgedOnMs(timeline, version.change);
  if (readMs === null || readMs <= sinceMs) return passedMs;
  const leadMs = LEAD.reduce((sumMs, name) => sumMs + terms.at(name, readMs), 0);
  return Math.max(passedMs, sinceMs + leadMs);
}

/** Stints that an operator's own write began. */
function chosen({ stints }: Scene): readonly Stint[] {
  return stints.filter(({ byHand, version, startMs }) => {
    return !byHand && !version.byHand && version.atMs === startMs;
  });
}

/** No other key was ever in the JWKS or in the signer Secret of this set. */
function isFirst({ timeline, stints, memory }: Scene, { kid, startMs }: Stint): boolean {
  const beganMs = memory.beganMs(startMs);
  const isBefore = (atMs: number) => beganMs <= atMs && atMs <= startMs;
  const published = timeline.jwks.filter(({ atMs }) => isBefore(atMs));
  const signed = stints.filter((stint) => isBefore(stint.startMs));
  const kids = [
    ...published.flatMap(({ keys }) => [...(keys?.keys() ?? [])]),
    ...signed.map((stint) => stint.kid),
  ];
  return kids.every((other) => other === kid);
}

/**
 * Someone took the key out, or the whole ConfigMap away, too late for an operator to see it before
 * the key was activated, and this operator has not written the JWKS since: another one's repair it
 * need not have seen either.
 */
function isTaken(
  { timeline }: Scene,
  jwks: JwksVersion,
  { kid, key, activatedMs, version }: Stint,
): boolean {
  if (!jwks.byHand || jwks.atMs <= activatedMs - deadlineMs(timeline, activatedMs)) return false;
  const own = timeline.jwks.filter(({ byHand, keys }) => !byHand && keys !== null);
  const base = own.findLast(({ change }) => change.revision < jwks.change.revision);
  const { author } = version.change;
  const isPutRight = own.some(({ atMs, change }) => {
    return change.author === author && atMs > jwks.atMs && atMs < activatedMs;
  });
  return base?.keys?.get(kid) === key && !isPutRight;
}
