/** The condition `RevocationsApplied`: what became of each entry of `spec.revocations`. */

import type { Spec } from '../formats/spec.ts';
import type { ConditionStatus, Verdict } from '../formats/status.ts';
import { ceilToSecondMs, formatInstant } from '../formats/time.ts';
import { trustAfterRemovalMs } from '../ledger/terms.ts';
import type { Situation } from '../reading/situation.ts';
import { type Fate, KIDS_NAMED_MAX, namedKids, revocationFates } from './revocation-fates.ts';

type Applied = Verdict & {
  readonly type: 'RevocationsApplied';
  readonly reason: 'Applied' | 'Applying' | 'KidUnknown';
};

type FateOf<Kind extends Fate['kind']> = Extract<Fate, { kind: Kind }>;

/**
 * False while a key that the set knows is not gone yet. An entry that matches no key makes it Unknown: it is no
 * reason for an alarm about the others, but whoever waits for `True` must not believe that the mistyped one is done.
 * @returns null if nothing is revoked.
 */
export function revocationsApplied(situation: Situation): Applied | null {
  const { spec, ledgerState } = situation;
  if (spec.revocations.length === 0) return null;
  if (ledgerState.kind !== 'Sound') {
    const message = 'Revocations are applied once the ledger is usable: see the condition Ready';
    return { type: 'RevocationsApplied', status: 'False', reason: 'Applying', message };
  }
  const fates = revocationFates(situation, ledgerState.ledger);
  const applying = fates.filter((fate) => fate.kind === 'Applying');
  const unmatched = fates.filter((fate) => fate.kind === 'Unmatched');
  const removed = fates.filter((fate) => fate.kind === 'Removed');
  const texts = [
    ...applyingTexts(applying),
    ...removedTexts(removed, spec),
    ...unmatchedTexts(unmatched),
  ];
  const isMixed = removed.length < fates.length && fates.length > 1;
  const sum = isMixed ? `Applied: ${removed.length} of ${fates.length} entries. ` : '';
  const verdict = (status: ConditionStatus, reason: Applied['reason']): Applied => {
    return { type: 'RevocationsApplied', status, reason, message: `${sum}${texts.join('; ')}` };
  };
  if (applying.length > 0) return verdict('False', 'Applying');
  return unmatched.length > 0 ? verdict('Unknown', 'KidUnknown') : verdict('True', 'Applied');
}

function applyingTexts(applying: readonly FateOf<'Applying'>[]): readonly string[] {
  const held = applying.filter(({ holders }) => holders.length > 0);
  const others = applying.filter(({ holders }) => holders.length === 0);
  const shown = held.slice(0, KIDS_NAMED_MAX).map(({ kid, holders }) => {
    return `${kid}: still in ${holders.join(', ')}`;
  });
  const more = held.length - shown.length;
  return [
    ...shown,
    ...(more === 0 ? [] : [`and ${more} more, likewise`]),
    ...(others.length === 0 ? [] : [`${named(others)}: not yet confirmed gone from the JWKS`]),
  ];
}

/** Those of which the same is true are named together. */
function removedTexts(removed: readonly FateOf<'Removed'>[], spec: Spec): readonly string[] {
  const byText = new Map<string, FateOf<'Removed'>[]>();
  for (const fate of removed) {
    const text = trustText(fate, spec);
    byText.set(text, [...(byText.get(text) ?? []), fate]);
  }
  const groups = [...byText];
  const told = groups.slice(0, KIDS_NAMED_MAX).map(([text, fates]) => {
    return `${named(fates)}: out of the JWKS, ${text}`;
  });
  const rest = groups.slice(KIDS_NAMED_MAX).flatMap(([, fates]) => fates);
  if (rest.length === 0) return told;
  return [...told, `${named(rest)}: out of the JWKS; status.keys has the time of each`];
}

function trustText({ trustMs, distrustedByMs }: FateOf<'Removed'>, spec: Spec): string {
  const { restartToForget, terms, termFields } = spec;
  if (distrustedByMs === null) {
    const who =
      restartToForget.length === 0 ? 'verifiers' : `the verifiers ${restartToForget.join(', ')}`;
    return `but trusted by ${who} until you restart them`;
  }
  // With the terms of today, this is who trusts it longest.
  const isOfToday = trustMs === trustAfterRemovalMs(terms);
  const who = isOfToday ? ` (the last: ${termFields.verifierTrustMs})` : '';
  return `trusted by no verifier after ${formatInstant(ceilToSecondMs(distrustedByMs))}${who}`;
}

function unmatchedTexts(unmatched: readonly FateOf<'Unmatched'>[]): readonly string[] {
  if (unmatched.length === 0) return [];
  const message = 'no key of this set, so nothing was changed (see RevocationsUnmatched)';
  return [`${named(unmatched)}: ${message}`];
}

function named(fates: readonly Fate[]): string {
  return namedKids(fates.map(({ kid }) => kid));
}
