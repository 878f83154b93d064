/**
 * Which value of a term counts. The largest declared one does, over time as well: a term that
 * was lowered less than P plus its old value ago counts in full, because somebody may still
 * hold what the old value allowed.
 */
import type { Terms } from '../formats/spec.ts';

/** The terms as last declared, and those that were larger not long ago. */
export interface TermMemory {
  readonly declared: Terms;
  /** Oldest first, at most {@link LOWERED_MAX}. */
  readonly lowered: readonly LoweredTerms[];
}

/** All terms as they stood when at least one of them was lowered, and when that was seen. */
export interface LoweredTerms {
  readonly terms: Terms;
  readonly seenMs: number;
}

/** More edits than this within one hold are merged, to the safe side. */
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

/** P + H + C + S: how long a key must be in the ConfigMap before it may sign. */
export function leadMs(terms: Terms): number {
  return (
    terms.publicationDelayMs + terms.sharedCacheTtlMs + terms.verifierCacheTtlMs + terms.clockSkewMs
  );
}

/** No write takes effect later than this after the oldest live read that it was judged by. */
export const WRITE_DEADLINE_MAX_MS = 30_000;

/** min(30 s, half the lead): a paused writer is stopped long before its write could do harm. */
export function writeDeadlineMs(terms: Terms): number {
  return Math.min(WRITE_DEADLINE_MAX_MS, leadMs(terms) / 2);
}

/** P + H + D + S: how long after its removal a key may still be trusted; null where for ever. */
export function trustAfterRemovalMs(terms: Terms): number | null {
  if (terms.verifierTrustMs === null) return null;
  return (
    terms.publicationDelayMs + terms.sharedCacheTtlMs + terms.verifierTrustMs + terms.clockSkewMs
  );
}

export function sameTerms(a: Terms, b: Terms): boolean {
  return TERM_NAMES.every((name) => a[name] === b[name]);
}

/** Per term the larger of two; a trust without end is larger than any. */
export function largestTerms(a: Terms, b: Terms): Terms {
  return mapTerms((name) => larger(a[name], b[name]));
}

/** Takes newly declared terms in; what they lower is remembered as of `seenMs`. */
export function rememberTerms(memory: TermMemory, declared: Terms, seenMs: number): TermMemory {
  const old = memory.declared;
  const lowers = TERM_NAMES.some((name) => larger(old[name], declared[name]) !== declared[name]);
  if (!lowers) return { declared, lowered: memory.lowered };
  const held = memory.lowered.filter((entry) => holdsUntilMs(entry, old) > seenMs);
  return { declared, lowered: mergeOldest([...held, { terms: old, seenMs }]) };
}

/** The terms that count at an instant: declared, or lowered too recently. */
export function effectiveTerms(memory: TermMemory, nowMs: number): Terms {
  return memory.lowered.reduce((sum, entry) => {
    const held = mapTerms((name) =>
      termHoldsUntilMs(entry, name, memory.declared) > nowMs ? entry.terms[name] : sum[name],
    );
    return largestTerms(sum, held);
  }, memory.declared);
}

/** When trust in a key ends that was seen removed; null while it is not, or where it has no end. */
export function trustEndMs(removedSeenMs: number | null, trustMs: number | null): number | null {
  return removedSeenMs === null || trustMs === null ? null : removedSeenMs + trustMs;
}

/** When {@link effectiveTerms} changes next by itself, or null. */
export function nextTermChangeMs(memory: TermMemory, nowMs: number): number | null {
  const ends = memory.lowered.flatMap((entry) =>
    TERM_NAMES.map((name) => termHoldsUntilMs(entry, name, memory.declared)),
  );
  const future = ends.filter((endMs) => endMs > nowMs);
  return future.length === 0 ? null : Math.min(...future);
}

/** P plus the old value after the lowering was seen. A trust without end is held as long as C. */
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

function larger(a: number | null, b: number | null): number | null {
  return a === null || b === null ? null : Math.max(a, b);
}

/** Builds terms from a function of the name; only `verifierTrustMs` may come out as null. */
function mapTerms(value: (name: keyof Terms) => number | null): Terms {
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
