/**
 * Promise 2: once the time has passed that the status announces, by whoever's clock, no verifier
 * that keeps its D accepts the key. If someone had put the key back, an announcement counts
 * again from when it is out of the JWKS: until then the operator could not know. Nor could anybody
 * ever know if someone took it away again before any operator had done anything. Of a verifier
 * that never forgets no time can be announced: then the status names it as one to restart.
 */
import type { Status } from '../../../../src/core/formats/status.ts';
import { HAND } from '../../record/history.ts';
import type { Scene } from '../actors/scene.ts';
import { fetchable, type PublishedSet } from '../actors/servers.ts';
import type { SetVersion } from '../facts/set-versions.ts';
import { deadlineMs, type Timeline } from '../facts/timeline.ts';
import type { Violation } from '../verdict/verdict.ts';

/** A time in which a kid was served without a gap. */
interface Presence {
  readonly kid: string;
  readonly fromMs: number;
  /** The last instant at which someone may accept the key; Infinity if there is none. */
  readonly trustedUntilMs: number;
  /** It left, but some verifier never forgets it: whatever is announced while it counts is wrong. */
  readonly isKept: boolean;
  /** Only what was announced from here on can have known of it. */
  readonly toldFromMs: number;
}

const NEVER = Number.POSITIVE_INFINITY;
const LONG_AGO = Number.NEGATIVE_INFINITY;
const LATEST = [
  { serverShare: 1, cacheShare: 1 },
  { serverShare: 1, cacheShare: 'as served' },
] as const;

export function trustedTooLong(scene: Scene): readonly Violation[] {
  const { timeline } = scene;
  return [
    ...brokenAnnouncements(scene),
    ...timeline.sets.flatMap(untoldRestarts),
    ...timeline.sets.flatMap((set) => shortAnnouncements(timeline, set)),
  ];
}

function brokenAnnouncements(scene: Scene): readonly Violation[] {
  const { timeline } = scene;
  const told = timeline.sets.map((set, index) => ({
    set,
    nextMs: timeline.sets[index + 1]?.atMs ?? NEVER,
    announcements: set.byHand || !set.exists ? [] : announced(set.status),
  }));
  return presencesOf(scene).flatMap((presence) => {
    for (const { set, nextMs, announcements } of told) {
      const announcement = announcements.find(({ kid }) => kid === presence.kid);
      if (announcement === undefined) continue;
      const violation = broken(timeline, set, nextMs, announcement.atMs, presence);
      if (violation !== null) return [violation];
    }
    return [];
  });
}

/** What an operator writes about a key that it saw leave, by the spec of that moment. */
function untoldRestarts(set: SetVersion): Violation[] {
  if (!isStatusOfOperator(set)) return [];
  const forgetless = set.verifiers.filter(({ behaviour }) => behaviour.trustsMs === NEVER);
  const removed = (set.status.keys ?? []).filter(({ removedTime }) => removedTime !== undefined);
  return removed.flatMap(({ kid, distrustedByTime, restartRequired = [] }) => {
    const untold = forgetless.filter(({ name }) => !restartRequired.includes(name));
    if (distrustedByTime !== undefined || untold.length === 0) return [];
    const names = untold.map(({ name }) => name).join(', ');
    return [
      {
        promise: 'P2',
        atMs: set.atMs,
        message: `the status does not say that ${names} must forget ${kid}`,
      },
    ];
  });
}

/**
 * A status is computed from the spec that it is written beside. So while a trust still runs, it may not be shown
 * shorter than that spec says: P + H + D + S after the removal.
 */
function shortAnnouncements({ terms }: Timeline, set: SetVersion): Violation[] {
  const declared = terms.declaredAt(set.atMs);
  if (!isStatusOfOperator(set) || declared === null) return [];
  const { publicationDelayMs, sharedCacheTtlMs, verifierTrustMs, clockSkewMs } = declared;
  const trustMs = publicationDelayMs + sharedCacheTtlMs + (verifierTrustMs ?? 0) + clockSkewMs;
  return announced(set.status).flatMap(({ kid, atMs, removedMs }) => {
    // Over by the operator's clock, or that of a key that was never published.
    const isOver = atMs <= set.atMs + clockSkewMs || atMs <= removedMs;
    // Both are shown in whole seconds.
    if (isOver || atMs > removedMs + trustMs - 1000) return [];
    const short = removedMs + trustMs - atMs;
    const message = `the trust in ${kid} is announced ${short} ms shorter than the spec says`;
    return [{ promise: 'P2', atMs: set.atMs, message }];
  });
}

