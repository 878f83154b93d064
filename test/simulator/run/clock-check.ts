/**
 * While an operator's clock, or the API server's, is further off than the terms allow, it opens no
 * gate, and what it says of the set names the clocks.
 */
import { SET_PLURAL } from '../../../src/core/formats/names.ts';
import { isObject, type JsonObject } from '../../fake-api/json/json.ts';
import { CLOCK_OUT_FOR_MS, LATE_MAX_MS } from '../faults/faults.ts';
import type { PlannedFault } from '../faults/plan.ts';
import type { Violation } from '../oracle/judge.ts';
import { type Change, HAND } from '../record/history.ts';
import { conditionsOf, ledgerOf, objectsIn } from '../record/views.ts';
import type { Outcome } from './run.ts';

/** What was judged before the jump may still be written: so long is a pass on its way. */
const UNDER_WAY_MS = 500;
const LATE = /^late/;
const FAR = /^(?:clock|server)-far-/;

export function clockViolations(
  { trace, startMs }: Outcome,
  fired: readonly PlannedFault[],
): readonly Violation[] {
  if (!fired.some(({ fault }) => FAR.test(fault))) return [];
  const start = trace.entries.findIndex((entry) => entry.kind === 'event' && FAR.test(entry.text));
  const jump = trace.entries[start];
  if (jump?.kind !== 'event') return [];
  const isServers = jump.text.startsWith('server-');
  const struck = jump.text.split(' ').at(-1) ?? '';
  const later = trace.entries.slice(start + 1);
  // A second fault may set the clock right.
  const next = later.find((entry) => entry.kind === 'event' && entry.mark === '!');
  const isLate = fired.some(({ fault }) => LATE.test(fault));
  const fromMs = jump.atMs + UNDER_WAY_MS + (isLate ? LATE_MAX_MS : 0);
  const untilMs = Math.min(jump.atMs + CLOCK_OUT_FOR_MS, next?.atMs ?? Number.POSITIVE_INFINITY);
  return later.flatMap((entry) => {
    if (entry.kind !== 'change' || entry.change.author === HAND) return [];
    if (!isServers && entry.change.author !== struck) return [];
    if (entry.atMs < fromMs || entry.atMs >= untilMs) return [];
    const message = wrongOf(entry.change);
    if (message === null) return [];
    const seconds = ((entry.atMs - startMs) / 1000).toFixed(3);
    return [{ promise: 'clock', atMs: entry.atMs, message: `${message} at ${seconds}s` }];
  });
}

function wrongOf({ resource, before, after }: Change): string | null {
  if (resource === SET_PLURAL && after !== null) {
    const saysSo = conditionsOf(after).some((condition) => condition.startsWith('ClockSkew=True'));
    return saysSo ? null : 'a status does not say that the clocks disagree';
  }
  if (resource !== 'secrets' || before === null || after === null) return null;
  const [old, now] = [ledgerOf(before), ledgerOf(after)];
  if (old === null || now === null || revokes(old, now)) return null;
  const opened = objectsIn(now['keys']).find((key) => {
    const was = objectsIn(old['keys']).find(({ kid }) => kid === key['kid']);
    return was !== undefined && opensGate(was, key);
  });
  return opened === undefined ? null : `a gate of key #${String(opened['ordinal'])} opens`;
}

/** A revocation needs no gate; nor does the key that it calls at once, if the user wants that. */
function revokes(old: JsonObject, now: JsonObject): boolean {
  return objectsIn(now['keys']).some(({ kid, bar }) => {
    const was = objectsIn(old['keys']).find((key) => key['kid'] === kid);
    return was?.['bar'] === null && isObject(bar) && bar['reason'] === 'Revoked';
  });
}

function opensGate(was: JsonObject, key: JsonObject): boolean {
  const bar = key['bar'];
  const isBarred = was['bar'] === null && isObject(bar);
  return isBarred || (was['state'] === 'Pending' && key['state'] === 'Active');
}
