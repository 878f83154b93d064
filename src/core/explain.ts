/** The arithmetic of a gate in words: the same text in the status and on the command line. */
import type { Gate } from './gates.ts';
import { formatDurationMs, formatInstant, formatTimeOfDay } from './time.ts';

/**
 * Such as `published 09:00:00, served everywhere by 09:03:00, caches hold up to 10m, skew 30s:
 * 09:13:30`. Times of another day than the first are written in full. Terms of zero are left out.
 */
export function explainGate(gate: Gate): string {
  const { label, atMs } = gate.from;
  if (atMs === null || gate.opensAtMs === null) {
    const terms = gate.terms.filter(({ durationMs }) => durationMs !== 0).map(plainTerm);
    return [`not yet seen: ${label}`, ...terms.map((term) => `then ${term}`)].join(', ');
  }
  const at = (instantMs: number) => formatNear(instantMs, atMs);
  let reachedMs = atMs;
  const parts = gate.terms.flatMap((term) => {
    reachedMs += term.durationMs;
    if (term.durationMs === 0) return [];
    return [term.kind === 'until' ? `${term.label} by ${at(reachedMs)}` : plainTerm(term)];
  });
  return `${[`${label} ${at(atMs)}`, ...parts].join(', ')}: ${at(gate.opensAtMs)}`;
}

function plainTerm({ label, durationMs }: Gate['terms'][number]): string {
  return `${label} ${formatDurationMs(Math.abs(durationMs))}`;
}

/** Whole seconds, rounded up: a gate that opens at 13.2 s is not open at 13 s. */
export function ceilToSecondMs(atMs: number): number {
  return Math.ceil(atMs / 1000) * 1000;
}

function formatNear(instantMs: number, referenceMs: number): string {
  const secondMs = ceilToSecondMs(instantMs);
  const sameDay = formatInstant(secondMs).slice(0, 10) === formatInstant(referenceMs).slice(0, 10);
  return sameDay ? formatTimeOfDay(secondMs) : formatInstant(secondMs);
}
