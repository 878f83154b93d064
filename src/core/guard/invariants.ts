/**
 * I1 to I8 of docs/rotation.md as functions. A state is judged as it is, and a write by the state that
 * it would lead to. No write may add a violation.
 */

import { keyByKid } from '../ledger/ledger.ts';
import type { Write } from '../reading/model.ts';
import type { Situation } from '../reading/situation.ts';
import { noKeyInAnnotations } from './secrecy.ts';
import { judgeState, type State, stateAfter, stateOf } from './state-invariants.ts';
import { knownLedger, type Violation } from './violation.ts';
import { judgeWrite } from './write-invariants.ts';

/** Violations in the state that a reading shows, whoever caused them. */
export function stateViolations(situation: Situation): readonly Violation[] {
  return [...judgeState(stateOf(situation)), ...noKeyInAnnotations(situation)];
}

/** Violations that a write would add. Empty: the write is allowed. */
export function addedViolations(situation: Situation, write: Write): readonly Violation[] {
  const before = unlessSignerEnded(situation, stateOf(situation));
  const found = [before, asCopied(situation, before)].flatMap((state) =>
    judgeState(unlessDeleting(asIfAllSigned(state), write)),
  );
  const known = new Set(found.map(textOf));
  const after = judgeState(stateAfter(before, write));
  return [
    ...after.filter((violation) => !known.has(textOf(violation))),
    ...judgeWrite(situation, write),
  ];
}

/** If someone put a barred or ended key back into the signer, the JWKS may lose that key. */
function unlessSignerEnded(situation: Situation, state: State): State {
  const known = knownLedger(situation);
  if (known === null || state.signerKid === null) return state;
  const isEnded = keyByKid(known, state.signerKid)?.bar !== null;
  return { ...state, isSignerRevoked: state.isSignerRevoked || isEnded };
}

/** Noting that a key may have signed is no harm: if the JWKS lacks the key, it already did before. */
function asIfAllSigned(state: State): State {
  if (state.ledger === null) return state;
  const keys = state.ledger.keys.map((key) => ({ ...key, mayHaveSigned: true }));
  return { ...state, ledger: { ...state.ledger, keys } };
}

/** If the ledger is lost, its newest copy shows what is wrong already. */
function asCopied(situation: Situation, state: State): State {
  return { ...state, ledger: knownLedger(situation) };
}

/** If the write calls off a deletion, keys that the deletion removed count as missing already. */
function unlessDeleting(before: State, write: Write): State {
  const isCalledOff = write.kind === 'WriteSigner' && write.ledger.deletion === null;
  if (before.ledger === null || !isCalledOff) return before;
  return { ...before, ledger: { ...before.ledger, deletion: null } };
}

function textOf({ invariant, message }: Violation): string {
  return `${invariant} ${message}`;
}
