/**
 * Judges each write of an operator by what truly happened, with a computation of its own: it asks
 * neither the gates nor the invariants of the core.
 */
import type { KeyStatus } from '../../../src/core/formats/status.ts';
import { readLedger } from '../../../src/core/ledger/codec.ts';
import type { Ledger, LedgerKey } from '../../../src/core/ledger/ledger.ts';
import type { Step, Write } from '../../../src/core/reading/model.ts';
import { type Facts, neededKids, signableUntilMs, signingKids } from '../model/facts.ts';
import { OUTSIDE, TERMS } from '../model/spec.ts';
import type { World } from '../model/world.ts';

export type Rule =
  | 'P1 known'
  | 'P1 kept'
  | 'P2'
  | 'P3'
  | 'I1'
  | 'I3'
  | 'I4'
  | 'I7'
  | 'I8'
  | 'Guard'
  | 'Rest'
  | 'Rotates';

export interface Violation {
  readonly rule: Rule;
  readonly text: string;
}

/** A write of an operator that took effect. */
export interface Done {
  readonly step: Step;
  readonly before: World;
  readonly after: World;
  /** Before the write. */
  readonly facts: Facts;
  /** How many changes of the world the operator's last reading had seen. */
  readonly seen: number;
}

export function judged(done: Done): readonly Violation[] {
  const { write } = done.step;
  switch (write.kind) {
    case 'WriteSigner':
      return [
        ...unknownKey(done, write),
        ...thirdKey(done),
        ...otherThanLedger(done, write),
        ...gatesEarlier(done, write.ledger),
      ];
    case 'WriteJwks':
    case 'DeleteJwks':
      return [...cutOff(done), ...endedShown(done), ...emptied(done)];
    case 'WriteStatus':
      return trustedLonger(done, write);
    case 'CreateKeySecret':
      return ordinalAgain(done, write);
    case 'DeleteKeySecret':
      return destroyedEarly(done, write);
    default:
      return [];
  }
}

function found(rule: Rule, text: string): readonly Violation[] {
  return [{ rule, text }];
}

/** P1, I2: whoever may be shown a token of the new key has it, wherever its JWKS comes from. */
function unknownKey(
  { step, after, facts, seen }: Done,
  { ledger }: Extract<Write, { kind: 'WriteSigner' }>,
): readonly Violation[] {
  const kid = after.signerKid;
  // What hands put there, and what the operator leaves for now, is not its doing.
  if (kid === null || kid === facts.rightful || kid !== activeKid(ledger)) return [];
  if (facts.ended.has(kid)) return found('I4', `${kid} had ended and signs again`);
  const isFirst = facts.rightful === null && facts.signing === null;
  // Two exceptions: an edit between the last reading and the write; and, before there is a ledger that
  // could show it, a JWKS that hands put there and took away again.
  const known = facts.views.filter(({ by, change }, index) => {
    const isHidden = by === 'Hands' && facts.views[index + 1]?.by === 'Hands';
    if (isHidden && step.reason.code === 'ActivateFirstKey') return false;
    return by === 'Operator' || change <= seen;
  });
  const sinceMs = after.nowMs - OUTSIDE.viewLagMs;
  const lacking = known.find(({ kids }, index) => {
    const goneMs = known[index + 1]?.fromMs ?? after.nowMs;
    // Who had a JWKS without any key before the first one has not held a JWKS of the set.
    const counts = kids !== null && !(isFirst && kids.length === 0);
    return counts && goneMs >= sinceMs && !kids.includes(kid);
  });
  const isShown = known.at(-1)?.kids?.includes(kid) === true;
  if (lacking === undefined && isShown) return [];
  const view = lacking?.kids?.join(' ') ?? 'nothing';
  return found('P1 known', `${kid} signs, and a verifier may still have a JWKS with ${view}`);
}

function activeKid({ keys }: Ledger): string | null {
  return keys.find(({ state }) => state === 'Active')?.kid ?? null;
}

/** P3: beside the new key at most one may still be in use when an operator switches of its own accord. */
function thirdKey({ step, after, facts }: Done): readonly Violation[] {
  if (step.reason.code !== 'Activate' && step.reason.code !== 'RollBack') return [];
  const others = signingKids(facts).filter((kid) => {
    const untilMs = signableUntilMs(facts, kid) ?? 0;
    return kid !== after.signerKid && untilMs > after.nowMs;
  });
  if (others.length <= 1) return [];
  return found('P3', `${others.join(', ')} and ${after.signerKid} sign at the same time`);
}

/** I1: the signing key and the ledger's active key are one. */
function otherThanLedger(
  { after }: Done,
  { source, ledger }: Extract<Write, { kind: 'WriteSigner' }>,
): readonly Violation[] {
  const active = activeKid(ledger);
  if (source.from === 'unchanged' || active === after.signerKid) return [];
  return found('I1', `the signer holds ${after.signerKid}, and ${active} is active`);
}

/** P1, I3: a key leaves the JWKS only after its last token has expired everywhere. */
function cutOff({ after, facts }: Done): readonly Violation[] {
  const { nowMs, servedKids } = after;
  const lost = neededKids(facts, nowMs).filter((kid) => servedKids?.includes(kid) !== true);
  return lost.flatMap((kid) => {
    const leftMs = (signableUntilMs(facts, kid) ?? 0) + OUTSIDE.tokenLifeMs - nowMs;
    const why = Number.isFinite(leftMs)
      ? `its tokens count for another ${leftMs / 1000} s`
      : 'issuers sign with it';
    return found('P1 kept', `the JWKS is without ${kid}, and ${why}`);
  });
}

