/**
 * I1 to I8 of docs/rotation.md as functions. A state is judged by itself, a write by what it
 * would make of the state; no write may add a violation.
 */

import { PRIVATE_MEMBERS, type PublicJwk, samePublicJwk } from '../formats/jwk.ts';
import type { Spec, Workload } from '../formats/spec.ts';
import {
  activationGate,
  isOpen,
  mayLeave,
  namedGates,
  removalGate,
  takenUpGate,
} from '../ledger/gates.ts';
import { keysIn } from '../ledger/jwks-document.ts';
import {
  activeKey,
  hasEnded,
  keyByKid,
  type Ledger,
  type LedgerKey,
  neededKeys,
  publishedKeys,
} from '../ledger/ledger.ts';
import type { SignerContent, Write } from '../reading/model.ts';
import { oldPodsFor, sameWorkload } from '../reading/old-pods.ts';
import { isRevoked, type Situation } from '../reading/situation.ts';
import { skipsDeletionWait } from '../schedule/schedule.ts';

export type InvariantName = 'I1' | 'I2' | 'I3' | 'I4' | 'I5' | 'I6' | 'I7' | 'I8';

export interface Violation {
  readonly invariant: InvariantName;
  readonly message: string;
}

/** What the invariants speak of: the ledger, the signing key, the JWKS. */
interface State {
  readonly ledger: Ledger | null;
  readonly signer: SignerContent['kind'] | 'Absent';
  readonly signerKid: string | null;
  /** Null where there is no ConfigMap. */
  readonly jwks: readonly PublicJwk[] | null;
  /** The signer holds a key that is being revoked: that it is not served is what is wanted. */
  readonly isSignerRevoked: boolean;
}

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

function stateOf(situation: Situation): State {
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

function stateAfter(before: State, write: Write): State {
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
      return { ...before, ledger: null, signer: 'Absent', signerKid: null };
    default:
      return before;
  }
}

function judgeState(state: State): readonly Violation[] {
  return [...signerIsServed(state), ...endedStayEnded(state), ...jwksKeepsKeys(state)];
}

/** I1: what signs is in the JWKS, and is what the ledger calls active. */
function signerIsServed(state: State): readonly Violation[] {
  const { ledger, signer, signerKid, jwks, isSignerRevoked } = state;
  const active = ledger === null ? null : activeKey(ledger);
  const found: Violation[] = [];
  // Where it is another key than the active one, that alone is what is wrong, and is said below.
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
    const message = `the signer Secret is ${signer.toLowerCase()} or holds another key than ${active.kid}`;
    found.push({ invariant: 'I1', message });
  }
  return found;
}

/** I4: an ended kid is not published, and a kid never changes its key. */
function endedStayEnded({ ledger, jwks }: State): readonly Violation[] {
  if (ledger === null || jwks === null) return [];
  return jwks.flatMap((shown): readonly Violation[] => {
    const { kid } = shown;
    const key = keyByKid(ledger, kid);
    if (key !== null && !samePublicJwk(key.publicJwk, shown)) {
      return [{ invariant: 'I4', message: `the JWKS shows another key under the kid ${kid}` }];
    }
    const isEnded = key === null && ledger.tombstones.some((stone) => stone.kid === kid);
    return isEnded ? [{ invariant: 'I4', message: `the JWKS shows the ended key ${kid}` }] : [];
  });
}

/** I7: a key that I3 keeps is in the JWKS, and the JWKS is never empty once it held a key. */
function jwksKeepsKeys({ ledger, jwks }: State): readonly Violation[] {
  if (ledger === null || ledger.deletion?.removing === true) return [];
  const kept = publishedKeys(ledger).filter((key) => key.mayHaveSigned);
  return kept
    .filter((key) => !(jwks ?? []).some(({ kid }) => kid === key.kid))
    .map(({ kid }) => ({ invariant: 'I7', message: `the JWKS lacks the key ${kid}` }));
}

function judgeWrite(situation: Situation, write: Write): readonly Violation[] {
  return [
    ...noPrivateMember(write),
    ...onlyOwnObjects(situation, write),
    ...neverEmptied(situation, write),
    ...(write.kind === 'WriteSigner' ? judgeLedgerWrite(situation, write.ledger) : []),
    ...(write.kind === 'WriteJwks' ? judgeUnpublish(situation, write) : []),
  ];
}

/** I5: nothing that anybody may read holds a private member. */
export function noPrivateMember(write: Write): readonly Violation[] {
  const texts: string[] = [];
  if (write.kind === 'WriteJwks') texts.push(...Object.values(write.data));
  if (write.kind === 'WriteStatus') texts.push(JSON.stringify(write.status));
  if ('metadata' in write) {
    const annotations = Object.entries(write.metadata.annotations);
    texts.push(...annotations.flatMap(([, value]) => (value === null ? [] : [value])));
  }
  return texts.some(holdsPrivateMember)
    ? [{ invariant: 'I5', message: `a ${write.kind} would show a private key` }]
    : [];
}

