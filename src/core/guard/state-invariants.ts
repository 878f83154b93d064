/** I1, I4 and I7 of docs/rotation.md for a state: ledger, signing key and JWKS. */

import { type PublicJwk, samePublicJwk } from '../formats/jwk.ts';
import { keysIn } from '../ledger/jwks-document.ts';
import { activeKey, keyByKid, type Ledger, publishedKeys } from '../ledger/ledger.ts';
import type { SignerContent, Write } from '../reading/model.ts';
import { isRevoked, type Situation } from '../reading/situation.ts';
import type { Violation } from './violation.ts';

/** The state that these invariants judge. */
export interface State {
  readonly ledger: Ledger | null;
  readonly signer: SignerContent['kind'] | 'Absent';
  readonly signerKid: string | null;
  /** Null if there is no ConfigMap. */
  readonly jwks: readonly PublicJwk[] | null;
  /** The signer holds a key that is being revoked, so it must not be in the JWKS. */
  readonly isSignerRevoked: boolean;
}

export function stateOf(situation: Situation): State {
  const { ledgerState, signer, jwks } = situation;
  const signerKid = signer?.content.kind === 'Key' ? signer.content.kid : null;
  return {
    ledger: ledgerState.kind === 'Sound' ? ledgerState.ledger : null,
    signer: signer?.content.kind ?? 'Absent',
    signerKid,
    isSignerRevoked: signerKid !== null && isRevoked(situation, signerKid),
    jwks: jwks === null ? null : keysIn(jwks.data),
  };
}

export function stateAfter(before: State, write: Write): State {
  switch (write.kind) {
    case 'WriteSigner': {
      const { source, ledger } = write;
      if (source.from === 'unchanged') return { ...before, ledger };
      const next = { ...before, ledger, isSignerRevoked: false };
      if (source.from === 'nothing') return { ...next, signer: 'Empty', signerKid: null };
      return { ...next, signer: 'Key', signerKid: source.kid };
    }
    case 'WriteJwks':
      return { ...before, jwks: keysIn(write.data) };
    case 'DeleteJwks':
      return { ...before, jwks: null };
    case 'DeleteSigner':
      return { ...before, ledger: null, signer: 'Absent', signerKid: null, isSignerRevoked: false };
    default:
      return before;
  }
}

export function judgeState(state: State): readonly Violation[] {
  return [...signerIsServed(state), ...endedStayEnded(state), ...jwksKeepsKeys(state)];
}

/** I1: the signing key is in the JWKS, and is the ledger's active key. */
function signerIsServed(state: State): readonly Violation[] {
  const { ledger, signer, signerKid, jwks, isSignerRevoked } = state;
  const active = ledger === null ? null : activeKey(ledger);
  const found: Violation[] = [];
  // If the signer holds a key other than the active one, only that is reported, below.
  const isActive = active === null || signerKid === active.kid;
  if (
    signerKid !== null &&
    !isSignerRevoked &&
    isActive &&
    jwks?.every(({ kid }) => kid !== signerKid) !== false
  ) {
    found.push({ invariant: 'I1', message: `the signing key ${signerKid} is not in the JWKS` });
  }
  if (active !== null && signerKid !== active.kid) {
    const message =
      signer === 'Key'
        ? `the signer Secret holds a key other than the active key ${active.kid}`
        : `the signer Secret is ${signer.toLowerCase()}, and should hold the active key ${active.kid}`;
    found.push({ invariant: 'I1', message });
  }
  return found;
}

/** I4: an ended kid is not published, and a kid never stands for another key. */
function endedStayEnded({ ledger, jwks }: State): readonly Violation[] {
  if (ledger === null || jwks === null) return [];
  return jwks.flatMap((shown): readonly Violation[] => {
    const { kid } = shown;
    const key = keyByKid(ledger, kid);
    if (key !== null && !samePublicJwk(key.publicJwk, shown)) {
      return [{ invariant: 'I4', message: `the JWKS shows a different key under the kid ${kid}` }];
    }
    const isEnded = key === null && ledger.tombstones.some((stone) => stone.kid === kid);
    return isEnded ? [{ invariant: 'I4', message: `the JWKS shows the ended key ${kid}` }] : [];
  });
}

/** I7: every key that I3 keeps is in the JWKS. */
function jwksKeepsKeys({ ledger, jwks }: State): readonly Violation[] {
  if (ledger === null || ledger.deletion?.removing === true) return [];
  const kept = publishedKeys(ledger).filter((key) => key.mayHaveSigned);
  return kept
    .filter((key) => !(jwks ?? []).some(({ kid }) => kid === key.kid))
    .map(({ kid }) => ({ invariant: 'I7', message: `the JWKS lacks the key ${kid}` }));
}
