/** The condition `RevocationsApplied`: what became of each entry of `spec.revocations`. */

import type { ConditionStatus, Verdict } from '../formats/status.ts';
import { ceilToSecondMs, formatInstant } from '../formats/time.ts';
import { keyByKid, type Ledger } from '../ledger/ledger.ts';
import { trustAfterRemovalMs, trustEndMs } from '../ledger/terms.ts';
import type { Situation } from '../reading/situation.ts';

type Applied = Verdict & {
  readonly type: 'RevocationsApplied';
  readonly reason: 'Applied' | 'Applying' | 'KidUnknown';
};

/** More than so many kids are counted and not named. */
const NAMED_MAX = 4;

type Fate =
  | { readonly kind: 'Unknown'; readonly kid: string }
  /** Still in the JWKS, or in the signer, or seen in neither yet. */
  | { readonly kind: 'Applying'; readonly kid: string }
  /** Null: some verifier trusts it until it is restarted. */
  | { readonly kind: 'Removed'; readonly kid: string; readonly distrustedByMs: number | null };

/** @returns null where nothing is revoked. */
export function revocationsApplied({ spec, ledgerState }: Situation): Applied | null {
  if (spec.revocations.length === 0) return null;
  if (ledgerState.kind !== 'Sound') {
    const message = 'the ledger comes first: see Ready';
    return { type: 'RevocationsApplied', status: 'False', reason: 'Applying', message };
  }
  const { ledger } = ledgerState;
  const fates = spec.revocations.map(({ kid }) => fateOf(ledger, kid));
  const of = (kind: Fate['kind']) => fates.filter((fate) => fate.kind === kind);
  const applying = of('Applying');
  const unknown = of('Unknown');
  // One that is mistyped must not hide what became of the others.
  const message = [
    ...(applying.length === 0 ? [] : [`${named(applying)}: not yet seen to be out of the JWKS`]),
    ...(unknown.length === 0 ? [] : [unknownText(unknown)]),
    ...(of('Removed').length === 0 ? [] : [appliedText(fates, spec.restartToForget)]),
  ].join('; ');
  const verdict = (status: ConditionStatus, reason: Applied['reason']) =>
    ({ type: 'RevocationsApplied', status, reason, message }) as const;
  if (applying.length > 0) return verdict('False', 'Applying');
  return unknown.length > 0 ? verdict('False', 'KidUnknown') : verdict('True', 'Applied');
}

function unknownText(unknown: readonly Fate[]): string {
  return (
    `${named(unknown)}: not a key that this set has or remembers, so nothing was changed for it ` +
    '(compare it with status.keys and with the kid in the header of a token; of keys that ended long ' +
    'ago the ordinals alone are remembered)'
  );
}

function fateOf(ledger: Ledger, kid: string): Fate {
  const key = keyByKid(ledger, kid);
  const stone = ledger.tombstones.find((one) => one.kid === kid);
  if (key === null && stone === undefined) return { kind: 'Unknown', kid };
  const isBarred = key === null || key.bar?.reason === 'Revoked';
  const removedSeenMs = key?.bar?.removedSeenMs ?? stone?.removedSeenMs ?? null;
  if (!isBarred || removedSeenMs === null) return { kind: 'Applying', kid };
  const trustMs = key === null ? (stone?.trustMs ?? null) : trustAfterRemovalMs(key.largest);
  return {
    kind: 'Removed',
    kid,
    distrustedByMs: trustEndMs(removedSeenMs, trustMs),
  };
}

function appliedText(fates: readonly Fate[], toRestart: readonly string[]): string {
  const removed = fates.filter((fate) => fate.kind === 'Removed');
  const ends = removed.map(({ distrustedByMs }) => distrustedByMs);
  if (ends.some((endMs) => endMs === null)) {
    const who = toRestart.length === 0 ? 'verifiers' : `the verifiers ${toRestart.join(', ')}`;
    return `${named(removed)}: out of the JWKS; ${who} trust what they know until they are restarted`;
  }
  const lastMs = Math.max(...ends.map((endMs) => endMs ?? 0));
  return `${named(removed)}: out of the JWKS, trusted by no verifier after ${formatInstant(ceilToSecondMs(lastMs))}`;
}

function named(fates: readonly Fate[]): string {
  const kids = fates.slice(0, NAMED_MAX).map(({ kid }) => kid);
  const more = fates.length - kids.length;
  return `${kids.join(', ')}${more === 0 ? '' : ` and ${more} more`}`;
}
