/**
 * The status is never better than the world. What an operator writes into it could be read within the
 * deadline of the write; and what has become false since, or true, it says within the time that
 * an operator takes to notice.
 */
import { metadataOf } from '../../../fake-api/json/json.ts';
import type { Scene } from '../actors/scene.ts';
import type { SetVersion } from '../facts/set-versions.ts';
import { deadlineMs, type Timeline } from '../facts/timeline.ts';
import type { Violation } from '../verdict/verdict.ts';
import { conditionOf, falseClaims, holdersOf, isStatusWrite, type Span } from './claims.ts';

/** An operator at work notices a change, and has written all that follows from it, within this time. */
export const NOTICED_MS = 20_000;

const NEVER = Number.POSITIVE_INFINITY;

/** @param stalledMs how much longer the operators were kept from their work, at most */
export function untruths(scene: Scene, stalledMs: number): readonly Violation[] {
  const { sets } = scene.timeline;
  return sets.flatMap((set, index) => {
    const nextMs = sets[index + 1]?.atMs ?? scene.timeline.history.endMs;
    return [
      ...writtenUntruths(scene, set),
      ...lastingUntruths(scene, set, nextMs, NOTICED_MS + stalledMs),
    ];
  });
}

function writtenUntruths(scene: Scene, set: SetVersion): readonly Violation[] {
  if (set.byHand || !set.exists || !isStatusWrite(set)) return [];
  const { atMs, change } = set;
  const fromMs = readingMs(scene.timeline, set);
  return violations(
    atMs,
    falseClaims(scene, set, { fromMs, toMs: atMs, revision: change.revision }),
  );
}

/** When its writer read the objects, or, if nobody noted that, the earliest instant at which it may have. */
function readingMs(timeline: Timeline, { atMs, change }: SetVersion): number {
  const { readings = [] } = timeline.history;
  const earliestMs = atMs - deadlineMs(timeline, atMs);
  const read = readings.findLast(
    ({ who, atMs: readMs }) => who === change.author && readMs <= atMs,
  );
  return Math.max(earliestMs, read?.atMs ?? earliestMs);
}

/** What stays in a status although nothing has borne it out for as long as an operator takes to notice. */
function lastingUntruths(
  scene: Scene,
  set: SetVersion,
  nextMs: number,
  noticedMs: number,
): readonly Violation[] {
  if (!set.exists) return [];
  const putMs = putByHandMs(scene.timeline, set);
  for (const atMs of checkpoints(scene, set, nextMs, noticedMs)) {
    if (atMs < putMs + noticedMs) continue;
    const span = { fromMs: atMs - noticedMs, toMs: atMs, revision: NEVER };
    const found = [
      ...falseClaims(scene, asWished(scene, set, span), span),
      ...unsaid(scene, set, span),
    ];
    if (found.length > 0) return violations(atMs, found);
  }
  return [];
}

/** When someone else put this status there; long ago if an operator wrote it. */
function putByHandMs({ sets }: Timeline, set: SetVersion): number {
  const until = sets.slice(0, sets.indexOf(set) + 1);
  const put = until.findLast(isStatusWrite);
  return put?.byHand === true ? put.atMs : Number.NEGATIVE_INFINITY;
}

/** The status, beside what people have wanted for the whole span: they cannot expect it any sooner. */
function asWished({ timeline }: Scene, set: SetVersion, { fromMs }: Span): SetVersion {
  const before = timeline.sets.findLast(({ atMs, exists }) => exists && atMs <= fromMs);
  const revokedKids = set.revokedKids.filter((kid) => before?.revokedKids.includes(kid) === true);
  const deleting = set.deleting && before?.deleting === true;
  return { ...set, revokedKids, deleting, spec: before?.spec === set.spec ? set.spec : null };
}

/** Once the time to notice it has passed since each change, while this version of the set stands. */
function checkpoints(
  { timeline }: Scene,
  set: SetVersion,
  nextMs: number,
  noticedMs: number,
): readonly number[] {
  const { signer, jwks, keySecrets, history } = timeline;
  const changes = [...signer, ...jwks, ...keySecrets, set].map(({ atMs }) => atMs + noticedMs);
  const within = changes.filter((atMs) => atMs >= set.atMs && atMs < nextMs);
  const isLast = nextMs === history.endMs && set.atMs + noticedMs <= nextMs;
  return [...new Set([...within, ...(isLast ? [nextMs] : [])])].sort((a, b) => a - b);
}

/** What a status ought to say by now. */
function unsaid(scene: Scene, set: SetVersion, span: Span): readonly string[] {
  const { atMs, change, status, revokedKids } = set;
  // The set may have stood for less: then an earlier version of it is judged.
  if (atMs > span.fromMs) return [];
  const ready = conditionOf(set, 'Ready');
  if (ready === '') return ['nothing'];
  const { generation } = metadataOf(change.after ?? {});
  const isOld = typeof generation === 'number' && (status.observedGeneration ?? 0) < generation;
  const found = isOld ? ['nothing about the newest spec'] : [];
  const isWaiting = conditionOf(set, 'RevocationsApplied') === 'False Applying';
  const isHeld = revokedKids.some((kid) => holdersOf(scene, kid, span).length > 0);
  const hasLedger = !/ (?:LedgerLost|LedgerTooNew|ObjectNotOwned|FirstKeyPending|Deleting)$/.test(
    ready,
  );
  const isSettled = !hasChanged(scene, span) && conditionOf(set, 'ClockSkew') === '';
  if (isWaiting && !isHeld && hasLedger && isSettled && conditionOf(set, 'Stalled') === '') {
    found.push('a revocation is not applied, though no object holds the key');
  }
  return found;
}

function hasChanged({ timeline }: Scene, { fromMs, toMs }: Span): boolean {
  const { signer, jwks, keySecrets } = timeline;
  return [...signer, ...jwks, ...keySecrets].some(({ atMs }) => atMs > fromMs && atMs <= toMs);
}

function violations(atMs: number, said: readonly string[]): readonly Violation[] {
  return said.map((message) => ({ promise: 'Truth', atMs, message: `a status says ${message}` }));
}
