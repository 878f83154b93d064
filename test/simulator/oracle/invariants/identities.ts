/**
 * I4: under a kid an operator never shows another key, and one that it has taken out of the JWKS
 * never comes back by its doing, nor does a revoked one sign. Ordinals only grow. All of it as far
 * as the set's objects can still tell of it.
 */

import { metadataOf, text } from '../../../fake-api/json/json.ts';
import type { Change } from '../../record/history.ts';
import { revokedMs } from '../actors/issuers.ts';
import type { Scene } from '../actors/scene.ts';
import { ownerOf } from '../facts/documents.ts';
import {
  deadlineMs,
  type JwksVersion,
  judgedOnMs,
  type KeySecretVersion,
  type SignerVersion,
  standingAt,
  type Timeline,
} from '../facts/timeline.ts';
import type { Violation } from '../verdict/verdict.ts';

export function identityViolations(scene: Scene): readonly Violation[] {
  return [
    ...otherKeys(scene),
    ...broughtBack(scene),
    ...leftBehind(scene),
    ...revokedSigns(scene),
    ...reused(scene),
  ];
}

/** What operators showed, in order: kid, key, and where. */
function shownByOperators({ timeline }: Scene) {
  const shown = [
    ...timeline.jwks.filter(({ byHand }) => !byHand).flatMap(jwksEntries),
    ...timeline.signer.filter(({ byHand }) => !byHand).flatMap(signerEntries),
  ];
  return shown.sort((a, b) => a.change.revision - b.change.revision);
}

interface Entry {
  readonly kid: string;
  readonly key: string;
  readonly change: Change;
}

function jwksEntries({ keys, change }: JwksVersion): readonly Entry[] {
  return [...(keys ?? [])].map(([kid, key]) => ({ kid, key, change }));
}

function signerEntries({ facts, change }: SignerVersion): readonly Entry[] {
  return facts?.kind === 'Key' ? [{ kid: facts.kid, key: facts.key, change }] : [];
}

function otherKeys(scene: Scene): readonly Violation[] {
  const known = new Map<string, string>();
  return shownByOperators(scene).flatMap(({ kid, key, change }) => {
    const first = known.get(kid) ?? key;
    known.set(kid, first);
    if (first === key) return [];
    const message = `another key has the kid ${kid} in ${change.name}`;
    return [{ promise: 'I4', atMs: change.atMs, message }];
  });
}

/** When an operator took each kid out of the JWKS, or the set ended that the kid belonged to. */
function takenOutMs({ timeline, memory }: Scene): ReadonlyMap<string, number> {
  const taken = new Map<string, number>();
  let present = new Set<string>();
  let lifeMs = memory.beganMs(Number.NEGATIVE_INFINITY);
  for (const { keys, byHand, atMs } of timeline.jwks) {
    if (keys === null) continue;
    const beganMs = memory.beganMs(atMs);
    if (beganMs !== lifeMs) {
      const goOn = firstKeysAt(timeline, beganMs);
      for (const kid of present) if (!taken.has(kid) && !goOn.has(kid)) taken.set(kid, beganMs);
      present = new Set();
      lifeMs = beganMs;
    }
    if (!byHand) {
      for (const kid of present) if (!keys.has(kid) && !taken.has(kid)) taken.set(kid, atMs);
    }
    // What someone takes out is not ended by that: the operator puts it back, or takes it out.
    present = byHand ? new Set([...present, ...keys.keys()]) : new Set(keys.keys());
  }
  return taken;
}

/**
 * If nothing is left of a set but the Secret of a key that was made for it, that key goes on as its first one.
 * It has not ended, unless another set of that name has come.
 */
function firstKeysAt({ sets, keySecrets }: Timeline, atMs: number): ReadonlySet<string> {
  const set = standingAt(sets, atMs)?.change.after ?? null;
  const setUid = set === null ? null : text(metadataOf(set), 'uid');
  const standing = new Map<string, KeySecretVersion>();
  for (const version of keySecrets) {
    if (version.atMs <= atMs) standing.set(version.change.name, version);
  }
  const own = [...standing.values()].filter(
    ({ change: { after } }) => after !== null && ownerOf(after)?.uid === setUid,
  );
  return new Set(own.flatMap(({ facts }) => (facts === null ? [] : [facts.kid])));
}

