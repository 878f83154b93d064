/**
 * What a status claims, held against what could be read in a span of time: a claim stands if some version
 * of each object in that span bears it out. The oracle goes by the objects alone, so that it needs
 * no ledger for this.
 */
import { LABEL } from '../../../../src/core/formats/names.ts';
import { child, type JsonObject, metadataOf, text } from '../../../fake-api/json/json.ts';
import { type Change, HAND } from '../../record/history.ts';
import type { Scene } from '../actors/scene.ts';
import { ownerOf } from '../facts/documents.ts';
import type { SetVersion } from '../facts/set-versions.ts';
import type { JwksVersion, KeySecretVersion, SignerVersion } from '../facts/timeline.ts';

/** Both ends included, by true time. */
export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
  /** Only what was committed before this revision can have been read. */
  readonly revision: number;
}

/** @returns what is claimed, and was not so at any instant of the span */
export function falseClaims(scene: Scene, set: SetVersion, span: Span): readonly string[] {
  return [
    ...readyClaims(scene, set, span),
    ...standbyClaims(scene, set, span),
    ...revocationClaims(scene, set, span),
    ...endedClaims(scene, set, span),
    ...invariantClaims(scene, set, span),
    ...overdueClaims(scene, set, span),
    ...pendingClaims(scene, set, span),
  ];
}

export function conditionOf({ status }: SetVersion, type: string): string {
  const found = status.conditions?.find((condition) => condition.type === type);
  return found === undefined ? '' : `${found.status} ${found.reason}`;
}

/** The version that stood when the span began, and those within it. */
export function seenIn<V extends { readonly atMs: number; readonly change: Change }>(
  versions: readonly V[],
  { fromMs, toMs, revision }: Span,
): readonly V[] {
  const known = versions.filter(({ atMs, change }) => atMs <= toMs && change.revision < revision);
  const first = known.findLastIndex(({ atMs }) => atMs <= fromMs);
  return known.slice(Math.max(0, first));
}

/** `Ready`: a key signs, the JWKS has shown it for P, and verifiers have had the time to learn of it. */
function readyClaims(scene: Scene, set: SetVersion, span: Span): readonly string[] {
  if (!conditionOf(set, 'Ready').startsWith('True')) return [];
  const kid = set.status.activeKid ?? '';
  const found: string[] = [];
  if (set.deleting) found.push('Ready, though the set is being deleted');
  if (set.revokedKids.includes(kid)) found.push(`Ready, though ${kid} is revoked`);
  if (!signs(scene, kid, span)) found.push(`Ready, though ${kid} is not in the signer Secret`);
  const { signer } = scene.timeline;
  const shown = seenIn(scene.timeline.jwks, span).filter(({ keys }) => keys?.has(kid) === true);
  if (shown.length === 0) found.push(`Ready, though ${kid} is not in the JWKS`);
  else if (!shown.some((jwks) => isKnown(scene, kid, jwks, span.toMs)) && !isTold(signer, span)) {
    found.push(`Ready, though ${kid} is not in the JWKS for long enough`);
  }
  return found;
}

/** `StandbyReady`: a pending key could sign at once, so that its Secret holds it and the JWKS shows it. */
function standbyClaims({ timeline }: Scene, set: SetVersion, span: Span): readonly string[] {
  if (!conditionOf(set, 'StandbyReady').startsWith('True')) return [];
  const pending = (set.status.keys ?? []).filter(({ state }) => state === 'Pending');
  const isHeldBySecret = (kid: string) =>
    namesOf(timeline.keySecrets).some((name) =>
      seenIn(named(timeline.keySecrets, name), span).some(
        ({ facts, isCopy, change }) => facts?.kid === kid && !isCopy && change.after !== null,
      ),
    );
  const isShown = (kid: string) => seenIn(timeline.jwks, span).some(({ keys }) => keys?.has(kid));
  const found: string[] = [];
  if (!pending.some(({ kid }) => isHeldBySecret(kid))) {
    found.push('a standby is ready, though no key Secret holds it');
  }
  if (!pending.some(({ kid }) => isShown(kid))) {
    found.push('a standby is ready, though the JWKS does not show it');
  }
  return found;
}

/** Someone wrote the signer, and may have forged in its ledger since when the JWKS shows the key. */
function isTold(signer: readonly SignerVersion[], { toMs }: Span): boolean {
  return signer.some(({ change }) => change.author === HAND && change.atMs <= toMs);
}

function signs({ timeline }: Scene, kid: string, span: Span): boolean {
  return seenIn(timeline.signer, span).some(
    ({ facts }) => facts?.kind === 'Key' && facts.kid === kid,
  );
}

