/** The CRD's rule on terms that are lowered, restated for the worlds in memory. */
import type { Terms } from '../../src/core/formats/spec.ts';
import type { NotedTerms } from '../../src/core/formats/status.ts';
import { parseDurationMs } from '../../src/core/formats/time.ts';

/** Of each term its name in `status.terms`. */
export const NOTED_AS = {
  tokenTtlMs: 'tokenTTL',
  sharedCacheTtlMs: 'sharedCacheTTL',
  publicationDelayMs: 'publicationDelay',
  signerRefreshDelayMs: 'signerRefreshDelay',
  verifierLeewayMs: 'verifierLeeway',
  clockSkewMs: 'clockSkew',
  verifierCacheTtlMs: 'verifierCacheTTL',
  verifierTrustMs: 'verifierTrust',
} as const satisfies Readonly<Record<keyof Terms, keyof NotedTerms>>;

/** The terms that an edit lowers although the operator has not noted their old values. */
export function unnotedTerms(
  before: Terms,
  after: Terms,
  noted: NotedTerms,
): readonly (keyof Terms)[] {
  const names = Object.keys(NOTED_AS) as (keyof Terms)[];
  return names.filter((name) => {
    const oldMs = before[name] ?? Infinity;
    return (after[name] ?? Infinity) < oldMs && notedMs(noted[NOTED_AS[name]]) < oldMs;
  });
}

function notedMs(text = '0s'): number {
  return text === 'Unlimited' ? Infinity : (parseDurationMs(text) ?? 0);
}
