/**
 * The terms that the status shows. The CRD refuses to lower a term before its old value is shown, so
 * none that was declared is forgotten. For that, the operator never writes more into the status than
 * the ledger has: a raised term enters the ledger before the status, and a lowered one the status
 * before the ledger. If the status still shows more, because someone wrote or restored it, that stays
 * until the ledger has it.
 */
import type { Terms } from '../formats/spec.ts';
import { type NotedTerms, UNLIMITED } from '../formats/status.ts';
import { formatDurationMs, parseDurationMs } from '../formats/time.ts';
import { larger, mapTerms, TERM_MAX_MS } from './terms.ts';

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

/**
 * What the status is to show: of each term the smaller of what is declared and what is in the ledger. A
 * larger one that only the status shows is kept, because nothing else remembers it.
 * @param noted what the status shows now
 */
export function notedTerms(spec: Terms, inLedger: Terms, noted: NotedTerms): NotedTerms {
  const shown = Object.entries(FIELDS).map(([key, field]) => {
    const name = key as keyof Terms;
    const [a, b] = [spec[name], inLedger[name]];
    const shownNow = shownTerm(noted, name);
    const isOnlyThere = shownNow !== undefined && larger(shownNow, b) !== b;
    return [field, textOf(isOnlyThere ? shownNow : larger(a, b) === a ? b : a)];
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

function largerShown(spec: Terms, noted: NotedTerms, name: keyof Terms): number | null {
  const shown = shownTerm(noted, name);
  return shown === undefined ? spec[name] : larger(spec[name], shown);
}

/**
 * Someone may have edited the status: a text that is no duration shows nothing, and one above what a spec can
 * declare shows the most that it can.
 * @returns null if it is without end, undefined if the status does not show it.
 */
function shownTerm(noted: NotedTerms, name: keyof Terms): number | null | undefined {
  const text = noted[FIELDS[name]];
  if (text === UNLIMITED && name === 'verifierTrustMs') return null;
  const shownMs = text === undefined ? null : parseDurationMs(text);
  return shownMs === null ? undefined : Math.min(shownMs, TERM_MAX_MS[name]);
}

function textOf(termMs: number | null): string {
  return termMs === null ? UNLIMITED : formatDurationMs(termMs);
}
