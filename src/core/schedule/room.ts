/** Room for the next key: how many keys may be published, and which one leaves to make room. */
import { PUBLISHED_KEYS_MAX } from '../formats/served-set.ts';
import { firstToOpen, removalGate } from '../ledger/gates.ts';
import {
  activeKey,
  isLeaving,
  type Ledger,
  type LedgerKey,
  publishedKeys,
  sameKind,
} from '../ledger/ledger.ts';
import type { Situation } from '../reading/situation.ts';

/** Whether the maximum is published, counting barred keys that may still be in the JWKS. */
export function isFull(ledger: Ledger): boolean {
  const leaving = ledger.keys.filter(isLeaving);
  return publishedKeys(ledger).length + leaving.length >= PUBLISHED_KEYS_MAX;
}

/**
 * The key that leaves so that the one which the spec asks for can be published: a pending one of
 * another kind. One that never signed goes at once, so it is preferred, and of these the standby of
 * the old kind, which a revocation could call, goes last; else the one whose gate opens first.
 */
export function makingRoom({ spec }: Situation, ledger: Ledger): LedgerKey | null {
  const unwanted = publishedKeys(ledger).filter(
    (key) => key.state === 'Pending' && !sameKind(key, spec.kind),
  );
  const kept = standbyOf(ledger, unwanted);
  const inOrder = [...unwanted.filter((key) => key !== kept), ...(kept === null ? [] : [kept])];
  return inOrder.find(({ mayHaveSigned }) => !mayHaveSigned) ?? firstToLeave(inOrder);
}

/** The key of the active one's kind that verifiers know first; of any kind if no key signs. */
function standbyOf(ledger: Ledger, pending: readonly LedgerKey[]): LedgerKey | null {
  const active = activeKey(ledger);
  return firstToOpen(pending.filter((key) => active === null || sameKind(key, active)));
}

function firstToLeave(keys: readonly LedgerKey[]): LedgerKey | null {
  const opensMs = (key: LedgerKey) => removalGate(key).opensAtMs ?? Number.POSITIVE_INFINITY;
  return keys.reduce<LedgerKey | null>(
    (first, key) => (first === null || opensMs(key) < opensMs(first) ? key : first),
    null,
  );
}
