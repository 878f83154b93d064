/**
 * What JWKS servers show, and what caches in front of them still hold. A server shows a ConfigMap
 * somewhere between at once and P after the commit; if it is gone or holds no good set, it goes
 * on with the last good one. A cache may hold what a server showed for another H.
 */
import type { Keys } from '../facts/documents.ts';
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
  /** When nothing was left of the set, so that nobody counts as its verifier any more. */
  readonly forgottenMs: number;
}

const NEVER = Number.POSITIVE_INFINITY;

export function publishedSets(timeline: Timeline, { ends }: Memory): readonly PublishedSet[] {
  const sets: PublishedSet[] = [];
  let base: Keys | null = null;
  for (const version of timeline.jwks) {
    const { keys, atMs: fromMs, byHand } = version;
    if (keys === null) continue;
    const last = sets.at(-1);
    const isSame = last !== undefined && sameKeys(last.keys, keys);
    if (!byHand) base = keys;
    // What an operator writes again is its own.
    if (isSame && last.forgottenMs > fromMs && (byHand || !last.byHand)) continue;
    if (last !== undefined) sets[sets.length - 1] = { ...last, untilMs: fromMs };
    const forgottenMs = ends.find((endMs) => endMs > fromMs) ?? NEVER;
    sets.push({ version, keys, fromMs, untilMs: NEVER, byHand, base, forgottenMs });
  }
  return sets;
}

function sameKeys(a: Keys, b: Keys): boolean {
  return a.size === b.size && [...a].every(([kid, key]) => b.get(kid) === key);
}

/** The way from the ConfigMap to a verifier, by shares of the terms that it may take. */
export interface Route {
  /** Of P: how late the server is. */
  readonly serverShare: number;
  /** Of H: how long the cache in front of it holds. */
  readonly cacheShare: number;
}

export const ROUTES: readonly Route[] = [0, 0.5, 1].flatMap((serverShare) =>
  [0, 1].map((cacheShare) => ({ serverShare, cacheShare })),
);

/** When a verifier can first fetch a set, and when it can last fetch it. */
export function fetchable(
  { terms }: Timeline,
  { fromMs, untilMs }: Pick<PublishedSet, 'fromMs' | 'untilMs'>,
  { serverShare, cacheShare }: Route,
): { readonly firstMs: number; readonly lastMs: number } {
  const share = ['publicationDelayMs', serverShare] as const;
  const firstMs = terms.passedMs(fromMs, share);
  const hiddenMs = terms.passedMs(untilMs, share);
  return { firstMs, lastMs: terms.passedMs(hiddenMs, ['sharedCacheTtlMs', cacheShare]) };
}
