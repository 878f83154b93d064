/** I3, I5, I6 and I7 of docs/rotation.md for a single write. */

import type { Spec, Workload } from '../formats/spec.ts';
import { mayLeave } from '../ledger/gates.ts';
import { keysIn } from '../ledger/jwks-document.ts';
import { keyByKid } from '../ledger/ledger.ts';
import type { Write } from '../reading/model.ts';
import { sameWorkload } from '../reading/old-pods.ts';
import { isRevoked, type Situation } from '../reading/situation.ts';
import { judgeLedgerWrite } from './ledger-invariants.ts';
import { noKeyLeft, noPrivateMember } from './secrecy.ts';
import { knownLedger, type Violation } from './violation.ts';

export function judgeWrite(situation: Situation, write: Write): readonly Violation[] {
  return [
    ...noPrivateMember(write),
    ...noKeyLeft(situation, write),
    ...onlyOwnObjects(situation, write),
    ...neverEmptied(situation, write),
    ...(write.kind === 'WriteSigner' ? judgeLedgerWrite(situation, write.ledger) : []),
    ...(write.kind === 'WriteJwks' ? judgeUnpublish(situation, write) : []),
  ];
}

/** I6: an existing object is written or deleted only if it belongs to the set. */
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
          message: `a ${write.kind} would change an object that does not belong to the set`,
        },
      ];
}

/** I6: workloads belong to the user. Only those that the spec lists may be restarted. */
function onlyListed({ signer }: Spec, workload: Workload): readonly Violation[] {
  if (signer.restart.some((listed) => sameWorkload(listed, workload))) return [];
  const { kind, name } = workload;
  const message = `${kind} ${name} would be restarted, but is not in spec.signer.restart`;
  return [{ invariant: 'I6', message }];
}

/** I7: the ConfigMap is never emptied, and is deleted only in a deletion or before the first key. */
function neverEmptied(situation: Situation, write: Write): readonly Violation[] {
  const isEmptied = write.kind === 'WriteJwks' && keysIn(write.data).length === 0;
  const isWanted =
    situation.ledgerState.kind === 'None' || knownLedger(situation)?.deletion?.removing === true;
  if (!isEmptied && !(write.kind === 'DeleteJwks' && !isWanted)) return [];
  return [{ invariant: 'I7', message: `a ${write.kind} would leave the JWKS empty` }];
}

/** I3 where it takes effect: a kid leaves the JWKS only if the ledger lets it. */
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
    return [{ invariant: 'I3', message: `tokens of ${kid} may still be valid` }];
  });
}
