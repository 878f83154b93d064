/** What the demo came to: figures, the verdict, and both as text. */
import { type Chronicle, type KeyLife, type KeyState, seconds } from './chronicle.ts';
import { trustFaults } from './revocation.ts';
import type { SampleSet } from './sample-set.ts';

export interface Summary {
  readonly suite: 'demo';
  readonly ok: boolean;
  /** Why it is not ok; what broke the story off comes first. */
  readonly faults: readonly string[];
  readonly rotations: number;
  readonly signed: number;
  readonly verified: number;
  readonly rejected: number;
  readonly verifiedBy: Readonly<{ [verifier: string]: number }>;
  readonly rollbacks: number;
  readonly revocations: number;
  /** Null if there was no revocation, or it did not get that far. */
  readonly msFromRevocationToUnpublished: number | null;
  readonly msFromRevocationToLastTrust: number | null;
  /** What the status announced, as the latest that the last trust may be. */
  readonly msFromRevocationToAnnounced: number | null;
  /** Tokens of the revoked key, which count as neither verified nor rejected. */
  readonly revokedAccepted: number;
  readonly revokedRefused: number;
  /** Caches that were not seen to let go of it. */
  readonly cachesStillTrusting: number;
  readonly operatorKills: number;
  readonly jwksDeletions: number;
  /** The longest that a key was published before it signed, and stayed after it had. */
  readonly longestPendingMs: number;
  readonly longestRetiringMs: number;
  /** The slowest mount of each kind; the declared delays are what they must keep. */
  readonly slowestPublicationMs: number;
  readonly slowestSignerRefreshMs: number;
  readonly durationMs: number;
}

const ROTATIONS_MIN = 2;
const ROLLBACKS_MIN = 1;
const VERIFIED_MIN = 1000;

/** @param brokenOffBy why the story did not come to its end; null if it did */
export function summarise(chronicle: Chronicle, brokenOffBy: string | null): Summary {
  const lives = chronicle.lives();
  const { publicationDelay, signerRefreshDelay } = chronicle.slowestMs;
  // A rejection is reported at once, the counts a little later.
  const rejected = Math.max(chronicle.rejected(), chronicle.rejections.length);
  const rotations = chronicle.fullRotations();
  const verified = chronicle.verified();
  const rollbacks = chronicle.rollbacks();
  const faults = [
    ...(brokenOffBy === null ? [] : [brokenOffBy]),
    ...(rejected === 0 ? [] : [`valid tokens were rejected ${rejected} time(s)`]),
    ...tooFew('full rotations', rotations, ROTATIONS_MIN),
    ...tooFew('rollbacks', rollbacks, ROLLBACKS_MIN),
    ...tooFew('verified tokens', verified, VERIFIED_MIN),
    ...trustFaults(chronicle.revocation, chronicle.revokedTotals()),
  ];
  return {
    suite: 'demo',
    ok: faults.length === 0,
    faults,
    rotations,
    signed: chronicle.signed,
    verified,
    rejected,
    verifiedBy: Object.fromEntries(
      chronicle.verifiers.map(({ name, verified }) => [name, verified]),
    ),
    rollbacks,
    ...revocationFigures(chronicle),
    operatorKills: chronicle.operatorKills,
    jwksDeletions: chronicle.jwksDeletions,
    longestPendingMs: longestMs(lives, 'Pending'),
    longestRetiringMs: longestMs(lives, 'Retiring'),
    slowestPublicationMs: Math.round(publicationDelay),
    slowestSignerRefreshMs: Math.round(signerRefreshDelay),
    durationMs: chronicle.nowMs() - chronicle.startMs,
  };
}

function tooFew(what: string, found: number, min: number): readonly string[] {
  return found >= min ? [] : [`too few ${what}: ${found} instead of at least ${min}`];
}

type RevocationFigures = Pick<
  Summary,
  | 'revocations'
  | 'msFromRevocationToUnpublished'
  | 'msFromRevocationToLastTrust'
  | 'msFromRevocationToAnnounced'
  | 'revokedAccepted'
  | 'revokedRefused'
  | 'cachesStillTrusting'
>;