function isStatusOfOperator({ byHand, exists, change: { before, after } }: SetVersion): boolean {
  const isWritten = JSON.stringify(before?.['status']) !== JSON.stringify(after?.['status']);
  return !byHand && exists && isWritten;
}

interface Announcement {
  readonly kid: string;
  readonly atMs: number;
  readonly removedMs: number;
}

function announced({ keys }: Status): readonly Announcement[] {
  return (keys ?? []).flatMap(({ kid, removedTime, distrustedByTime }) => {
    if (distrustedByTime === undefined) return [];
    const removedMs = Date.parse(removedTime ?? distrustedByTime);
    return [{ kid, atMs: Date.parse(distrustedByTime), removedMs }];
  });
}

function broken(
  { terms, history }: Timeline,
  set: SetVersion,
  nextMs: number,
  announcedMs: number,
  { kid, fromMs, trustedUntilMs, isKept, toldFromMs }: Presence,
): Violation | null {
  if (set.atMs < toldFromMs) return null;
  const soonestMs = announcedMs - terms.at('clockSkewMs', announcedMs) / 2;
  const isWrongAtOnce = isKept && terms.at('verifierTrustMs', set.atMs) === NEVER;
  const atMs = Math.max(set.atMs, isWrongAtOnce ? fromMs : soonestMs, fromMs);
  if (atMs >= Math.min(nextMs, trustedUntilMs, history.endMs)) return null;
  const until =
    trustedUntilMs === NEVER ? 'for ever' : `${Math.round(trustedUntilMs - atMs)} ms longer`;
  const message = `${kid} was announced to be distrusted by then, but is trusted ${until}`;
  return { promise: 'P2', atMs, message };
}

function presencesOf({ timeline, published }: Scene): readonly Presence[] {
  const kids = new Set(published.flatMap(({ keys }) => [...keys.keys()]));
  return [...kids].flatMap((kid) => {
    const presences: Presence[] = [];
    let first: PublishedSet | null = null;
    for (const [index, set] of published.entries()) {
      if (!set.keys.has(kid)) continue;
      first ??= set;
      const next = published[index + 1];
      if (next?.keys.has(kid) === true) continue;
      presences.push(presenceOf(timeline, kid, first, set, next?.byHand === true));
      first = null;
    }
    return presences;
  });
}

function presenceOf(
  timeline: Timeline,
  kid: string,
  first: PublishedSet,
  last: PublishedSet,
  isEndedByHand: boolean,
): Presence {
  const { terms } = timeline;
  const lastMs = Math.max(...LATEST.map((route) => fetchable(timeline, last, route).lastMs));
  const trustedMs = terms.passedMs(lastMs, ['verifierTrustMs', 1]);
  const heldMs = Math.max(trustedMs, lastMs + last.ages.maxAgeMs);
  const graceMs = isEndedByHand ? deadlineMs(timeline, last.untilMs) : 0;
  return {
    kid,
    fromMs: first.fromMs,
    trustedUntilMs: Math.min(heldMs, last.forgottenMs),
    isKept: last.untilMs < NEVER && heldMs === NEVER,
    toldFromMs: toldFromMs(timeline, kid, first, last.untilMs + graceMs),
  };
}

function toldFromMs(timeline: Timeline, kid: string, first: PublishedSet, outMs: number): number {
  if (!first.byHand) return LONG_AGO;
  return isGoneUnseen(timeline, kid, first) ? NEVER : outMs;
}

/** A server keeps what it has. For one that starts later, a garbled JWKS is as good as none. */
function isGoneUnseen({ jwks, history }: Timeline, kid: string, first: PublishedSet): boolean {
  const { revision: fromRevision } = first.version.change;
  const taken = jwks.find(({ change, keys }) => {
    return change.revision > fromRevision && keys?.has(kid) !== true;
  });
  if (taken?.byHand !== true) return false;
  const { revision: untilRevision } = taken.change;
  return !history.changes.some(({ author, resource, revision }) => {
    // Who renews a lease has not looked at the set for that.
    if (author === HAND || resource === 'leases') return false;
    return revision > fromRevision && revision < untilRevision;
  });
}
