/**
 * Promise 1: each valid token is accepted, from its signing until it expires, at each verifier
 * that keeps its terms.
 *
 * Not counted are rejections that someone brought about and no rotation: by a copy of a JWKS that
 * someone wrote, and from which they took the key. If an operator had time to notice that, and still
 * chose the key afterwards, it is counted.
 */
import { type Stint, type Token, tokensOf } from '../actors/issuers.ts';
import { repairedFrom } from '../actors/repairs.ts';
import type { Scene } from '../actors/scene.ts';
import { fetchable, type PublishedSet, ROUTES } from '../actors/servers.ts';
import { audienceOf, type Copy, copiesOf, type Verifier } from '../actors/verifiers.ts';
import { deadlineMs, type Timeline } from '../facts/timeline.ts';
import type { Violation } from '../verdict/verdict.ts';

export interface Acceptance {
  readonly rejections: readonly Violation[];
  readonly tokens: number;
  readonly verifications: number;
}

export function rejectedTokens(scene: Scene, random: () => number): Acceptance {
  const { timeline, stints, published } = scene;
  const verifiers = audienceOf(timeline, random);
  const copies = copiesByWay(timeline, published, verifiers);
  const rejections: Violation[] = [];
  let tokenCount = 0;
  for (const stint of stints.filter(({ isPromised }) => isPromised)) {
    const harmful = published.filter((set) => lacks(set, stint) && !isExcused(scene, set, stint));
    const momentsMs = harmful.flatMap((set) => {
      return ROUTES.map((route) => fetchable(timeline, set, route).firstMs);
    });
    const tokens = tokensOf(timeline, stint, [...new Set(momentsMs)], random);
    tokenCount += tokens.length;
    if (harmful.length === 0) continue;
    const reachable = reachableByWay(scene, stint, copies, new Set(harmful));
    const found = verifiers.flatMap((verifier) => {
      const bad = reachable.get(wayOf(verifier)) ?? [];
      return bad.length === 0 ? [] : rejectionsAt(timeline, verifier, tokens, bad);
    });
    rejections.push(...firstOfEachSet(found));
  }
  return { rejections, tokens: tokenCount, verifications: tokenCount * verifiers.length };
}

/** Whether someone, or nobody, is to blame that the set lacks the key. */
function isExcused(scene: Scene, set: PublishedSet, stint: Stint): boolean {
  if (set.fromMs <= stint.unknownUntilMs) return true;
  const { activatedMs } = repairedFrom(scene, stint) ?? stint;
  return isTakenByHand(scene, set, stint.kid, stint.key, activatedMs);
}

/**
 * Someone took the key out, too late for an operator to see it before the key was activated: no
 * more than a write's deadline earlier, and no operator has put the JWKS right in between.
 */
function isTakenByHand(
  { timeline, published }: Scene,
  set: PublishedSet,
  kid: string,
  key: string,
  activatedMs: number,
): boolean {
  if (!set.byHand || set.base?.get(kid) !== key) return false;
  if (set.fromMs <= activatedMs - deadlineMs(timeline, activatedMs)) return false;
  return !published.some(
    (other) => !other.byHand && other.fromMs > set.fromMs && other.fromMs < activatedMs,
  );
}

function lacks({ keys }: PublishedSet, { kid, key }: Stint): boolean {
  return keys.get(kid) !== key;
}

/** Verifiers that hold their copies alike: same route, same patience. */
function wayOf({ route, late }: Verifier): string {
  return `${route.serverShare}/${route.cacheShare}/${late}`;
}

function copiesByWay(
  timeline: Timeline,
  published: readonly PublishedSet[],
  verifiers: readonly Verifier[],
): ReadonlyMap<string, readonly Copy[]> {
  const copies = new Map<string, readonly Copy[]>();
  for (const verifier of verifiers) {
    const way = wayOf(verifier);
    if (!copies.has(way)) copies.set(way, copiesOf(timeline, published, verifier));
  }
  return copies;
}

/** Of each way the harmful copies that someone holds while a token of the stint may live. */
function reachableByWay(
  { timeline }: Scene,
  { startMs, heldUntilMs }: Stint,
  copies: ReadonlyMap<string, readonly Copy[]>,
  harmful: ReadonlySet<PublishedSet>,
): ReadonlyMap<string, readonly Copy[]> {
  const { terms } = timeline;
  const livesMs = terms.validUntilMs(heldUntilMs, ['clockSkewMs', 1], ['verifierLeewayMs', 1]);
  const isReachable = ({ published, fromMs, untilMs }: Copy) =>
    harmful.has(published) && startMs < untilMs && fromMs < livesMs;
  return new Map([...copies].map(([way, all]) => [way, all.filter(isReachable)]));
}

interface Rejection extends Violation {
  readonly set: PublishedSet;
}

function rejectionsAt(
  timeline: Timeline,
  verifier: Verifier,
  tokens: readonly Token[],
  bad: readonly Copy[],
): readonly Rejection[] {
  return tokens.flatMap((token) => {
    const { stint, issuer, signedMs } = token;
    const reachable = bad.filter(({ untilMs }) => untilMs > signedMs);
    if (reachable.length === 0) return [];
    const validMs = timeline.terms.validUntilMs(
      signedMs,
      ['clockSkewMs', issuer.clockShare - verifier.clockShare],
      ['verifierLeewayMs', verifier.leewayShare],
    );
    const untilMs = Math.min(validMs, stint.voidFromMs, timeline.history.endMs);
    return reachable.flatMap((copy) => {
      const atMs = Math.max(signedMs, copy.fromMs);
      return atMs < untilMs ? [rejection(timeline, verifier, token, copy, atMs)] : [];
    });
  });
}

function rejection(
  timeline: Timeline,
  { name, route }: Verifier,
  { stint, issuer, signedMs }: Token,
  { published }: Copy,
  atMs: number,
): Rejection {
  const seconds = (ms: number) => `${(ms - timeline.history.startMs) / 1000} s`;
  const message =
    `a token of ${stint.kid}, signed at ${seconds(signedMs)} by the ${issuer.name}, is rejected ` +
    `by ${name} behind a server ${route.serverShare} P late and ${cacheText(route)}: ` +
    `its copy is the JWKS of revision ${published.version.change.revision} ` +
    `(${seconds(published.fromMs)}, by ${published.version.change.author}), which lacks the key`;
  return { promise: 'P1', atMs, message, set: published };
}

function cacheText({ cacheShare }: Verifier['route']): string {
  return cacheShare === 'as served' ? 'a cache that obeys it' : `a cache of ${cacheShare} H`;
}

/** One is enough of what the same set does to the tokens of the same stint: the earliest. */
function firstOfEachSet(found: readonly Rejection[]): readonly Violation[] {
  const first = new Map<PublishedSet, Rejection>();
  for (const each of found) {
    const known = first.get(each.set);
    if (known === undefined || each.atMs < known.atMs) first.set(each.set, each);
  }
  return [...first.values()].map(({ set: _, ...violation }) => violation);
}