function revocationFigures(chronicle: Chronicle): RevocationFigures {
  const { revocation } = chronicle;
  const totals = chronicle.revokedTotals();
  const sinceMs = (atMs: number | null | undefined) =>
    revocation === null || atMs == null ? null : atMs - revocation.revokedMs;
  return {
    revocations: revocation === null ? 0 : 1,
    msFromRevocationToUnpublished: sinceMs(revocation?.unpublishedMs),
    msFromRevocationToLastTrust: sinceMs(totals?.lastAcceptedMs),
    msFromRevocationToAnnounced: sinceMs(revocation?.announcedMs),
    revokedAccepted: totals?.accepted ?? 0,
    revokedRefused: totals?.refused ?? 0,
    cachesStillTrusting: totals?.trusting ?? 0,
  };
}

/** The longest that a key was in a state which it has left again. */
export function longestMs(lives: readonly KeyLife[], state: KeyState): number {
  const stays = lives.flatMap(({ changes }) =>
    changes.flatMap((change, index) => {
      const next = changes[index + 1];
      return change.state === state && next !== undefined ? [next.atMs - change.atMs] : [];
    }),
  );
  return Math.max(0, ...stays);
}

export function describeSummary(summary: Summary, chronicle: Chronicle): readonly string[] {
  const rows: readonly (readonly [string, string])[] = [
    ['full rotations', String(summary.rotations)],
    ['tokens signed', String(summary.signed)],
    ...chronicle.verifiers.map(
      ({ name, kind, verified, rejected }) =>
        [`checked by ${name}`, `${verified} accepted, ${rejected} rejected   (${kind})`] as const,
    ),
    ['verifications', String(summary.verified + summary.rejected)],
    ['rejected', String(summary.rejected)],
    ['rolled back', `${summary.rollbacks} time(s)`],
    ...describeRevocation(summary, chronicle),
    ['operator killed', `${summary.operatorKills} time(s) with SIGKILL`],
    ['JWKS deleted', `${summary.jwksDeletions} time(s) by hand`],
    ['longest wait to sign', seconds(summary.longestPendingMs)],
    ['longest wait to go', seconds(summary.longestRetiringMs)],
    [
      'slowest mounts',
      `JWKS ${seconds(summary.slowestPublicationMs)}, signer ${seconds(summary.slowestSignerRefreshMs)}`,
    ],
    ['took', seconds(summary.durationMs)],
  ];
  return rows.map(([name, value]) => `  ${name.padEnd(22)}${value}`);
}

function describeRevocation(
  summary: Summary,
  chronicle: Chronicle,
): readonly (readonly [string, string])[] {
  const { revocation } = chronicle;
  if (revocation === null) return [['revoked', 'nothing']];
  const after = (ms: number | null) => (ms === null ? 'not seen' : `after ${seconds(ms)}`);
  const name = chronicle.keyName(revocation.kid);
  const { cachesStillTrusting: left } = summary;
  return [
    ['revoked', `${name}, out of the JWKS ${after(summary.msFromRevocationToUnpublished)}`],
    [
      `last trust in ${name}`,
      `${after(summary.msFromRevocationToLastTrust)}, announced: at the latest ${after(summary.msFromRevocationToAnnounced)}`,
    ],
    [
      `revoked tokens`,
      `${summary.revokedAccepted} still accepted, ${summary.revokedRefused} refused, ${left} caches trust it at the end`,
    ],
  ];
}

/**
 * The declared terms that the machine itself did not keep: then a rejection says nothing about
 * the operator.
 */
export function brokenTerms({ slowestMs }: Chronicle, { terms }: SampleSet): readonly string[] {
  const broken = (name: string, foundMs: number, declaredMs: number) =>
    foundMs <= declaredMs
      ? []
      : [
          `${name} is declared as ${declaredMs} ms, but a mount took ${Math.round(foundMs)} ms: ` +
            'this machine is too busy for the demo; run it again when it is idle',
        ];
  return [
    ...broken('publicationDelay', slowestMs.publicationDelay, terms.publicationDelayMs),
    ...broken('signerRefreshDelay', slowestMs.signerRefreshDelay, terms.signerRefreshDelayMs),
  ];
}
