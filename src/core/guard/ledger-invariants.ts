/** I2, I3, I4 and I8 of docs/rotation.md for a write of the ledger. */

import { samePublicJwk } from '../formats/jwk.ts';
import { activationGate, isOpen, namedGates, removalGate, takenUpGate } from '../ledger/gates.ts';
import { keysIn } from '../ledger/jwks-document.ts';
import {
  activeKey,
  hasEnded,
  keyByKid,
  type Ledger,
  type LedgerKey,
  neededKeys,
} from '../ledger/ledger.ts';
import { oldPodsFor } from '../reading/old-pods.ts';
import { skipsDeletionWait } from '../reading/requests.ts';
import { isRevoked, type Situation } from '../reading/situation.ts';
import { knownLedger, type Violation } from './violation.ts';

export function judgeLedgerWrite(situation: Situation, after: Ledger): readonly Violation[] {
  const before = knownLedger(situation);
  if (before === null) return signsAsBefore(situation, after);
  return [
    ...gateWasOpen(situation, before, after),
    ...keptUntilExpired(situation, before, after),
    ...settledOnlyIfSeen(situation, before, after),
    ...publishedUntilExpired(situation, before, after),
    ...kidsKeepTheirKeys(before, after),
    ...endedStayEnded(before, after),
    ...gatesNeverEarlier(before, after),
  ];
}

/** I2 without a ledger: only the first key, or the key that is in the signer already, may sign. */
function signsAsBefore({ ledgerState, signer }: Situation, after: Ledger): readonly Violation[] {
  const active = activeKey(after);
  if (active === null) return [];
  const isFirstKey =
    ledgerState.kind === 'None' && after.keys.length + after.tombstones.length === 1;
  const signsOn = signer?.content.kind === 'Key' && signer.content.kid === active.kid;
  if (isFirstKey || signsOn) return [];
  return [
    {
      invariant: 'I2',
      message: `nothing shows that the activation gate of ${active.kid} was open`,
    },
  ];
}

/** I2: a key is activated only once its gate is open, or if a revocation calls it at once. */
function gateWasOpen(situation: Situation, before: Ledger, after: Ledger): readonly Violation[] {
  const active = activeKey(after);
  if (active === null || active.kid === activeKey(before)?.kid) return [];
  const key = keyByKid(before, active.kid);
  const isUsable = key !== null && key.bar === null && !isRevoked(situation, key.kid);
  if (isUsable && isOpen(activationGate(key), situation.nowMs)) return [];
  if (isUsable && isCalledAtOnce(situation, before, key)) return [];
  return [{ invariant: 'I2', message: `the activation gate of ${active.kid} is not open` }];
}

/** Under `SignImmediately`, a revocation may activate a key that was seen in the JWKS. */
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

/** I3: a key is barred only if its last token has expired, it never signed, or it is revoked. */
function keptUntilExpired(
  situation: Situation,
  before: Ledger,
  after: Ledger,
): readonly Violation[] {
  return before.keys.flatMap((key): readonly Violation[] => {
    const next = keyByKid(after, key.kid);
    const isNewlyBarred = key.bar === null && (next === null || next.bar !== null);
    // A barred key may still be published if T was raised. A revocation would end that.
    const isNewlyRevoked = next?.bar?.reason === 'Revoked' && key.bar?.reason !== 'Revoked';
    if (isRevoked(situation, key.kid) || !(isNewlyBarred || isNewlyRevoked)) return [];
    if (!key.mayHaveSigned || isOpen(removalGate(key), situation.nowMs)) return [];
    return [{ invariant: 'I3', message: `tokens of ${key.kid} may still be valid` }];
  });
}

/** I3: a key is noted as settled only if this reading shows no pod that is too old. */
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
      { invariant: 'I3', message: `a pod may still hold an old key, so ${key.kid} is not settled` },
    ];
  });
}

/** I3 in a deletion: the JWKS goes only once every token has expired, or if the wait is skipped. */
function publishedUntilExpired(
  situation: Situation,
  before: Ledger,
  after: Ledger,
): readonly Violation[] {
  const begins = after.deletion?.removing === true && before.deletion?.removing !== true;
  if (!begins || skipsDeletionWait(situation.set)) return [];
  return neededKeys(before)
    .filter((key) => !isOpen(removalGate(key), situation.nowMs))
    .map(({ kid }) => ({ invariant: 'I3', message: `tokens of ${kid} may still be valid` }));
}

/** I4: a kid that has ended never comes back, and a kid never stands for another key. */
function kidsKeepTheirKeys(before: Ledger, after: Ledger): readonly Violation[] {
  return after.keys.flatMap((key): readonly Violation[] => {
    const old = keyByKid(before, key.kid);
    if (old === null && hasEnded(before, key.kid, key.ordinal)) {
      return [{ invariant: 'I4', message: `the ended key ${key.kid} would come back` }];
    }
    if (old !== null && !samePublicJwk(old.publicJwk, key.publicJwk)) {
      return [{ invariant: 'I4', message: `the kid ${key.kid} would stand for a different key` }];
    }
    return [];
  });
}

/** I4: the ordinals of ended keys are remembered by the next one, so it never gets lower. */
function endedStayEnded(before: Ledger, after: Ledger): readonly Violation[] {
  if (after.nextOrdinal >= before.nextOrdinal) return [];
  const message = `the next ordinal would fall from ${before.nextOrdinal} to ${after.nextOrdinal}`;
  return [{ invariant: 'I4', message }];
}

/** I8: no gate moves earlier. */
function gatesNeverEarlier(before: Ledger, after: Ledger): readonly Violation[] {
  const later = namedGates(after);
  return [...namedGates(before)].flatMap(([name, gate]): readonly Violation[] => {
    const oldMs = gate.opensAtMs;
    const newMs = later.get(name)?.opensAtMs;
    if (oldMs === null || newMs === undefined || newMs === null || newMs >= oldMs) return [];
    return [{ invariant: 'I8', message: `the gate '${name}' would move earlier` }];
  });
}
