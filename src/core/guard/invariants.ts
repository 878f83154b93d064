/**
 * I1 to I8 of docs/rotation.md as functions. A state is judged by itself, a write by what it would
 * make of the state; no write may add a violation.
 */

import { keyByKid } from '../ledger/ledger.ts';
import type { Write } from '../reading/model.ts';
import type { Situation } from '../reading/situation.ts';
import { judgeState, type State, stateAfter, stateOf } from './state-invariants.ts';
import { knownLedger, type Violation } from './violation.ts';
import { judgeWrite } from './write-invariants.ts';

/** What is wrong with the state that a reading shows, whoever did it. */
export function stateViolations(situation: Situation): readonly Violation[] {
  return judgeState(stateOf(situation));
}

/** What a write would make worse. Empty: it may be made. */
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

/** A hand put back a key that the ledger, or its copy, has ended: the JWKS may well lose it. */
function unlessSignerEnded(situation: Situation, state: State): State {
  const known = knownLedger(situation);
  if (known === null || state.signerKid === null) return state;
  const isEnded = keyByKid(known, state.signerKid)?.bar !== null;
  return { ...state, isSignerRevoked: state.isSignerRevoked || isEnded };
}

/** A note that a key may have signed takes nothing away: what the JWKS lacks, it lacked before. */
function asIfAllSigned(state: State): State {
  if (state.ledger === null) return state;
  const keys = state.ledger.keys.map((key) => ({ ...key, mayHaveSigned: true }));
  return { ...state, ledger: { ...state.ledger, keys } };
}

/** Where the ledger is lost, its newest copy says what is wrong already. */
function asCopied(situation: Situation, state: State): State {
  return { ...state, ledger: knownLedger(situation) };
}

/** A deletion that a write calls off was no excuse: what it took away was missing before. */
function unlessDeleting(before: State, write: Write): State {
  const isCalledOff = write.kind === 'WriteSigner' && write.ledger.deletion === null;
  if (before.ledger === null || !isCalledOff) return before;
  return { ...before, ledger: { ...before.ledger, deletion: null } };
}

function textOf({ invariant, message }: Violation): string {
  return `${invariant} ${message}`;
}
