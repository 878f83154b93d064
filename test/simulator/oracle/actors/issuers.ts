/**
 * Who signs with what. An issuer keeps using the key that it mounted until it sees another one,
 * somewhere between at once and Ps after the commit; a deleted Secret takes nothing from it. A pod
 * that reads the Secret once keeps signing until it is gone.
 */
import { HAND } from '../../record/history.ts';
import type { Memory } from '../facts/memory.ts';
import { kindOf } from '../facts/public-keys.ts';
import type { ReadingPod } from '../facts/reading-pods.ts';
import type { SetVersion } from '../facts/set-versions.ts';
import {
  deadlineMs,
  judgedOnMs,
  type SignerVersion,
  standingAt,
  type Timeline,
} from '../facts/timeline.ts';

/** A time in which one key was in the signer Secret. */
export interface Stint {
  readonly kid: string;
  /** Which key was there under that kid. */
  readonly key: string;
  readonly version: SignerVersion;
  readonly startMs: number;
  /** Commit of what replaced it; Infinity if nothing did. */
  readonly endMs: number;
  /** When the last issuer lets go of it that follows its mount. */
  readonly signsUntilMs: number;
  /** Pods that may have read it at startup, and sign with it for as long as they run. */
  readonly pods: readonly ReadingPod[];
  /** When the last issuer of all lets go of it. */
  readonly heldUntilMs: number;
  /** Put there by someone, and by no operator. */
  readonly byHand: boolean;
  /** Whether its tokens are promised to be accepted. */
  readonly isPromised: boolean;
  /**
   * Since when operators have had this key sign, with no other one in between; long ago for one that
   * someone put there.
   */
  readonly activatedMs: number;
  /** What verifiers hold of a JWKS that was committed until then without it is nobody's fault. */
  readonly unknownUntilMs: number;
  /** Its tokens are valid no longer than this: revoked, or the set was taken away. */
  readonly voidFromMs: number;
}

export interface Issuer {
  readonly name: string;
  /** How much of Ps it takes to see a change. */
  readonly pickUpShare: number;
  /** Its clock against the true time, as a share of S. */
  readonly clockShare: number;
}

export interface Token {
  readonly stint: Stint;
  readonly issuer: Issuer;
  readonly signedMs: number;
}

const CLOCKS = [-0.5, 0, 0.5];
const PICK_UPS: readonly (readonly [name: string, share: number])[] = [
  ['prompt', 0],
  ['middling', 0.5],
  ['late', 1],
];

const ISSUERS: readonly Issuer[] = PICK_UPS.flatMap(([name, pickUpShare]) =>
  CLOCKS.map((clockShare) => ({
    name: `${name} issuer ${clockShare} S off`,
    pickUpShare,
    clockShare,
  })),
);

const NEVER = Number.POSITIVE_INFINITY;
const LONG_AGO = Number.NEGATIVE_INFINITY;

export function stintsOf(timeline: Timeline, memory: Memory): readonly Stint[] {
  const spans = adopted(timeline, spansOf(timeline));
  const stints: Stint[] = [];
  for (const span of spans) {
    const signsUntilMs = timeline.terms.passedMs(span.endMs, ['signerRefreshDelayMs', 1]);
    const pods = podsWith(timeline, span);
    const heldUntilMs = Math.max(signsUntilMs, ...pods.map(({ endMs }) => endMs));
    const voidFromMs = voidMs(timeline, memory, span);
    const isOwn = !span.byHand || isLive(timeline, stints, span.kid, span.startMs);
    const isNext = !isOwn && isPutAside(timeline, stints, span);
    const unknownUntilMs = isNext ? span.startMs : span.unknownUntilMs;
    const isPromised = isOwn || isNext;
    const held = { signsUntilMs, pods, heldUntilMs, voidFromMs };
    stints.push({ ...span, ...held, unknownUntilMs, isPromised });
  }
  return stints;
}

type Span = Omit<Stint, 'signsUntilMs' | 'pods' | 'heldUntilMs' | 'voidFromMs' | 'isPromised'>;

/**
 * Someone made the next key sign, and an operator saw that, since it put another one in its place:
 * the key may have signed (docs/rotation.md, Loss). Not if its end may have been on its way already.
 */
