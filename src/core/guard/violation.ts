/** A broken invariant of docs/rotation.md, and what a write is held against. */
import type { InvariantName } from '../formats/codes.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Situation } from '../reading/situation.ts';

export interface Violation {
  readonly invariant: InvariantName;
  readonly message: string;
}

/** What a ledger write is held against: the ledger, or where that is lost, its newest copy. */
export function knownLedger({ ledgerState }: Situation): Ledger | null {
  if (ledgerState.kind === 'Sound') return ledgerState.ledger;
  return ledgerState.kind === 'Lost' ? ledgerState.newest : null;
}
