/** The arithmetic of a gate as text, as the status, the conditions and the log show it. */

import type { Terms } from '../formats/spec.ts';
import {
  ceilToSecondMs,
  formatDurationMs,
  formatInstant,
  formatTimeOfDay,
} from '../formats/time.ts';
import type { Gate, GateTerm } from './gates.ts';

/**
 * For example `published 2026-12-01T09:00:00Z, served everywhere by 09:03:00Z, verifiers cache up to 10m,
 * clock skew 30s: 2026-12-01T09:13:30Z`. Times are in UTC. The first and the last have the date, because the
 * text may be read days later; those in between have it unless all are on the same day. Terms of zero are left
 * out. Without the observation that the gate counts from: `the key is not
 * published yet; then served everywhere within 3m, verifiers cache up to 10m, clock skew 30s`.
 * @param declared the current terms; the gate may still count a larger, earlier value.
 */
export function explainGate(gate: Gate, declared: Terms): string {
  const { label, notYet, atMs } = gate.from;
  const terms = gate.terms.filter(({ durationMs }) => durationMs !== 0);
  if (atMs === null || gate.opensAtMs === null) {
    const parts = terms.map((term) => plainTerm(term, declared)).join(', ');
    return `${notYet}${parts === '' ? '' : `; then ${parts}`}`;
  }
  const between = timeFormat(atMs, gate.opensAtMs);
  let reachedMs = atMs;
  const parts = terms.map((term, index) => {
    reachedMs += term.durationMs;
    if (term.kind !== 'until') return plainTerm(term, declared);
    const format = index === terms.length - 1 ? formatInstant : between;
    return `${term.label} by ${format(ceilToSecondMs(reachedMs))}${stillCounts(term, declared)}`;
  });
  const at = (instantMs: number) => formatInstant(ceilToSecondMs(instantMs));
  const text = [`${label} ${at(atMs)}`, ...parts].join(', ');
  return terms.at(-1)?.kind === 'until' ? text : `${text}: ${at(gate.opensAtMs)}`;
}

function plainTerm(term: GateTerm, declared: Terms): string {
  const duration = formatDurationMs(Math.abs(term.durationMs));
  if (term.durationMs < 0) return `minus ${duration} ${term.label}`;
  const within = term.kind === 'until' ? 'within ' : '';
  return `${term.label} ${within}${duration}${stillCounts(term, declared)}`;
}

/** A lowered term still counts in full for the keys that were published under it. */
function stillCounts({ term, durationMs }: GateTerm, declared: Terms): string {
  const now = term === undefined ? null : declared[term];
  if (now === null || now >= durationMs) return '';
  return ` (lowered to ${formatDurationMs(now)}: the old value still counts)`;
}

function timeFormat(firstMs: number, lastMs: number): (atMs: number) => string {
  const day = (atMs: number) => formatInstant(ceilToSecondMs(atMs)).slice(0, 10);
  return day(firstMs) === day(lastMs) ? formatTimeOfDay : formatInstant;
}
