/** The arithmetic of a gate as text, as the status, the conditions and the log show it. */

import type { Spec } from '../formats/spec.ts';
import { ceilToSecondMs, formatDurationMs, formatInstant } from '../formats/time.ts';
import type { Gate, GateTerm } from './gates.ts';

/** What the spec declares now, and in which fields. */
export type Declared = Pick<Spec, 'terms' | 'termFields'>;

/**
 * For example `published 2026-12-01T09:00:00Z, served everywhere by 2026-12-01T09:03:00Z
 * (spec.timing.publicationDelay: 3m), verifiers cache up to 12h36m (spec.verifiers[orders], preset dotnet), clock
 * skew 30s (spec.timing.clockSkew): 2026-12-01T21:39:30Z`. Each duration names the field that causes it, so that
 * who waits knows whom to ask. Each time is in UTC with its date, because the text may be read days later. Terms of
 * zero are left out. Without the observation that the gate counts from: `the key is not published yet; then served
 * everywhere within 3m (spec.timing.publicationDelay), verifiers cache up to 10m (spec.verifierCacheTTL)`.
 * @param declared what counts now; the gate may still count a larger, earlier value.
 */
export function explainGate(gate: Gate, declared: Declared): string {
  const { label, notYet, atMs } = gate.from;
  const terms = gate.terms.filter(({ durationMs }) => durationMs !== 0);
  if (atMs === null || gate.opensAtMs === null) {
    const parts = terms.map((term) => plainTerm(term, declared)).join(', ');
    return `${notYet}${parts === '' ? '' : `; then ${parts}`}`;
  }
  let reachedMs = atMs;
  const parts = terms.map((term) => {
    reachedMs += term.durationMs;
    if (term.kind !== 'until') return plainTerm(term, declared);
    return `${term.label} by ${shown(reachedMs)}${cause(term, declared, 'WithValue')}`;
  });
  const text = [`${label} ${shown(atMs)}`, ...parts].join(', ');
  return terms.at(-1)?.kind === 'until' ? text : `${text}: ${shown(gate.opensAtMs)}`;
}

function shown(atMs: number): string {
  return formatInstant(ceilToSecondMs(atMs));
}

function plainTerm(term: GateTerm, declared: Declared): string {
  const duration = formatDurationMs(Math.abs(term.durationMs));
  const causedBy = cause(term, declared, 'NameOnly');
  if (term.durationMs < 0) return `minus ${duration} ${term.label}${causedBy}`;
  const within = term.kind === 'until' ? 'within ' : '';
  return `${term.label} ${within}${duration}${causedBy}`;
}

/**
 * The field that sets the value. A lowered term still counts in full for the keys that were published under it. One
 * that was raised a moment ago counts from the next write of the ledger on: until then no field says what counts.
 */
function cause(
  term: GateTerm,
  { terms, termFields }: Declared,
  as: 'NameOnly' | 'WithValue',
): string {
  if (term.term === undefined) return term.field === undefined ? '' : ` (${term.field})`;
  const field = termFields[term.term];
  const nowMs = terms[term.term];
  const countedMs = Math.abs(term.durationMs) / (term.times ?? 1);
  const counted = formatDurationMs(countedMs);
  if (nowMs === null || nowMs > countedMs) return '';
  if (nowMs === countedMs) return ` (${field}${as === 'WithValue' ? `: ${counted}` : ''})`;
  return ` (${field} is ${formatDurationMs(nowMs)} now; the earlier ${counted} still counts)`;
}
