/**
 * Which value of a term counts: the largest declared one, also over time. A term that was lowered
 * less than P plus its old value ago still counts in full, because someone may still hold what the
 * old value allowed.
 */
import type { Terms } from '../formats/spec.ts';

/** The terms as last declared, and larger ones of recent edits. */
export interface TermMemory {
  readonly declared: Terms;
  /** Oldest first, at most {@link LOWERED_MAX}. */
  readonly lowered: readonly LoweredTerms[];
}

/** All terms as they were before an edit that lowered at least one, and when the edit was seen. */
export interface LoweredTerms {
  readonly terms: Terms;
  readonly seenMs: number;
}

/** If more edits than this still count, the oldest are merged, on the safe side. */
export const LOWERED_MAX = 4;

export const TERM_NAMES = [
  'tokenTtlMs',
  'verifierCacheTtlMs',
  'verifierTrustMs',
  'sharedCacheTtlMs',
  'publicationDelayMs',
  'signerRefreshDelayMs',
  'verifierLeewayMs',
  'clockSkewMs',
] as const satisfies readonly (keyof Terms)[];

const HOUR_MS = 3_600_000;

/** The most that the CRD lets a spec declare, in milliseconds. No preset says more. */
export const TERM_MAX_MS: Readonly<Record<keyof Terms, number>> = {
  tokenTtlMs: 8760 * HOUR_MS,
  verifierCacheTtlMs: 8760 * HOUR_MS,
  verifierTrustMs: 8760 * HOUR_MS,
  sharedCacheTtlMs: 720 * HOUR_MS,
  publicationDelayMs: 24 * HOUR_MS,
  signerRefreshDelayMs: 24 * HOUR_MS,
  verifierLeewayMs: 24 * HOUR_MS,
  clockSkewMs: HOUR_MS,
};

/** P + H + C + S: how long a key must be in the ConfigMap before it may sign. */
export function leadMs(terms: Terms): number {
  return (
    terms.publicationDelayMs + terms.sharedCacheTtlMs + terms.verifierCacheTtlMs + terms.clockSkewMs
  );
}

/** No write takes effect later than this after the oldest live read it was judged by. */
export const WRITE_DEADLINE_MAX_MS = 30_000;

/** min(30 s, half the lead): a paused writer is stopped long before its write can do harm. */
export function writeDeadlineMs(terms: Terms): number {
  return Math.min(WRITE_DEADLINE_MAX_MS, leadMs(terms) / 2);
}

/** P + H + D + S: how long a removed key may still be trusted. Null: D has no end. */
export function trustAfterRemovalMs(terms: Terms): number | null {
  if (terms.verifierTrustMs === null) return null;
  return (
    terms.publicationDelayMs + terms.sharedCacheTtlMs + terms.verifierTrustMs + terms.clockSkewMs
  );
}

/** The longest trust that declared terms add up to. */
export const TRUST_MAX_MS =
  TERM_MAX_MS.publicationDelayMs +
  TERM_MAX_MS.sharedCacheTtlMs +
  TERM_MAX_MS.verifierTrustMs +
  TERM_MAX_MS.clockSkewMs;

/** When the trust in a removed key ends. Null: it is not seen removed, or the trust has no end. */
export function trustEndMs(removedSeenMs: number | null, trustMs: number | null): number | null {
  return removedSeenMs === null || trustMs === null ? null : removedSeenMs + trustMs;
}

export function sameTerms(a: Terms, b: Terms): boolean {
  return TERM_NAMES.every((name) => a[name] === b[name]);
}

/** Whether both remember the same, so that one can be recovered from the other. */
export function sameMemory(a: TermMemory, b: TermMemory): boolean {
  if (!sameTerms(a.declared, b.declared) || a.lowered.length !== b.lowered.length) return false;
  return a.lowered.every(({ terms, seenMs }, index) => {
    const other = b.lowered[index];
    return other !== undefined && other.seenMs === seenMs && sameTerms(other.terms, terms);
  });
}

/** The larger value of each term. A D without end (null) is larger than any. */
export function largestTerms(a: Terms, b: Terms): Terms {
  return mapTerms((name) => larger(a[name], b[name]));
}

/** Takes in newly declared terms. If they lower any, the old ones are remembered from `seenMs` on. */
export function rememberTerms(memory: TermMemory, declared: Terms, seenMs: number): TermMemory {
  const old = memory.declared;
  const lowers = TERM_NAMES.some((name) => larger(old[name], declared[name]) !== declared[name]);
  if (!lowers) return { declared, lowered: memory.lowered };
  const held = memory.lowered.filter((entry) => holdsUntilMs(entry, old) > seenMs);
  return { declared, lowered: mergeOldest([...held, { terms: old, seenMs }]) };
}

/** The terms that count at an instant: the declared ones, or larger ones lowered too recently. */
export function effectiveTerms(memory: TermMemory, nowMs: number): Terms {
  return memory.lowered.reduce((sum, entry) => {
    const held = mapTerms((name) =>
      termHoldsUntilMs(entry, name, memory.declared) > nowMs ? entry.terms[name] : sum[name],
    );
    return largestTerms(sum, held);
  }, memory.declared);
}

/** When {@link effectiveTerms} next changes without an edit; null if it does not. */
export function nextTermChangeMs(memory: TermMemory, nowMs: number): number | null {
  const ends = memory.lowered.flatMap((entry) =>
    TERM_NAMES.map((name) => termHoldsUntilMs(entry, name, memory.declared)),
  );
  const future = ends.filter((endMs) => endMs > nowMs);
  return future.length === 0 ? null : Math.min(...future);
}

/** Seen lowered + P + the old value. A D without end counts for as long as C. */
function termHoldsUntilMs(entry: LoweredTerms, name: keyof Terms, declared: Terms): number {
  const oldMs = entry.terms[name] ?? entry.terms.verifierCacheTtlMs;
  const publicationMs = Math.max(entry.terms.publicationDelayMs, declared.publicationDelayMs);
  return entry.seenMs + publicationMs + oldMs;
}

function holdsUntilMs(entry: LoweredTerms, declared: Terms): number {
  return Math.max(...TERM_NAMES.map((name) => termHoldsUntilMs(entry, name, declared)));
}

function mergeOldest(entries: readonly LoweredTerms[]): readonly LoweredTerms[] {
  const [first, second, ...rest] = entries;
  if (entries.length <= LOWERED_MAX || first === undefined || second === undefined) return entries;
  const merged = { terms: largestTerms(first.terms, second.terms), seenMs: second.seenMs };
  return [merged, ...rest];
}

/** A D without end (null) is larger than any. */
export function larger(a: number | null, b: number | null): number | null {
  return a === null || b === null ? null : Math.max(a, b);
}

/** Builds terms from a function of the name. Only `verifierTrustMs` may be null. */
export function mapTerms(value: (name: keyof Terms) => number | null): Terms {
  return {
    tokenTtlMs: value('tokenTtlMs') ?? 0,
    verifierCacheTtlMs: value('verifierCacheTtlMs') ?? 0,
    verifierTrustMs: value('verifierTrustMs'),
    sharedCacheTtlMs: value('sharedCacheTtlMs') ?? 0,
    publicationDelayMs: value('publicationDelayMs') ?? 0,
    signerRefreshDelayMs: value('signerRefreshDelayMs') ?? 0,
    verifierLeewayMs: value('verifierLeewayMs') ?? 0,
    clockSkewMs: value('clockSkewMs') ?? 0,
  };
}
