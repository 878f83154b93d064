/**
 * When a key that no longer signs leaves the JWKS, as far as that is known. Until a live read shows
 * that no pod holds the key, there is a forecast; if a pod may hold it, there is no time at all.
 */

import type { WaitingFor } from '../formats/codes.ts';
import { explainGate } from '../ledger/explain.ts';
import {
  type Gate,
  isOpen,
  removalGate,
  takenUpGate,
  unforeseenRemovalGate,
} from '../ledger/gates.ts';
import {
  activeKey,
  type EndReason,
  isLeaving,
  type Ledger,
  type LedgerKey,
  publishedKeys,
  sameKind,
} from '../ledger/ledger.ts';
import type { Transition } from '../reading/model.ts';
import { type OldPods, oldPodsFor } from '../reading/old-pods.ts';
import { type Situation, secretOf } from '../reading/situation.ts';
import { podsText, UNKNOWN_BECAUSE } from './pods-text.ts';
import { isFull, makingRoom } from './room.ts';
import { AT_ONCE, isDue, opening, UNKNOWN } from './transition.ts';

/** Why a key leaves the JWKS, in words. A revocation has texts of its own. */
export const LEAVES_BECAUSE: Readonly<Record<EndReason, string>> = {
  Retired: 'its last token has expired',
  Superseded: 'it is of another kind than spec.algorithm asks for',
  SecretLost: 'its private key is lost',
  Revoked: 'it is revoked',
};

export interface Removal {
  /** Its time is null while it is unknown. */
  readonly gate: Gate;
  readonly waitingFor: Extract<WaitingFor, 'TokensExpire' | 'PodsHoldKey' | 'PodsUnknown'>;
  readonly explanation: string;
}

export function removalOf(situation: Situation, key: LedgerKey): Removal {
  const gate = removalGate(key);
  const at = (waitingFor: Removal['waitingFor'], of: Gate): Removal => {
    return { gate: of, waitingFor, explanation: explainGate(of, situation.spec) };
  };
  if (gate.isForecast !== true || gate.opensAtMs === null) return at('TokensExpire', gate);
  const old = oldPodsFor(situation, key);
  // Past the time at which the pods could be checked, the forecast no longer holds.
  const isForecast = !isOpen(takenUpGate(key), situation.nowMs);
  switch (old.kind) {
    case 'TooOld':
      return at(
        'PodsHoldKey',
        unforeseenRemovalGate(
          key,
          `it waits until no pod can still hold the key: restart or stop ${podsText(old)}`,
        ),
      );
    case 'Unknown':
      // A list that failed once may succeed next time.
      return isPassing(old.why) && isForecast
        ? at('TokensExpire', gate)
        : at('PodsUnknown', unforeseenRemovalGate(key, unknownText(old.why)));
    case 'NoneTooOld':
      return at('TokensExpire', isForecast ? gate : unforeseenRemovalGate(key, NOT_RECORDED));
  }
}

const NOT_RECORDED = 'the operator has not recorded yet that no pod holds the key';

function unknownText(why: keyof typeof UNKNOWN_BECAUSE): string {
  return `${UNKNOWN_BECAUSE[why]}, so a pod may still hold the key`;
}

function isPassing(why: Extract<OldPods, { kind: 'Unknown' }>['why']): boolean {
  return why === 'NotRead' || why === 'Failed';
}

/**
 * When each key that is to end leaves the JWKS.
 * @param successor the key that signs next; null if there is none yet, and it may need room.
 */
export function removals(
  situation: Situation,
  ledger: Ledger,
  successor: LedgerKey | null,
): readonly Transition[] {
  const ending = ledger.keys.flatMap((key): readonly Transition[] => {
    const reason = key.bar === null ? endReason(situation, ledger, key) : null;
    return reason === null ? [] : [removal(situation, ledger, key, reason)];
  });
  const needsRoom = successor === null && ledger.deletion === null && isFull(ledger);
  if (!needsRoom || ending.some((each) => isDue(each, situation.nowMs))) return ending;
  const key = makingRoom(situation, ledger);
  const isKnown = key === null || ending.some((each) => each.key === key);
  return isKnown ? ending : [...ending, removal(situation, ledger, key, 'Superseded')];
}

function removal(
  situation: Situation,
  ledger: Ledger,
  key: LedgerKey,
  reason: EndReason,
): Transition {
  if (publishedKeys(ledger).length === 1) {
    const explanation = 'it is the only published key: another one must be published first';
    const waits = { when: UNKNOWN, waitingFor: 'AnotherKey', explanation } as const;
    return { action: 'Remove', key, ...waits, reason };
  }
  if (!key.mayHaveSigned) {
    const explanation = 'it never signed, so it leaves at once';
    const waits = { when: AT_ONCE, waitingFor: 'Nothing', explanation } as const;
    return { action: 'Remove', key, ...waits, reason };
  }
  return atItsGate(situation, key, reason);
}

/** When a barred key that may still be published leaves the JWKS. */
export function leavingRemovals(situation: Situation, ledger: Ledger): readonly Transition[] {
  return ledger.keys
    .filter(isLeaving)
    .map((key) => atItsGate(situation, key, key.bar?.reason ?? 'Retired'));
}

function atItsGate(situation: Situation, key: LedgerKey, reason: EndReason): Transition {
  const { gate, ...waits } = removalOf(situation, key);
  return { action: 'Remove', key, when: opening(gate), ...waits, reason };
}

/** Why an unbarred key is to end, or null if it stays. */
function endReason(situation: Situation, ledger: Ledger, key: LedgerKey): EndReason | null {
  if (key.state === 'Retiring') return 'Retired';
  if (key.state !== 'Pending') return null;
  if (secretOf(situation, key) === null) return 'SecretLost';
  const { kind } = situation.spec;
  const active = activeKey(ledger);
  const isActiveRight = active !== null && sameKind(active, kind);
  return isActiveRight && !sameKind(key, kind) ? 'Superseded' : null;
}