const PRIVATE_KEY_TEXT = /PRIVATE KEY-----/;

function holdsPrivateMember(text: string): boolean {
  if (PRIVATE_KEY_TEXT.test(text)) return true;
  try {
    return holdsPrivateKey(JSON.parse(text));
  } catch {
    return false;
  }
}

/** A JWK with a private member, at any depth; text within may be JSON again (the ledger's copy). */
function holdsPrivateKey(value: unknown): boolean {
  if (typeof value === 'string') return value.startsWith('{') && holdsPrivateMember(value);
  if (typeof value !== 'object' || value === null) return false;
  if (Array.isArray(value)) return value.some(holdsPrivateKey);
  const isKey = Object.hasOwn(value, 'kty');
  if (isKey && PRIVATE_MEMBERS.some((member) => Object.hasOwn(value, member))) return true;
  return Object.values(value).some(holdsPrivateKey);
}

/** I6: what is there already and is written or deleted is the set's own. */
function onlyOwnObjects(
  { signer, jwks, keySecrets, set, spec }: Situation,
  write: Write,
): readonly Violation[] {
  if (!('expects' in write) || write.expects === 'absent') return [];
  if (write.kind === 'RestartWorkload') return onlyListed(spec, write.workload);
  const own = [
    set.ref.uid,
    ...(signer === null ? [] : [signer.meta.uid]),
    ...(jwks === null ? [] : [jwks.meta.uid]),
    ...keySecrets.map(({ meta }) => meta.uid),
  ];
  return own.includes(write.expects.uid)
    ? []
    : [
        {
          invariant: 'I6',
          message: `a ${write.kind} would change an object that is not the set's`,
        },
      ];
}

/** I6: a workload is the user's own, and says itself that it may be restarted. */
function onlyListed({ signer }: Spec, workload: Workload): readonly Violation[] {
  if (signer.restart.some((listed) => sameWorkload(listed, workload))) return [];
  const { kind, name } = workload;
  const message = `${kind} ${name} would be restarted, which is not in spec.signer.restart`;
  return [{ invariant: 'I6', message }];
}

/** I7: the ConfigMap goes, or is emptied, only in a deletion. */
function neverEmptied(situation: Situation, write: Write): readonly Violation[] {
  const isEmptied = write.kind === 'WriteJwks' && keysIn(write.data).length === 0;
  const isWanted =
    situation.ledgerState.kind === 'None' || knownLedger(situation)?.deletion?.removing === true;
  if (!isEmptied && !(write.kind === 'DeleteJwks' && !isWanted)) return [];
  return [{ invariant: 'I7', message: `a ${write.kind} would leave the JWKS empty` }];
}

/** What a ledger write is held against: the ledger, or where that is lost, its newest copy. */
function knownLedger({ ledgerState }: Situation): Ledger | null {
  if (ledgerState.kind === 'Sound') return ledgerState.ledger;
  return ledgerState.kind === 'Lost' ? ledgerState.newest : null;
}

function judgeLedgerWrite(situation: Situation, after: Ledger): readonly Violation[] {
  const before = knownLedger(situation);
  if (before === null) return signsAsBefore(situation, after);
  return [
    ...gateWasOpen(situation, before, after),
    ...keptUntilExpired(situation, before, after),
    ...settledOnlyIfSeen(situation, before, after),
    ...publishedUntilExpired(situation, before, after),
    ...kidsKeepTheirKeys(before, after),
    ...gatesNeverEarlier(before, after),
  ];
}

/** I2 without any ledger: only the first key may begin to sign, or the signer's key sign on. */
function signsAsBefore({ ledgerState, signer }: Situation, after: Ledger): readonly Violation[] {
  const active = activeKey(after);
  if (active === null) return [];
  const isFirstKey =
    ledgerState.kind === 'None' && after.keys.length + after.tombstones.length === 1;
  const signsOn = signer?.content.kind === 'Key' && signer.content.kid === active.kid;
  if (isFirstKey || signsOn) return [];
  return [{ invariant: 'I2', message: `nothing shows that the gate of ${active.kid} was open` }];
}

/** I2: a key is activated only through its gate, or where a revocation calls an observed one. */
function gateWasOpen(situation: Situation, before: Ledger, after: Ledger): readonly Violation[] {
  const active = activeKey(after);
  if (active === null || active.kid === activeKey(before)?.kid) return [];
  const key = keyByKid(before, active.kid);
  const isUsable = key !== null && key.bar === null && !isRevoked(situation, key.kid);
  if (isUsable && isOpen(activationGate(key), situation.nowMs)) return [];
  if (isUsable && isCalledAtOnce(situation, before, key)) return [];
  return [{ invariant: 'I2', message: `the gate of ${active.kid} is not open` }];
}