function isPutAside(
  timeline: Timeline,
  stints: readonly Stint[],
  { kid, key, startMs, endMs, version }: Span,
): boolean {
  const { sets, jwks, signer, keySecrets } = timeline;
  const next = signer.find(({ change }) => change.revision > version.change.revision);
  const isSeen = signer.some(({ atMs, change }) => atMs === endMs && change.author !== HAND);
  if (next === undefined || !isSeen || stints.some((stint) => stint.kid === kid)) return false;
  const sinceMs = startMs - deadlineMs(timeline, startMs);
  const during = <V extends { readonly atMs: number }>(versions: readonly V[]) => {
    const before = standingAt(versions, sinceMs);
    const later = versions.filter(({ atMs }) => sinceMs < atMs && atMs <= endMs);
    return before === null ? later : [before, ...later];
  };
  const isShown = during(jwks).every(({ keys, byHand }) => !byHand && keys?.get(kid) === key);
  const isWanted = during(sets).every(({ spec }) => spec?.kind === kindOf(key));
  const secrets = during(keySecrets.filter(({ facts }) => facts?.kid === kid));
  const isThere = secrets.length > 0 && secrets.every(({ change }) => change.after !== null);
  return isShown && isWanted && isThere && revokedMs(timeline, kid) === NEVER;
}

/**
 * What its node knows of the Secret may be Ps old when a pod takes it. A larger Ps that is declared while
 * the JWKS still has the key says how old that was: nobody's node is slower for it.
 */
function podsWith(timeline: Timeline, { startMs, endMs, kid }: Span): readonly ReadingPod[] {
  const { terms, pods, jwks } = timeline;
  const gone = jwks.find(({ atMs, keys }) => atMs > endMs && keys?.has(kid) === false);
  const readMs = gone === undefined ? NEVER : judgedOnMs(timeline, gone.change);
  const lagMs = terms.at('signerRefreshDelayMs', readMs ?? endMs);
  const staleMs = Math.max(endMs + lagMs, terms.passedMs(endMs, ['signerRefreshDelayMs', 1]));
  return pods.filter(({ readsMs }) => startMs <= readsMs && readsMs < staleMs);
}

/** What was in the signer Secret, and by whose will. */
function spansOf(timeline: Timeline): readonly Span[] {
  const spans: Span[] = [];
  let current: Span | null = null;
  /** The key that operators last had sign. */
  let chosen: Span | null = null;
  let signed: string | null = null;
  /** The key that a revocation last called at once; if someone undoes that, it is called again. */
  let called: Pick<Span, 'kid' | 'unknownUntilMs'> | null = null;
  const close = (endMs: number) => {
    if (current !== null) spans.push({ ...current, endMs });
    current = null;
  };
  for (const version of timeline.signer) {
    const { facts, atMs, byHand } = version;
    if (facts === null) continue;
    if (facts.kind !== 'Key') {
      close(atMs);
      if (!byHand) chosen = null;
      continue;
    }
    const isSame = (span: Span | null) => span?.kid === facts.kid && span.key === facts.key;
    const wasChosen: boolean = isSame(chosen);
    const isCalled: boolean = isCalledAtOnce(timeline, atMs, signed);
    const calledMs: number = called?.kid === facts.kid ? called.unknownUntilMs : LONG_AGO;
    if (isSame(current) && ((current as Span | null)?.byHand !== true || byHand)) continue;
    close(atMs);
    current = {
      kid: facts.kid,
      key: facts.key,
      version,
      startMs: atMs,
      endMs: NEVER,
      byHand: byHand && !wasChosen,
      activatedMs: wasChosen && chosen !== null ? chosen.activatedMs : byHand ? LONG_AGO : atMs,
      unknownUntilMs: isCalled && !wasChosen ? atMs : calledMs,
    };
    if (wasChosen && chosen !== null) {
      current = { ...current, unknownUntilMs: chosen.unknownUntilMs };
    }
    if (!current.byHand) {
      chosen = current;
      signed = current.kid;
      called = current;
    }
  }
  close(NEVER);
  return spans;
}

/** `SignImmediately`: the key that signed was revoked, and the set wants another one at once. */
function isCalledAtOnce(timeline: Timeline, atMs: number, signedKid: string | null): boolean {
  const sinceMs = atMs - deadlineMs(timeline, atMs);
  const isWanted =
    standingAt(timeline.sets, sinceMs)?.signsImmediately === true ||
    timeline.sets.some((set) => sinceMs <= set.atMs && set.atMs <= atMs && set.signsImmediately);
  return signedKid !== null && isWanted && revokedMs(timeline, signedKid) <= atMs;
}

