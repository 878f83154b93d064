/**
 * What JWKS servers show, and what caches in front of them still hold. A server shows a ConfigMap
 * somewhere between at once and P after the commit; if it is gone or holds no good set, it goes
 * on with the last good one, until the set itself is gone. A cache may hold what a server showed for another H.
 */
import type { Keys, ServedAges } from '../facts/documents.ts';
import type { Memory } from '../facts/memory.ts';
import type { JwksVersion, Timeline } from '../facts/timeline.ts';

/** A good set, from its commit until that of the next good one. */
export interface PublishedSet {
  readonly version: JwksVersion;
  readonly keys: Keys;
  readonly fromMs: number;
  readonly untilMs: number;
  /** Put there by someone else; `base` is then what the last operator's set held. */
  readonly byHand: boolean;
  readonly base: Keys | null;
  /** What the server tells caches and verifiers; an operator's last word, if someone changed it. */
  readonly ages: ServedAges;
  /** When nothing was left of the set, and nobody had waited: nobody counts as its verifier then. */
  readonly forgottenMs: number;
}

const NEVER = Number.POSITIVE_INFINITY;

export function publishedSets(timeline: Timeline, memory: Memory): readonly PublishedSet[] {
  const sets: PublishedSet[] = [];
  let base: Keys | null = null;
  let ages: ServedAges = { maxAgeMs: 0, sharedMaxAgeMs: 0 };
  for (const version of timeline.jwks) {
    const { keys, atMs: fromMs, byHand } = version;
    const last = sets.at(-1);
    if (keys === null) {
      if (last !== undefined && isForGood(timeline, memory, version)) {
        sets[sets.length - 1] = { ...last, untilMs: Math.min(last.untilMs, fromMs) };
      }
      continue;
    }
    if (!byHand) {
      base = keys;
      ages = version.ages ?? ages;
    }
    const isSame = last !== undefined && sameKeys(last.keys, keys) && sameAges(last.ages, ages);
    // What an operator writes again is its own.
    const isGone = last !== undefined && last.untilMs < NEVER;
    if (isSame && !isGone && last.forgottenMs > fromMs && (byHand || !last.byHand)) continue;
    if (last !== undefined && !isGone) sets[sets.length - 1] = { ...last, untilMs: fromMs };
    const forgottenMs = memory.abruptEnds.find((endMs) => endMs > fromMs) ?? NEVER;
    sets.push({ version, keys, fromMs, untilMs: NEVER, byHand, base, ages, forgottenMs });
  }
  return sets;
}

/** The ConfigMap is gone, and did not come back before the end of the set: servers drop it, too. */
function isForGood({ jwks }: Timeline, { ends }: Memory, { atMs, change }: JwksVersion): boolean {
  const endMs = ends.find((each) => each >= atMs);
  if (change.after !== null || endMs === undefined) return false;
  const next = jwks.find((other) => other.change.revision > change.revision);
  return next === undefined || next.atMs >= endMs;
}

function sameAges(a: ServedAges, b: ServedAges): boolean {
  return a.maxAgeMs === b.maxAgeMs && a.sharedMaxAgeMs === b.sharedMaxAgeMs;
}

function sameKeys(a: Keys, b: Keys): boolean {
  return a.size === b.size && [...a].every(([kid, key]) => b.get(kid) === key);
}

/** The way from the ConfigMap to a verifier, by shares of the terms that it may take. */
export interface Route {
  /** Of P: how late the server is. */
  readonly serverShare: number;
  /** Of H: how long the cache in front of it holds; or as long as the server says. */
  readonly cacheShare: number | 'as served';
}

export const ROUTES: readonly Route[] = [0, 0.5, 1].flatMap((serverShare) =>
  [0, 1].map((cacheShare) => ({ serverShare, cacheShare })),
);

/** Behind caches that do what the server's `Cache-Control` says. */
export const OBEDIENT_ROUTES: readonly Route[] = [0, 1].map((serverShare) => ({
  serverShare,
  cacheShare: 'as served',
}));

/** When a verifier can first fetch a set, and when it can last fetch it. */
export function fetchable(
  { terms }: Timeline,
  { fromMs, untilMs, ages }: Pick<PublishedSet, 'fromMs' | 'untilMs' | 'ages'>,
  { serverShare, cacheShare }: Route,
): { readonly firstMs: number; readonly lastMs: number } {
  const share = ['publicationDelayMs', serverShare] as const;
  const firstMs = terms.passedMs(fromMs, share);
  const hiddenMs = terms.passedMs(untilMs, share);
  if (cacheShare === 'as served') return { firstMs, lastMs: hiddenMs + ages.sharedMaxAgeMs };
  return { firstMs, lastMs: terms.passedMs(hiddenMs, ['sharedCacheTtlMs', cacheShare]) };
}