function isKnown(scene: Scene, kid: string, jwks: JwksVersion, atMs: number): boolean {
  const { timeline, stints, memory } = scene;
  const { terms } = timeline;
  const before = timeline.jwks.slice(0, timeline.jwks.indexOf(jwks));
  const since = (lacking: number) => timeline.jwks[lacking + 1]?.atMs ?? jwks.atMs;
  const servedMs = since(before.findLastIndex(({ keys }) => keys?.has(kid) !== true));
  // Who can't fetch a JWKS that is gone keeps the last one.
  const shownMs = since(before.findLastIndex(({ keys }) => keys?.has(kid) === false));
  // Each of two clocks may be half of S off.
  const nowMs = atMs + terms.at('clockSkewMs', atMs);
  const publicationMs = terms.declaredAt(atMs)?.publicationDelayMs ?? 0;
  if (servedMs + publicationMs > nowMs) return false;
  const beganMs = memory.beganMs(atMs);
  const isFirst = ![...stints, ...otherKeys(timeline.jwks)].some((other) => {
    return other.kid !== kid && other.startMs >= beganMs && other.startMs < shownMs;
  });
  const stint = stints.findLast((each) => each.kid === kid && each.startMs <= atMs);
  const learnedMs = (fromMs: number) =>
    terms.passedMs(
      fromMs,
      ['publicationDelayMs', 1],
      ['sharedCacheTtlMs', 1],
      ['verifierCacheTtlMs', 1],
    );
  return isFirst || learnedMs(shownMs) <= nowMs || learnedMs(stint?.activatedMs ?? atMs) <= nowMs;
}

function otherKeys(versions: readonly JwksVersion[]): readonly { kid: string; startMs: number }[] {
  return versions.flatMap(({ keys, atMs }) =>
    [...(keys?.keys() ?? [])].map((kid) => ({ kid, startMs: atMs })),
  );
}

/**
 * `RevocationsApplied`: no object holds a revoked key any more, be it one that waits for its finalizers. This also
 * holds while an entry matches no key (`Unknown`); if it is `True`, each of them was a key once.
 */
function revocationClaims(scene: Scene, set: SetVersion, span: Span): readonly string[] {
  const applied = conditionOf(set, 'RevocationsApplied');
  const kids = /^(?:True|Unknown) /.test(applied) ? set.revokedKids : [];
  const held = kids.flatMap((kid) =>
    holdersOf(scene, kid, span).map((holder) => `revocations applied, though ${holder} has ${kid}`),
  );
  const strange = applied.startsWith('True')
    ? kids.filter((kid) => !wasThere(scene, kid, span))
    : [];
  return [
    ...held,
    ...strange.map((kid) => `revocations applied, though nothing ever had ${kid}`),
    ...unmatchedClaims(scene, set, span),
  ];
}

function wasThere({ timeline }: Scene, kid: string, { toMs }: Span): boolean {
  const { signer, keySecrets, jwks } = timeline;
  const holders = [
    ...signer.filter(({ facts }) => facts?.kind === 'Key' && facts.kid === kid),
    ...keySecrets.filter(({ facts }) => facts?.kid === kid),
    ...jwks.filter(({ keys }) => keys?.has(kid) === true),
  ];
  return holders.some(({ atMs }) => atMs <= toMs);
}

/** `RevocationsUnmatched`: of some entry no key is known. One that an operator let sign is, until someone takes what told of it. */
function unmatchedClaims(scene: Scene, set: SetVersion, { toMs }: Span): readonly string[] {
  const { stints, memory } = scene;
  const isClaimed = conditionOf(set, 'RevocationsUnmatched').startsWith('True');
  // Whoever has just edited the spec may have removed that entry.
  if (!isClaimed || set.spec === null || set.revokedKids.length === 0) return [];
  const isKnown = (kid: string) => {
    const signed = stints.some((each) => each.kid === kid && !each.byHand && each.startMs <= toMs);
    return signed && memory.lostMs(kid) > toMs && !memory.wipes.some((wipedMs) => wipedMs <= toMs);
  };
  return set.revokedKids.every(isKnown)
    ? [`that a revocation matches no key, though each has signed: ${set.revokedKids.join(', ')}`]
    : [];
}

/** The objects that held a key at every instant of the span. */
export function holdersOf(scene: Scene, kid: string, span: Span): readonly string[] {
  const { timeline } = scene;
  const found = [...secretsOf(scene, kid, span)].map(({ change }) => change.name);
  const signer = seenIn(timeline.signer, span);
  const holds = signer.map(({ facts }) => facts?.kind === 'Key' && facts.kid === kid);
  if (holds.length > 0 && holds.every(Boolean)) found.push('the signer Secret');
  const jwks = seenIn(timeline.jwks, span);
  if (jwks.length > 0 && jwks.every(({ keys }) => keys?.has(kid) === true)) found.push('the JWKS');
  return found;
}

/** Those that were there all the time, and that an operator lists. */
function secretsOf({ timeline }: Scene, kid: string, span: Span): readonly KeySecretVersion[] {
  const { keySecrets, history } = timeline;
  return namesOf(keySecrets).flatMap((name) => {
    const seen = seenIn(named(keySecrets, name), span);
    const [first] = seen;
    const isThere = ({ change, facts, isCopy, atMs }: KeySecretVersion) =>
      facts?.kid === kid && !isCopy && atMs <= span.toMs && isListed(change, history.setName);
    return first !== undefined && first.atMs <= span.fromMs && seen.every(isThere) ? [first] : [];
  });
}