/** A revocation under `SignImmediately` calls a key that was seen in the JWKS. */
function isCalledAtOnce(
  situation: Situation,
  before: Ledger,
  { kid, publishedSeenMs }: LedgerKey,
): boolean {
  const signing = activeKey(before);
  const isCalled = signing === null ? before.closed : isRevoked(situation, signing.kid);
  const isServed = keysIn(situation.jwks?.data ?? {}).some((shown) => shown.kid === kid);
  const isAsked = situation.spec.onRevokeWithoutStandby === 'SignImmediately';
  return isAsked && isCalled && isServed && publishedSeenMs !== null;
}

/** I3: a key is barred once its last token has expired, or it never signed, or it is revoked. */
function keptUntilExpired(
  situation: Situation,
  before: Ledger,
  after: Ledger,
): readonly Violation[] {
  return before.keys.flatMap((key): readonly Violation[] => {
    const next = keyByKid(after, key.kid);
    const isNewlyBarred = key.bar === null && (next === null || next.bar !== null);
    // A barred key may still be published where T was raised; a revocation ends that.
    const isNewlyRevoked = next?.bar?.reason === 'Revoked' && key.bar?.reason !== 'Revoked';
    if (isRevoked(situation, key.kid) || !(isNewlyBarred || isNewlyRevoked)) return [];
    if (!key.mayHaveSigned || isOpen(removalGate(key), situation.nowMs)) return [];
    return [{ invariant: 'I3', message: `tokens of ${key.kid} may not have expired yet` }];
  });
}

/** I3: what counts as the last token of a key is told by a reading that shows no pod with it. */
function settledOnlyIfSeen(
  situation: Situation,
  before: Ledger,
  after: Ledger,
): readonly Violation[] {
  return after.keys.flatMap((key): readonly Violation[] => {
    const old = keyByKid(before, key.kid);
    if (key.settled === null || key.settled.seenMs === old?.settled?.seenMs) return [];
    const isSeen = oldPodsFor(situation, key).kind === 'NoneTooOld';
    if (isSeen && isOpen(takenUpGate(key), situation.nowMs)) return [];
    return [
      { invariant: 'I3', message: `a pod may still sign with a key before or at ${key.kid}` },
    ];
  });
}

/** I3 in a deletion: the JWKS goes once every token has expired, or the wait was skipped. */
function publishedUntilExpired(
  situation: Situation,
  before: Ledger,
  after: Ledger,
): readonly Violation[] {
  const begins = after.deletion?.removing === true && before.deletion?.removing !== true;
  if (!begins || skipsDeletionWait(situation)) return [];
  return neededKeys(before)
    .filter((key) => !isOpen(removalGate(key), situation.nowMs))
    .map(({ kid }) => ({ invariant: 'I3', message: `tokens of ${kid} may not have expired yet` }));
}

/** I4: no kid comes back once it has ended, or stands for another key. */
function kidsKeepTheirKeys(before: Ledger, after: Ledger): readonly Violation[] {
  return after.keys.flatMap((key): readonly Violation[] => {
    const old = keyByKid(before, key.kid);
    if (old === null && hasEnded(before, key.kid, key.ordinal)) {
      return [{ invariant: 'I4', message: `the ended key ${key.kid} would come back` }];
    }
    if (old !== null && !samePublicJwk(old.publicJwk, key.publicJwk)) {
      return [{ invariant: 'I4', message: `the kid ${key.kid} would stand for another key` }];
    }
    return [];
  });
}

/** I8: a gate that has a time gets no earlier one. */
function gatesNeverEarlier(before: Ledger, after: Ledger): readonly Violation[] {
  const later = namedGates(after);
  return [...namedGates(before)].flatMap(([name, gate]): readonly Violation[] => {
    const oldMs = gate.opensAtMs;
    const newMs = later.get(name)?.opensAtMs;
    if (oldMs === null || newMs === undefined || newMs === null || newMs >= oldMs) return [];
    return [{ invariant: 'I8', message: `the gate '${name}' would move earlier` }];
  });
}

/** I3 again, where it takes effect: a kid leaves the JWKS only when the ledger has let it go. */
function judgeUnpublish(
  situation: Situation,
  write: Extract<Write, { kind: 'WriteJwks' }>,
): readonly Violation[] {
  const ledger = knownLedger(situation);
  const shown = new Set(keysIn(write.data).map(({ kid }) => kid));
  const gone = keysIn(situation.jwks?.data ?? {}).filter(({ kid }) => !shown.has(kid));
  return gone.flatMap(({ kid }): readonly Violation[] => {
    const key = ledger === null ? null : keyByKid(ledger, kid);
    if (key === null || isRevoked(situation, kid)) return [];
    if (key.bar === null) {
      return [{ invariant: 'I3', message: `the JWKS would lose ${kid}, which is not barred` }];
    }
    if (mayLeave(key, situation.nowMs)) return [];
    return [{ invariant: 'I3', message: `tokens of ${kid} may not have expired yet` }];
  });
}
