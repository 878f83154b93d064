/** A violated invariant of docs/rotation.md, and the ledger that writes are compared with. */
import type { InvariantName } from '../formats/codes.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Situation } from '../reading/situation.ts';

export interface Violation {
  readonly invariant: InvariantName;
  readonly message: string;
}

/** The ledger, or its newest copy if the ledger is lost; null if there is neither. */
export function knownLedger({ ledgerState }: Situation): Ledger | null {
  if (ledgerState.kind === 'Sound') return ledgerState.ledger;
  return ledgerState.kind === 'Lost' ? ledgerState.newest : null;
}