/** What someone put there and a later status calls active is the operators' own from then on. */
function adopted({ sets }: Timeline, spans: readonly Span[]): readonly Span[] {
  return spans.flatMap((span) => {
    const { byHand, startMs, endMs, kid } = span;
    const owned = sets.find(
      (set) =>
        !set.byHand &&
        set.atMs > startMs &&
        set.atMs < endMs &&
        set.status.activeKid === kid &&
        set.change.before?.['status'] !== set.change.after?.['status'],
    );
    if (!byHand || owned === undefined) return [span];
    const { atMs } = owned;
    const own = { startMs: atMs, activatedMs: atMs, unknownUntilMs: atMs, byHand: false };
    return [
      { ...span, endMs: atMs },
      { ...span, ...own },
    ];
  });
}

/**
 * Since when a kid has been in `spec.revocations`. Taking the entry away un-revokes nothing, unless
 * no operator has done anything in between: then nobody can have seen it.
 */
export function revokedMs({ sets, history }: Timeline, kid: string): number {
  const isSeen = ({ change }: SetVersion, untilRevision: number) =>
    untilRevision === NEVER ||
    history.changes.some(({ author, revision }) => {
      return author !== HAND && revision > change.revision && revision < untilRevision;
    });
  for (const [index, version] of sets.entries()) {
    if (!version.revokedKids.includes(kid)) continue;
    const taken = sets.slice(index).find(({ revokedKids }) => !revokedKids.includes(kid));
    if (isSeen(version, taken?.change.revision ?? NEVER)) return version.atMs;
  }
  return NEVER;
}

function voidMs(timeline: Timeline, memory: Memory, { kid, startMs }: Span): number {
  const lostMs = memory.lostMs(kid);
  const skipped = timeline.sets.find(({ skipsWait, atMs }) => skipsWait && atMs >= startMs);
  const causes = [revokedMs(timeline, kid), skipped?.atMs ?? NEVER];
  return Math.min(...causes, lostMs >= startMs ? lostMs : NEVER);
}

/** Until when some verifier must accept some token of a key, as far as stints began before then. */
export function livesUntilMs(
  { terms }: Timeline,
  stints: readonly Stint[],
  kid: string,
  beforeMs: number,
): number {
  return stints.reduce((latestMs, stint) => {
    if (stint.kid !== kid || stint.startMs >= beforeMs || !stint.isPromised) return latestMs;
    const { heldUntilMs, voidFromMs } = stint;
    const validMs = terms.validUntilMs(heldUntilMs, ['verifierLeewayMs', 1], ['clockSkewMs', 1]);
    return Math.max(latestMs, Math.min(validMs, voidFromMs));
  }, LONG_AGO);
}

function isLive(timeline: Timeline, stints: readonly Stint[], kid: string, atMs: number): boolean {
  return livesUntilMs(timeline, stints, kid, atMs) > atMs;
}

/** The number of tokens that are signed between the first and the last of an issuer's stint. */
const STEADY_TOKENS = 3;

/**
 * At the pick-up, steadily, and at the last moment.
 * @param momentsMs when it may hurt most, besides
 */
export function tokensOf(
  timeline: Timeline,
  stint: Stint,
  momentsMs: readonly number[],
  random: () => number,
): readonly Token[] {
  const { terms, history } = timeline;
  const mounts = ISSUERS.flatMap((issuer) => {
    const share = ['signerRefreshDelayMs', issuer.pickUpShare] as const;
    const fromMs = terms.passedMs(stint.startMs, share);
    return signed(issuer, fromMs, terms.passedMs(stint.endMs, share));
  });
  const pods = stint.pods.flatMap(({ name, readsMs, endMs }) =>
    CLOCKS.flatMap((clockShare) => {
      const issuer = { name: `Pod ${name} ${clockShare} S off`, pickUpShare: 0, clockShare };
      return signed(issuer, readsMs, endMs);
    }),
  );
  return [...mounts, ...pods];

  function signed(issuer: Issuer, fromMs: number, letsGoMs: number): readonly Token[] {
    const untilMs = Math.min(letsGoMs, stint.voidFromMs, history.endMs);
    if (fromMs >= untilMs) return [];
    const steady = Array.from({ length: STEADY_TOKENS }, () => {
      return Math.floor(fromMs + random() * (untilMs - fromMs));
    });
    const painful = momentsMs.filter((atMs) => fromMs < atMs && atMs < untilMs - 1);
    return [fromMs, ...steady, ...painful, untilMs - 1].map((signedMs) => ({
      stint,
      issuer,
      signedMs,
    }));
  }
}
