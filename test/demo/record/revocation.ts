/**
 * What is seen of a revocation from outside: when it was asked for, when the key was out of the
 * JWKS, what the status announces, and until when any verifier accepted a token of the key.
 */
import type { RevokedCounts } from './messages.ts';

export interface SeenRevocation {
  readonly kid: string;
  /** The API server showed it in the spec. */
  readonly revokedMs: number;
  /** The API server showed a JWKS without the key. */
  readonly unpublishedMs: number | null;
  /** The status's `distrustedByTime`: from then on nobody accepts a token of the key. */
  readonly announcedMs: number | null;
}

/** Over all verifiers. */
export interface RevokedTotals extends RevokedCounts {
  /** Caches in all. */
  readonly caches: number;
}

/** @returns null until every verifier counts the revoked key's tokens apart */
export function revokedTotals(
  verifiers: readonly { readonly caches: number; readonly revoked: RevokedCounts | null }[],
): RevokedTotals | null {
  const counts = verifiers.flatMap(({ revoked }) => (revoked === null ? [] : [revoked]));
  if (counts.length === 0 || counts.length < verifiers.length) return null;
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  const lasts = counts.flatMap(({ lastAcceptedMs: atMs }) => (atMs === null ? [] : [atMs]));
  return {
    accepted: sum(counts.map(({ accepted }) => accepted)),
    refused: sum(counts.map(({ refused }) => refused)),
    trusting: sum(counts.map(({ trusting }) => trusting)),
    lastAcceptedMs: lasts.length === 0 ? null : Math.max(...lasts),
    caches: sum(verifiers.map(({ caches }) => caches)),
  };
}

/**
 * Why trust did not end as announced; nothing if it did. Every cache must have been seen to
 * refuse a token that had not expired: else it may only have met none any more.
 */
export function trustFaults(
  revocation: SeenRevocation | null,
  totals: RevokedTotals | null,
): readonly string[] {
  if (revocation === null || totals === null) return ['no key was revoked'];
  const { revokedMs, unpublishedMs, announcedMs } = revocation;
  const { trusting, caches } = totals;
  const faults: string[] = [];
  if (unpublishedMs === null) faults.push('the revoked key was not seen to leave the JWKS');
  if (trusting > 0) faults.push(`${trusting} of ${caches} caches never let go of the revoked key`);
  if (announcedMs === null) return [...faults, 'no end of trust was announced'];
  const lateMs = (totals.lastAcceptedMs ?? revokedMs) - announcedMs;
  if (lateMs > 0) {
    faults.push(`the revoked key was accepted ${lateMs} ms after the announced end of trust`);
  }
  return faults;
}