/** I4: what has ended does not come back. */
function endedShown({ after, facts }: Done): readonly Violation[] {
  const back = after.servedKids?.find((kid) => facts.ended.has(kid));
  return back === undefined ? [] : found('I4', `${back} had ended, and the JWKS shows it again`);
}

/** I7: the JWKS is never empty, and goes only in a deletion. */
function emptied({ step, before, after }: Done): readonly Violation[] {
  if (step.write.kind === 'WriteJwks') {
    return after.servedKids?.length === 0 ? found('I7', 'the JWKS is empty') : [];
  }
  return before.api.set?.deleting === true
    ? []
    : found('I7', 'the JWKS is deleted, and its set is not');
}

/**
 * P2: nobody trusts a key for longer than the status announces. What hands have made untrue is
 * corrected once the ledger knows of it: until the operator has written the JWKS again, the copy of the
 * ledger comes first.
 */
function trustedLonger(
  { after, facts }: Done,
  { status }: Extract<Write, { kind: 'WriteStatus' }>,
): readonly Violation[] {
  if (facts.views.at(-1)?.by === 'Hands') return [];
  return untrueAnnouncements(status.keys ?? [], facts, after.nowMs);
}

/** Announcements that some verifier outlasts. */
export function untrueAnnouncements(
  keys: readonly KeyStatus[],
  { views, servedUntil }: Facts,
  nowMs: number,
): readonly Violation[] {
  return keys.flatMap(({ kid, distrustedByTime }) => {
    if (distrustedByTime === undefined) return [];
    const isShown = views.at(-1)?.kids?.includes(kid) === true;
    const lastMs = isShown ? nowMs : servedUntil.get(kid);
    if (lastMs === undefined) return [];
    const earlyMs = lastMs + OUTSIDE.trustLagMs - Date.parse(distrustedByTime);
    if (earlyMs <= 0) return [];
    return found('P2', `${kid} is trusted ${earlyMs / 1000} s longer than ${distrustedByTime}`);
  });
}

/** I4: ordinals only grow. A write may come late: whoever read before that may give one again. */
function ordinalAgain(
  { facts, seen }: Done,
  { ordinal }: Extract<Write, { kind: 'CreateKeySecret' }>,
): readonly Violation[] {
  const isLate = seen < facts.ordinalChange;
  return ordinal > facts.ordinal || isLate
    ? []
    : found('I4', `the ordinal ${ordinal} is given again`);
}

/** I3 to its end: a private key is destroyed after the last reading has shown the JWKS without it. */
function destroyedEarly(
  { before, facts, seen }: Done,
  { name }: { readonly name: string },
): readonly Violation[] {
  const content = before.api.keySecrets.get(name)?.content;
  const shown = facts.views.at(-1);
  if (content?.kind !== 'Key' || shown?.kids?.includes(content.kid) !== true) return [];
  if (facts.ended.has(content.kid) || (shown.by === 'Hands' && shown.change > seen)) return [];
  return found('I3', `the private key of ${content.kid} is destroyed, and the JWKS shows the key`);
}

/**
 * I8, computed from the times in two consecutive ledgers. What is recovered is held against the ledger
 * that hands had put an older one in the place of: what was noted on top of that one is given up.
 */
function gatesEarlier({ step, before, facts }: Done, after: Ledger): readonly Violation[] {
  const isRecovery = step.reason.code === 'RecoverLedger' && before.ledger !== null;
  const setAside = isRecovery && facts.setAside !== null ? readLedger(facts.setAside) : null;
  const old = setAside?.kind === 'Ledger' ? setAside.ledger : before.ledger;
  if (old === null) return [];
  return after.keys.flatMap((key) => {
    const known = old.keys.find(({ kid }) => kid === key.kid);
    if (known === undefined) return [];
    return GATES.flatMap(([name, opensMs]) => {
      const [was, is] = [opensMs(known), opensMs(key)];
      if (was === null || is === null || is >= was) return [];
      return found('I8', `the ${name} gate of ${key.kid} opens ${(was - is) / 1000} s earlier`);
    });
  });
}

const { publicationDelayMs: P, sharedCacheTtlMs: H, verifierCacheTtlMs: C } = TERMS;
const { tokenTtlMs: T, verifierLeewayMs: L, signerRefreshDelayMs: PS, clockSkewMs: S } = TERMS;

const GATES: readonly (readonly [string, (key: LedgerKey) => number | null])[] = [
  [
    'activation',
    (key) => (key.state === 'Pending' ? plus(key.publishedSeenMs, P + H + C + S) : null),
  ],
  ['removal', (key) => (key.state === 'Active' ? null : plus(key.settled?.seenMs, T + L + 2 * S))],
  ['switch', (key) => (key.state === 'Active' ? plus(key.signerSeenMs, PS + S) : null)],
];

function plus(atMs: number | null | undefined, durationMs: number): number | null {
  return atMs === null || atMs === undefined ? null : atMs + durationMs;
}