function broughtBack(scene: Scene): readonly Violation[] {
  const taken = takenOutMs(scene);
  return shownByOperators(scene).flatMap(({ kid, change }) => {
    const takenMs = taken.get(kid) ?? Number.POSITIVE_INFINITY;
    if (takenMs >= change.atMs || !isRemembered(scene, change, takenMs)) return [];
    const message = `${kid} had ended, and ${change.author} brings it back into ${change.name}`;
    return [{ promise: 'I4', atMs: change.atMs, message }];
  });
}

/** A later set of the name knows the keys of an earlier one as ended, unless it has taken that one over. */
function isRemembered({ memory }: Scene, change: Change, takenMs: number): boolean {
  const isOfThisLife = memory.beganMs(change.atMs) < takenMs;
  const isKnown = isOfThisLife || !memory.isResumed(change.atMs);
  if (!isKnown || memory.knownBeforeMs(change) < takenMs) return false;
  return !isOfThisLife || memory.hasKnownSince(takenMs, change);
}

/** An operator that is at work has noticed by then. Histories end when nothing is left to do. */
const NOTICED_MS = 20_000;

/** The Secret of an ended key that someone put back, and that is still there at the end. */
function leftBehind(scene: Scene): readonly Violation[] {
  const { timeline } = scene;
  const set = timeline.sets.at(-1);
  if (set?.exists !== true || set.deleting) return [];
  const taken = takenOutMs(scene);
  const last = new Map(timeline.keySecrets.map((version) => [version.change.name, version]));
  return [...last.values()].flatMap(({ facts, change, atMs, byHand }) => {
    const takenMs = taken.get(facts?.kid ?? '') ?? Number.POSITIVE_INFINITY;
    // What was given to another set is that one's affair.
    const owner = change.after === null ? null : ownerOf(change.after);
    const isOurs = owner === null || owner.name === timeline.history.setName;
    const isBack = byHand && change.after !== null && isOurs && takenMs < atMs;
    const isNoticed = atMs + NOTICED_MS < timeline.history.endMs;
    if (!isBack || !isNoticed || !isRemembered(scene, change, takenMs)) return [];
    const message = `the private key of ${facts?.kid}, which had ended, is back and stays`;
    return [{ promise: 'I4', atMs: timeline.history.endMs, message }];
  });
}

function revokedSigns(scene: Scene): readonly Violation[] {
  const { timeline, stints } = scene;
  return stints.flatMap(({ kid, startMs: atMs, byHand, version }) => {
    const fromMs = revokedMs(timeline, kid);
    const isLate = atMs > fromMs + deadlineMs(timeline, atMs);
    if (byHand || !(isLate || hasSeen(timeline, version.change, fromMs))) return [];
    return [{ promise: 'I4', atMs, message: `${kid} is revoked and begins to sign` }];
  });
}

function hasSeen(timeline: Timeline, change: Change, sinceMs: number): boolean {
  const readMs = judgedOnMs(timeline, change);
  return readMs !== null && readMs > sinceMs;
}

/**
 * An ordinal belongs to the key that was published under it. Who read before that may still make
 * another one, as long as a write takes: it ends as an orphan.
 */
function reused({ timeline, memory }: Scene): readonly Violation[] {
  const publishedMs = new Map<string, number>();
  for (const { keys, atMs } of timeline.jwks) {
    for (const kid of keys?.keys() ?? []) {
      if (!publishedMs.has(kid)) publishedMs.set(kid, atMs);
    }
  }
  return timeline.keySecrets.flatMap(({ byHand, change, ordinal, facts, atMs }, index) => {
    if (byHand || change.before !== null || facts === null) return [];
    const knownMs = memory.knownBeforeMs(change);
    const readMs = atMs - deadlineMs(timeline, atMs);
    const beganMs = memory.beganMs(atMs);
    const earlier = timeline.keySecrets.slice(0, index).find((other) => {
      if (other.atMs < beganMs || other.isCopy) return false;
      const kid = other.facts?.kid ?? '';
      const sinceMs = publishedMs.get(kid) ?? Number.POSITIVE_INFINITY;
      // Each life counts from one.
      const isKnown = beganMs <= sinceMs && sinceMs < readMs && knownMs >= sinceMs;
      return kid !== facts.kid && other.ordinal >= ordinal && isKnown;
    });
    const isNew = (publishedMs.get(facts.kid) ?? Number.POSITIVE_INFINITY) >= atMs;
    if (earlier === undefined || !isNew) return [];
    const message = `the ordinal #${ordinal} is given to ${facts.kid}, after #${earlier.ordinal} was ${earlier.facts?.kid}'s`;
    return [{ promise: 'I4', atMs, message }];
  });
}
