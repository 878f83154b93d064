/**
 * Every switch has a cause, and each request causes one: it is carried out once. When nothing is left
 * to do, no request is open, and no revoked key is served or signs, unless the status says why. What a
 * person did to the signer meanwhile is a cause, too: with the ledger a request is forgotten.
 */
import { HAND, type History } from '../../record/history.ts';
import { type Carried, foughtField } from '../../world/policies.ts';
import { revokedMs, type Stint } from '../actors/issuers.ts';
import type { Scene } from '../actors/scene.ts';
import { kindOf } from '../facts/public-keys.ts';
import type { SetVersion } from '../facts/set-versions.ts';
import { deadlineMs, standingAt, type Timeline } from '../facts/timeline.ts';
import type { Violation } from '../verdict/verdict.ts';

export function requestViolations(scene: Scene): readonly Violation[] {
  return [...unaskedSwitches(scene), ...leftOpen(scene)];
}

/** `Date` has whole seconds. */
const DATE_RESOLUTION_MS = 1000;

function unaskedSwitches({ timeline, stints }: Scene): readonly Violation[] {
  // Without its ledger a set does not know what it was asked for.
  if (isFought(timeline.history, 'revocation')) return [];
  const own = stints.filter(({ byHand }) => !byHand);
  return own.flatMap((stint, index): readonly Violation[] => {
    const previous = own[index - 1];
    const isSwitch = previous?.endMs === stint.startMs && previous.kid !== stint.kid;
    if (!isSwitch || stint.version.atMs !== stint.startMs) return [];
    const handledMs = own[lastHandling(timeline, own, index - 1)]?.startMs ?? 0;
    if (isCaused(timeline, previous, stint, handledMs)) return [];
    const message = `${stint.kid} takes over from ${previous.kid}, and nothing asked for that`;
    return [{ promise: 'Requests', atMs: stint.startMs, message }];
  });
}

/**
 * The switch that noted the last request. One that puts right what someone did to the signer notes none,
 * and what the one before it noted may be lost.
 */
function lastHandling(timeline: Timeline, own: readonly Stint[], index: number): number {
  const startMs = own[index]?.startMs ?? 0;
  const beforeMs = own[index - 1]?.startMs ?? 0;
  if (index <= 0 || !isTouched(timeline, beforeMs, startMs)) return index;
  return lastHandling(timeline, own, index - 1) - 1;
}

function isTouched(timeline: Timeline, fromMs: number, untilMs: number): boolean {
  const sinceMs = fromMs - deadlineMs(timeline, fromMs);
  return timeline.signer.some(
    ({ change, atMs }) => change.author === HAND && atMs > sinceMs && atMs <= untilMs,
  );
}

function isCaused(
  timeline: Timeline,
  previous: Stint,
  { startMs, kid }: Stint,
  handledMs: number,
): boolean {
  const { terms, sets } = timeline;
  const sinceMs = handledMs - deadlineMs(timeline, handledMs);
  const seenFromMs = startMs - deadlineMs(timeline, startMs);
  if (revokedMs(timeline, previous.kid) <= startMs) return true;
  if (isTouched(timeline, previous.startMs, startMs)) return true;
  const standing = during(sets, previous.startMs, startMs);
  const intervalMs = Math.min(...standing.map(({ spec }) => spec?.intervalMs ?? 0));
  const earlyMs = terms.at('clockSkewMs', startMs) + DATE_RESOLUTION_MS;
  if (startMs + earlyMs >= previous.activatedMs + intervalMs) return true;
  const recent = during(sets, seenFromMs, startMs);
  if (recent.some(({ spec }) => spec !== null && kindOf(previous.key) !== spec.kind)) return true;
  const isRollback = timeline.signer.some(({ facts, atMs }) => {
    return atMs < previous.startMs && facts?.kind === 'Key' && facts.kid === kid;
  });
  const names = isRollback ? (['rotate', 'rollback'] as const) : (['rotate'] as const);
  return names.some((name) => isAsked(sets, name, sinceMs, startMs));
}

/** An id came after the switch before, and was not there when the set was created. */
function isAsked(
  sets: readonly SetVersion[],
  name: 'rotate' | 'rollback',
  sinceMs: number,
  untilMs: number,
): boolean {
  return sets.some((version, index) => {
    const { atMs, change } = version;
    const isNew = version[name] !== '' && sets[index - 1]?.[name] !== version[name];
    return isNew && change.before !== null && atMs > sinceMs && atMs <= untilMs;
  });
}

/** What stood at the first instant, and came until the last. */
function during(sets: readonly SetVersion[], fromMs: number, untilMs: number) {
  const first = standingAt(sets, fromMs);
  const later = sets.filter(({ atMs }) => fromMs < atMs && atMs <= untilMs);
  return first === null ? later : [first, ...later];
}

/** An operator that is at work has noticed by then. */
const NOTICED_MS = 20_000;
/** The status says that something else must happen first, and what. */
const WAITS = ['ClockSkew', 'Stalled', 'WriteRefused'];

function leftOpen({ timeline }: Scene): readonly Violation[] {
  const { history, sets, jwks, signer } = timeline;
  const last = sets.at(-1);
  const noticedMs = history.endMs - NOTICED_MS;
  if (last?.exists !== true || last.deleting || last.spec === null || waits(last)) return [];
  const found: Violation[] = [];
  const violate = (message: string) => {
    found.push({ promise: 'Requests', atMs: history.endMs, message });
  };
  const { rotate, status, spec } = last;
  const askedMs = sets.findLast((set, index) => sets[index - 1]?.rotate !== set.rotate)?.atMs ?? 0;
  const isOpen = rotate !== '' && rotate !== status.lastHandledRotateRequest;
  const waitsForOther = (status.nextTransition?.waitingFor ?? 'RotationDue') !== 'RotationDue';
  if (
    isOpen &&
    askedMs < noticedMs &&
    !spec.suspend &&
    !waitsForOther &&
    !isFought(history, 'rotation')
  ) {
    violate(`the rotation ${rotate} is not carried out, and the status does not say why`);
  }
  const signing = signer.at(-1)?.facts;
  for (const kid of last.revokedKids) {
    if (revokedMs(timeline, kid) > noticedMs || isFought(history, 'revocation')) continue;
    if (jwks.at(-1)?.keys?.has(kid) === true) violate(`${kid} is revoked and still served`);
    if (signing?.kind === 'Key' && signing.kid === kid) violate(`${kid} is revoked and signs`);
  }
  return found;
}

/** Somebody has the very field that carries this as they want it. */
function isFought({ fights = [] }: History, what: Carried): boolean {
  return fights.some(({ field }) => foughtField(field).carries.includes(what));
}

function waits({ status }: SetVersion): boolean {
  return (status.conditions ?? []).some(({ type, reason, status: value }) => {
    return value === 'True' && (WAITS.includes(type) || WAITS.includes(reason));
  });
}
