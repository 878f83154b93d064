/** The arithmetic of a gate in words: the same text in the status and on the command line. */

import type { Terms } from '../formats/spec.ts';
import {
  ceilToSecondMs,
  formatDurationMs,
  formatInstant,
  formatTimeOfDay,
} from '../formats/time.ts';
import type { Gate, GateTerm } from './gates.ts';

/**
 * Such as `published 09:00:00, served everywhere by 09:03:00, caches hold up to 10m, skew 30s:
 * 09:13:30`. All times are UTC, and written in full where they are not all of one day. Terms of
 * zero are left out.
 * @param declared the terms of now: a gate may still count a larger one from before.
 */
export function explainGate(gate: Gate, declared: Terms): string {
  const { label, atMs } = gate.from;
  const terms = gate.terms.filter(({ durationMs }) => durationMs !== 0);
  if (atMs === null || gate.opensAtMs === null) {
    const parts = terms.map((term) => `then ${plainTerm(term, declared)}`);
    return [`not yet seen: ${label}`, ...parts].join(', ');
  }
  const at = timeFormat(atMs, gate.opensAtMs);
  let reachedMs = atMs;
  const parts = terms.map((term) => {
    reachedMs += term.durationMs;
    const until = `${term.label} by ${at(reachedMs)}${stillCounts(term, declared)}`;
    return term.kind === 'until' ? until : plainTerm(term, declared);
  });
  const text = [`${label} ${at(atMs)}`, ...parts].join(', ');
  return terms.at(-1)?.kind === 'until' ? text : `${text}: ${at(gate.opensAtMs)}`;
}

function plainTerm(term: GateTerm, declared: Terms): string {
  const duration = formatDurationMs(Math.abs(term.durationMs));
  return `${term.label} ${duration}${stillCounts(term, declared)}`;
}

/** A term that was lowered still counts in full, for the keys that were published under it. */
function stillCounts({ term, durationMs }: GateTerm, declared: Terms): string {
  const now = term === undefined ? null : declared[term];
  if (now === null || now >= durationMs) return '';
  return ` (lowered to ${formatDurationMs(now)}: the old value still counts)`;
}

function timeFormat(firstMs: number, lastMs: number): (atMs: number) => string {
  const day = (atMs: number) => formatInstant(ceilToSecondMs(atMs)).slice(0, 10);
  const format = day(firstMs) === day(lastMs) ? formatTimeOfDay : formatInstant;
  return (atMs) => format(ceilToSecondMs(atMs));
}
