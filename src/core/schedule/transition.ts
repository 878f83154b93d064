/** When a transition happens: at once, at an instant, after another one, or at a time that is not known yet. */
import { ceilToSecondMs, formatInstant } from '../formats/time.ts';
import type { Gate } from '../ledger/gates.ts';
import type { Transition, When } from '../reading/model.ts';

export const AT_ONCE: When = { kind: 'AtOnce' };
export const UNKNOWN: When = { kind: 'Unknown' };

/** When a gate opens. */
export function opening({ opensAtMs }: Gate): When {
  return opensAtMs === null ? UNKNOWN : { kind: 'At', atMs: opensAtMs };
}

/** When something happens that can only follow another transition. */
export function following({ when }: Transition): When {
  return when.kind === 'At' ? { kind: 'After', atMs: when.atMs } : UNKNOWN;
}

/** Whether a transition's time has come. */
export function isDue(transition: Transition | null, nowMs: number): transition is Transition {
  if (transition === null) return false;
  const { when } = transition;
  return when.kind === 'AtOnce' || (when.kind === 'At' && when.atMs <= nowMs);
}

/** The time of a transition as the status shows it: whole seconds, rounded up; none if at once. */
export function transitionTime(transition: Transition): string | undefined {
  const atMs = instantMs(transition);
  return atMs === null ? undefined : formatInstant(ceilToSecondMs(atMs));
}

/** The instant of a transition; null if it has none. */
export function instantMs({ when }: Transition): number | null {
  return 'atMs' in when ? when.atMs : null;
}

/** Soonest first; those without a time come last. */
export function byTime(a: Transition, b: Transition): number {
  const [first, second] = [orderMs(a.when), orderMs(b.when)];
  return first === second ? 0 : first < second ? -1 : 1;
}

function orderMs(when: When): number {
  if ('atMs' in when) return when.atMs;
  return when.kind === 'AtOnce' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}