function namesOf(versions: readonly { readonly change: Change }[]): readonly string[] {
  return [...new Set(versions.map(({ change }) => change.name))];
}

function named<V extends { readonly change: Change }>(
  all: readonly V[],
  name: string,
): readonly V[] {
  return all.filter(({ change }) => change.name === name);
}

function isListed({ after }: Change, setName: string): boolean {
  return after !== null && child(metadataOf(after), 'labels')[LABEL.set] === setName;
}

/** `Retired`: its private key is destroyed. An accepted deletion is not enough. */
function endedClaims(scene: Scene, { status }: SetVersion, span: Span): readonly string[] {
  return (status.keys ?? [])
    .filter(({ state }) => state === 'Retired')
    .flatMap(({ kid }) => secretsOf(scene, kid, span))
    .filter(({ change }) => isHeld(change.after))
    .map(({ change, facts }) => `${facts?.kid} has ended, though ${change.name} is still there`);
}

function isHeld(object: JsonObject | null): object is JsonObject {
  return object !== null && metadataOf(object)['deletionTimestamp'] !== undefined;
}

/** `InvariantsHold`: the signer holds the active key, or none, and the JWKS shows it. */
function invariantClaims(scene: Scene, set: SetVersion, span: Span): readonly string[] {
  if (!conditionOf(set, 'InvariantsHold').startsWith('True')) return [];
  const { signer, jwks } = scene.timeline;
  const kid = set.status.activeKid ?? null;
  if (kid === null) {
    const seen = seenIn(signer, span);
    const isFilled = seen.length > 0 && seen.every(({ facts }) => facts?.kind === 'Key');
    return isFilled ? ['invariants hold, though the signer Secret holds a key and none signs'] : [];
  }
  const found: string[] = [];
  if (!signs(scene, kid, span)) found.push(`invariants hold, though ${kid} does not sign`);
  const isShown = seenIn(jwks, span).some(({ keys }) => keys?.has(kid) === true);
  if (!isShown && !set.revokedKids.includes(kid)) {
    found.push(`invariants hold, though the JWKS does not show ${kid}`);
  }
  return found;
}

/** What a rotation is given beyond what it needs; and readings, clocks and notes are seconds apart. */
const OVERDUE_MARGIN_MS = 60_000;
const NOTED_MS = 10_000;

function overdueClaims(scene: Scene, set: SetVersion, { toMs }: Span): readonly string[] {
  const overdue = conditionOf(set, 'RotationOverdue');
  const { stints, timeline, memory } = scene;
  const kid = set.status.activeKid;
  const stint = stints.findLast((each) => each.startMs <= toMs);
  if (overdue === '' || set.spec === null || stint === undefined || stint.kid !== kid) return [];
  // Since when it signs is remembered by the ledger alone.
  if (stint.byHand || memory.wipes.some((wipedMs) => wipedMs >= stint.activatedMs)) return [];
  const dueMs = stint.activatedMs + set.spec.intervalMs;
  if (overdue.startsWith('True')) {
    return toMs < dueMs ? ['a rotation is overdue, though its interval has not passed'] : [];
  }
  const leadMs = timeline.terms.passedMs(
    dueMs,
    ['publicationDelayMs', 1],
    ['sharedCacheTtlMs', 1],
    ['verifierCacheTtlMs', 1],
    ['clockSkewMs', 1],
  );
  const lateMs = leadMs + OVERDUE_MARGIN_MS + NOTED_MS;
  return toMs > lateMs ? [`no rotation is overdue, though ${kid} signs for too long`] : [];
}

/** `DeletionPending`: whatever was deleted and is kept by a finalizer is named. */
function pendingClaims({ timeline }: Scene, set: SetVersion, span: Span): readonly string[] {
  const { history, keySecrets, signer, jwks } = timeline;
  if (!set.exists || conditionOf(set, 'Ready').endsWith('InvalidSpec')) return [];
  const told = set.status.conditions?.find(({ type }) => type === 'DeletionPending')?.message ?? '';
  const owned = [...signer, ...jwks].filter(({ change }) => isOwn(change, set));
  const versions = [
    ...keySecrets.filter(({ change }) => isListed(change, history.setName) && isOwn(change, set)),
    ...owned,
  ];
  const all = [...keySecrets, ...signer, ...jwks];
  return namesOf(versions).flatMap((name) => {
    const seen = seenIn(named(all, name), span);
    const isKept = seen.length > 0 && seen.every(({ change }) => isHeld(change.after));
    const isOurs = seen.every((version) => isOwn(version.change, set));
    return isKept && isOurs && !told.includes(name)
      ? [`nothing about ${name}, which was deleted and is kept by a finalizer`]
      : [];
  });
}

function isOwn({ after }: Change, { change }: SetVersion): boolean {
  const owner = after === null ? null : ownerOf(after);
  return owner !== null && owner.uid === text(metadataOf(change.after ?? {}), 'uid');
}

/** Whether the status was written by this change. */
export function isStatusWrite({ change: { before, after } }: SetVersion): boolean {
  return JSON.stringify(before?.['status']) !== JSON.stringify(after?.['status']);
}
