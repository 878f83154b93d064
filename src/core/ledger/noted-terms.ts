/**
 * The terms that the status shows. The CRD refuses to lower a term before its old value is shown, so
 * none that was declared is forgotten. For that, the status must never show more than the ledger
 * has: a raised term enters the ledger before the status, and a lowered one the status before the
 * ledger.
 */
import type { Terms } from '../formats/spec.ts';
import { type NotedTerms, UNLIMITED } from '../formats/status.ts';
import { formatDurationMs, parseDurationMs } from '../formats/time.ts';
import { larger, mapTerms } from './terms.ts';

const FIELDS = {
  tokenTtlMs: 'tokenTTL',
  verifierCacheTtlMs: 'verifierCacheTTL',
  verifierTrustMs: 'verifierTrust',
  sharedCacheTtlMs: 'sharedCacheTTL',
  publicationDelayMs: 'publicationDelay',
  signerRefreshDelayMs: 'signerRefreshDelay',
  verifierLeewayMs: 'verifierLeeway',
  clockSkewMs: 'clockSkew',
} as const satisfies Readonly<Record<keyof Terms, keyof NotedTerms>>;

/** What the status is to show: of each term the smaller of what is declared and what is in the ledger. */
export function notedTerms(spec: Terms, inLedger: Terms): NotedTerms {
  const shown = Object.entries(FIELDS).map(([name, field]) => {
    const [a, b] = [spec[name as keyof Terms], inLedger[name as keyof Terms]];
    return [field, textOf(larger(a, b) === a ? b : a)];
  });
  return Object.fromEntries(shown);
}

/**
 * What the ledger may take in: a term that the status still shows as larger is not lowered yet. If
 * the status shows more than the ledger has, someone wrote it there, or restored it, and may have
 * lowered the spec since.
 */
export function termsToTakeIn(spec: Terms, inLedger: Terms, noted: NotedTerms): Terms {
  return mapTerms((name) => {
    const shown = largerShown(spec, noted, name);
    return shown === spec[name] ? shown : larger(shown, inLedger[name]);
  });
}

/** What a ledger starts with: whatever the status shows must be in it. */
export function largestShownTerms(spec: Terms, noted: NotedTerms): Terms {
  return mapTerms((name) => largerShown(spec, noted, name));
}

/** Someone may have edited the status: a text that is no duration shows nothing. */
function largerShown(spec: Terms, noted: NotedTerms, name: keyof Terms): number | null {
  const text = noted[FIELDS[name]];
  if (text === UNLIMITED && name === 'verifierTrustMs') return null;
  const shownMs = text === undefined ? null : parseDurationMs(text);
  return shownMs === null ? spec[name] : larger(spec[name], shownMs);
}

function textOf(termMs: number | null): string {
  return termMs === null ? UNLIMITED : formatDurationMs(termMs);
}
