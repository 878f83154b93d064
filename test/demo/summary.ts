/** What the demo came to: figures, the verdict, and both as text. */
import type { Chronicle, KeyLife, KeyState } from './chronicle.ts';
import type { SampleSet } from './sample-set.ts';

export interface Summary {
  readonly suite: 'demo';
  readonly ok: boolean;
  readonly rotations: number;
  readonly signed: number;
  readonly verified: number;
  readonly rejected: number;
  readonly verifiedBy: Readonly<{ [verifier: string]: number }>;
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
const VERIFIED_MIN = 1000;

/** @param isThrough whether the story came to its end */
export function summarise(chronicle: Chronicle, isThrough: boolean): Summary {
  const lives = chronicle.lives();
  const { publicationDelay, signerRefreshDelay } = chronicle.slowestMs;
  // A rejection is told at once, the counts a little later.
  const rejected = Math.max(chronicle.rejected(), chronicle.rejections.length);
  const rotations = chronicle.fullRotations();
  const verified = chronicle.verified();
  const isEnough = rotations >= ROTATIONS_MIN && verified >= VERIFIED_MIN;
  return {
    suite: 'demo',
    ok: isThrough && isEnough && rejected === 0,
    rotations,
    signed: chronicle.signed,
    verified,
    rejected,
    verifiedBy: Object.fromEntries(
      chronicle.verifiers.map(({ name, verified }) => [name, verified]),
    ),
    operatorKills: chronicle.operatorKills,
    jwksDeletions: chronicle.jwksDeletions,
    longestPendingMs: longestMs(lives, 'Pending'),
    longestRetiringMs: longestMs(lives, 'Retiring'),
    slowestPublicationMs: Math.round(publicationDelay),
    slowestSignerRefreshMs: Math.round(signerRefreshDelay),
    durationMs: chronicle.nowMs() - chronicle.startMs,
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
  const s = (ms: number) => `${(ms / 1000).toFixed(1)} s`;
  const rows: readonly (readonly [string, string])[] = [
    ['full rotations', String(summary.rotations)],
    ['tokens signed', String(summary.signed)],
    ...chronicle.verifiers.map(
      ({ name, kind, verified, rejected }) =>
        [`checked by ${name}`, `${verified} accepted, ${rejected} rejected   (${kind})`] as const,
    ),
    ['verifications', String(summary.verified + summary.rejected)],
    ['rejected', String(summary.rejected)],
    ['operator killed', `${summary.operatorKills} time(s) with SIGKILL`],
    ['JWKS deleted', `${summary.jwksDeletions} time(s) by hand`],
    ['longest wait to sign', s(summary.longestPendingMs)],
    ['longest wait to go', s(summary.longestRetiringMs)],
    [
      'slowest mounts',
      `JWKS ${s(summary.slowestPublicationMs)}, signer ${s(summary.slowestSignerRefreshMs)}`,
    ],
    ['took', s(summary.durationMs)],
  ];
  return rows.map(([name, value]) => `  ${name.padEnd(22)}${value}`);
}

/**
 * What of the declared terms the machine itself did not keep: then a rejection says nothing of
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
