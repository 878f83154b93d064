/** The condition `RevocationsApplied`: what became of each entry of `spec.revocations`. */

import type { ConditionStatus, Verdict } from '../formats/status.ts';
import { ceilToSecondMs, formatInstant } from '../formats/time.ts';
import { keysIn } from '../ledger/jwks-document.ts';
import { keyByKid, type Ledger } from '../ledger/ledger.ts';
import { trustAfterRemovalMs, trustEndMs } from '../ledger/terms.ts';
import type { Observed } from '../reading/model.ts';
import { pendingText } from '../reading/pending-deletions.ts';
import type { Situation } from '../reading/situation.ts';

type Applied = Verdict & {
  readonly type: 'RevocationsApplied';
  readonly reason: 'Applied' | 'Applying' | 'KidUnknown';
};

/** The maximum number of kids that a message names; it counts the rest. */
const NAMED_MAX = 4;

type Fate =
  | { readonly kind: 'Unknown'; readonly kid: string }
  /** An object that was read still holds it, or the JWKS has not been seen without it. */
  | { readonly kind: 'Applying'; readonly kid: string; readonly holders: readonly string[] }
  /** Null: some verifier trusts it until it is restarted. */
  | { readonly kind: 'Removed'; readonly kid: string; readonly distrustedByMs: number | null };

/** @returns null if nothing is revoked. */
export function revocationsApplied(situation: Situation): Applied | null {
  const { spec, ledgerState } = situation;
  if (spec.revocations.length === 0) return null;
  if (ledgerState.kind !== 'Sound') {
    const message = 'Revocations are applied once the ledger is usable: see the condition Ready';
    return { type: 'RevocationsApplied', status: 'False', reason: 'Applying', message };
  }
  const { ledger } = ledgerState;
  const fates = spec.revocations.map(({ kid }) => fateOf(situation, ledger, kid));
  const of = (kind: Fate['kind']) => fates.filter((fate) => fate.kind === kind);
  const applying = fates.filter((fate) => fate.kind === 'Applying');
  const unknown = of('Unknown');
  // A mistyped entry must not hide what became of the others.
  const message = [
    ...applyingTexts(applying),
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
    `${named(unknown)}: this set knows no such key, so nothing was changed (compare it with status.keys ` +
    'and with the kid in the header of a token; the set remembers only the ordinals of keys that ended ' +
    'long ago)'
  );
}

function fateOf(situation: Situation, ledger: Ledger, kid: string): Fate {
  const holders = holdersOf(situation.observed, kid);
  if (holders.length > 0) return { kind: 'Applying', kid, holders };
  const key = keyByKid(ledger, kid);
  const stone = ledger.tombstones.find((one) => one.kid === kid);
  if (key === null && stone === undefined) return { kind: 'Unknown', kid };
  const isBarred = key === null || key.bar?.reason === 'Revoked';
  const removedSeenMs = key?.bar?.removedSeenMs ?? stone?.removedSeenMs ?? null;
  if (!isBarred || removedSeenMs === null) return { kind: 'Applying', kid, holders };
  const trustMs = key === null ? (stone?.trustMs ?? null) : trustAfterRemovalMs(key.largest);
  return {
    kind: 'Removed',
    kid,
    distrustedByMs: trustEndMs(removedSeenMs, trustMs),
  };
}

/** What still holds a key by this very reading, whatever the ledger says and whoever owns the object. */
function holdersOf({ signer, jwks, keySecrets }: Observed, kid: string): readonly string[] {
  const secrets = [...(signer === null ? [] : [signer]), ...keySecrets];
  const holding = secrets.filter(({ content }) => content.kind === 'Key' && content.kid === kid);
  const isShown = jwks !== null && keysIn(jwks.data).some((shown) => shown.kid === kid);
  return [
    ...(isShown ? [`ConfigMap ${jwks.meta.name}`] : []),
    ...holding.map(({ meta: { name, deleting } }) => {
      return `Secret ${name}${deleting === undefined ? '' : `, which ${pendingText(deleting)}`}`;
    }),
  ];
}

function applyingTexts(
  applying: readonly Extract<Fate, { kind: 'Applying' }>[],
): readonly string[] {
  const held = applying.filter(({ holders }) => holders.length > 0);
  const others = applying.filter(({ holders }) => holders.length === 0);
  const shown = held.slice(0, NAMED_MAX).map(({ kid, holders }) => {
    return `${kid}: still in ${holders.join(', ')}`;
  });
  const more = held.length - shown.length;
  return [
    ...shown,
    ...(more === 0 ? [] : [`and ${more} more, likewise`]),
    ...(others.length === 0 ? [] : [`${named(others)}: not yet confirmed gone from the JWKS`]),
  ];
}

function appliedText(fates: readonly Fate[], toRestart: readonly string[]): string {
  const removed = fates.filter((fate) => fate.kind === 'Removed');
  const ends = removed.map(({ distrustedByMs }) => distrustedByMs);
  if (ends.some((endMs) => endMs === null)) {
    const who = toRestart.length === 0 ? 'verifiers' : `the verifiers ${toRestart.join(', ')}`;
    return `${named(removed)}: out of the JWKS, but trusted by ${who} until you restart them`;
  }
  const lastMs = Math.max(...ends.map((endMs) => endMs ?? 0));
  return `${named(removed)}: out of the JWKS, trusted by no verifier after ${formatInstant(ceilToSecondMs(lastMs))}`;
}

function named(fates: readonly Fate[]): string {
  const kids = fates.slice(0, NAMED_MAX).map(({ kid }) => kid);
  const more = fates.length - kids.length;
  return `${kids.join(', ')}${more === 0 ? '' : ` and ${more} more`}`;
}
