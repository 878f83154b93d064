/**
 * Judges a history from outside: by what was in the API server, and by what issuers, servers and
 * verifiers that keep their terms made of it. They influence no operator, so that they are played
 * afterwards, at the limits of what the terms allow. A pure function of the history and the seed.
 */
import type { History } from '../record/history.ts';
import { sceneOf } from './actors/scene.ts';
import { timelineOf } from './facts/timeline.ts';
import { countViolations } from './invariants/counts.ts';
import { gateViolations } from './invariants/gates.ts';
import { identityViolations } from './invariants/identities.ts';
import { jwksViolations } from './invariants/jwks.ts';
import { orphanViolations } from './invariants/orphans.ts';
import { droppedByOperators } from './invariants/others.ts';
import { ownershipViolations } from './invariants/ownership.ts';
import { requestViolations } from './invariants/requests.ts';
import { secrecyViolations } from './invariants/secrecy.ts';
import { signerViolations } from './invariants/signer.ts';
import { rejectedTokens } from './promises/accepted.ts';
import { trustedTooLong } from './promises/distrusted.ts';
import { tooManySigners } from './promises/one-signer.ts';
import { untruths } from './promises/truth.ts';
import type { Verdict } from './verdict/verdict.ts';

export { type Verdict, type Violation, violationText } from './verdict/verdict.ts';

export interface JudgeOptions {
  /** Picks among what the terms allow: when tokens are signed, whose clock is off. */
  readonly seed: number;
  /** How much longer than usual the operators may take to notice what happened; 0 if missing. */
  readonly stalledMs?: number;
}

export function judge(history: History, options: JudgeOptions): Verdict {
  const timeline = timelineOf(history);
  if (timeline === null) return { violations: [], figures: { tokens: 0, verifications: 0 } };
  const scene = sceneOf(timeline);
  const { rejections, ...figures } = rejectedTokens(scene, seeded(options.seed));
  const violations = [
    ...rejections,
    ...trustedTooLong(scene),
    ...tooManySigners(scene),
    ...untruths(scene, options.stalledMs ?? 0),
    ...signerViolations(scene),
    ...jwksViolations(scene),
    ...identityViolations(scene),
    ...secrecyViolations(history),
    ...ownershipViolations(scene),
    ...droppedByOperators(scene),
    ...gateViolations(scene),
    ...countViolations(scene),
    ...orphanViolations(scene),
    ...requestViolations(scene),
  ];
  return { violations: violations.sort((a, b) => a.atMs - b.atMs), figures };
}

/** Mulberry32: from 0 up to 1, the same for the same seed. */
function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
