/**
 * The last check before a write. It compares a step, and what the step expects, with a live reading.
 * It does not know why the step was planned.
 */

import type { InvariantName, StepRefusal } from '../formats/codes.ts';
import {
  activeKey,
  keyByKid,
  type Ledger,
  type LedgerKey,
  publishedKeys,
} from '../ledger/ledger.ts';
import { basisOf } from '../reading/basis.ts';
import type { Expected, Observed, Step, Write } from '../reading/model.ts';
import { oldPodsFor, sameWorkload } from '../reading/old-pods.ts';
import { isRevoked, type Situation, situationOf } from '../reading/situation.ts';
import { addedViolations } from './invariants.ts';
import { noPrivateMember } from './secrecy.ts';
import type { Violation } from './violation.ts';

export interface Refusal {
  readonly code: StepRefusal;
  readonly message: string;
  /** The invariants that the write would break; empty unless the code is `InvariantViolated`. */
  readonly invariants: readonly InvariantName[];
}

/**
 * Judges a step before it is written.
 * @param live for a guarded step, a reading made after it was planned; else the one it was planned from.
 * @param nowMs this machine's clock when that reading began.
 * @returns null if the step may be written.
 */
export function admit(step: Step, live: Observed, nowMs: number): Refusal | null {
  const { spec } = live.set;
  if (step.write.kind === 'WriteStatus' || step.write.kind === 'WriteFinalizer') {
    const { ref, resourceVersion } = live.set;
    const changed = expectsLive(step.write.expects, ref.uid, resourceVersion);
    return changed ?? asRefusal(noPrivateMember(step.write));
  }
  if (spec === null) return refusal('Undecodable', 'the spec can no longer be decoded');
  const situation = situationOf(live, spec, nowMs);
  return (
    targetChanged(step.write, live) ??
    sourceChanged(step.write, live) ??
    basisChanged(step, live) ??
    noLongerOwned(step, situation) ??
    podHoldsKey(step.write, situation) ??
    clocksInDoubt(step.write, situation) ??
    invariantBroken(step, situation)
  );
}

/**
 * Whether the write would break an invariant. While the clocks are in doubt, nobody can tell, so it
 * waits. It also waits if a clock was set back: a gate that was open then only looks closed.
 */
function invariantBroken({ write, basis }: Step, situation: Situation): Refusal | null {
  const violations = addedViolations(situation, write);
  if (violations.length === 0) return null;
  if (situation.clockInDoubt) return clocksDisagree();
  const isSetBack = situation.nowMs < basis.judgedMs;
  const asPlanned = { ...situation, nowMs: basis.judgedMs };
  if (isSetBack && addedViolations(asPlanned, write).length === 0) {
    return refusal('Changed', 'a clock was set back after the step was planned');
  }
  return asRefusal(violations);
}

/**
 * Only the copies of the ledger show that an object without an owner annotation is the set's, and the
 * last copy may have gone between two readings. With a single reading this would be a violation (I6).
 */
function noLongerOwned({ write, guarded }: Step, { ownership }: Situation): Refusal | null {
  const isSigner = write.kind === 'WriteSigner' || write.kind === 'DeleteSigner';
  const isJwks = write.kind === 'WriteJwks' || write.kind === 'DeleteJwks';
  const found = isSigner ? ownership.signer : isJwks ? ownership.jwks : null;
  if (!guarded || found !== 'Foreign') return null;
  return refusal('Changed', 'nothing shows any longer that the object belongs to the set');
}

/** A key that a pod holds must not be retired, even if the pod appeared after the step was planned. */
function podHoldsKey(write: Write, situation: Situation): Refusal | null {
  const { ledgerState } = situation;
  if (write.kind !== 'WriteSigner' || ledgerState.kind !== 'Sound') return null;
  const isHeld = write.ledger.keys.some(({ kid, bar }) => {
    const before = keyByKid(ledgerState.ledger, kid);
    if (bar?.reason !== 'Retired' || before?.bar !== null || !before.mayHaveSigned) return false;
    return oldPodsFor(situation, before).kind === 'TooOld';
  });
  return isHeld ? refusal('Changed', 'a pod still holds a key that would leave the JWKS') : null;
}

/** The Secret whose key the signer would get must still be the one that was judged. */
function sourceChanged(write: Write, live: Observed): Refusal | null {
  if (write.kind !== 'WriteSigner' || write.source.from !== 'keySecret') return null;
  const { name, uid } = write.source;
  const isThere = live.keySecrets.some(({ meta }) => meta.name === name && meta.uid === uid);
  return isThere ? null : refusal('Changed', `Secret ${name} is gone or was replaced`);
}

function refusal(code: Refusal['code'], message: string): Refusal {
  return { code, message, invariants: [] };
}

/** The object to write must still have the version that the step was computed from. */
function targetChanged(write: Write, live: Observed): Refusal | null {
  if (write.kind === 'RestoreKeySecret') {
    const { uid, resourceVersion } = live.signer?.meta ?? { uid: '', resourceVersion: '' };
    return expectsLive(write.signer, uid, resourceVersion);
  }
  if (!('expects' in write)) return null;
  const target = targetOf(write, live);
  if (target === null) {
    return write.expects === 'absent' ? null : refusal('Changed', 'the object is gone');
  }
  return expectsLive(write.expects, target.uid, target.resourceVersion);
}

function targetOf(
  write: Write,
  live: Observed,
): { readonly uid: string; readonly resourceVersion: string } | null {
  switch (write.kind) {
    case 'WriteSigner':
    case 'DeleteSigner':
      return live.signer?.meta ?? null;
    case 'WriteJwks':
    case 'DeleteJwks':
      return live.jwks?.meta ?? null;
    case 'PatchKeySecretMetadata':
    case 'DeleteKeySecret':
      return live.keySecrets.find(({ meta }) => meta.name === write.name)?.meta ?? null;
    case 'RestartWorkload': {
      const found = live.workloads.find((each) => sameWorkload(each, write.workload));
      return found?.state === 'Found' ? found : null;
    }
    default:
      return null;
  }
}

function expectsLive(expects: Expected, uid: string, resourceVersion: string): Refusal | null {
  if (expects !== 'absent' && expects.uid === uid && expects.resourceVersion === resourceVersion) {
    return null;
  }
  return refusal('Changed', 'the object changed after the step was planned');
}

/** For a guarded step, all that it was computed from must be unchanged (see {@link basisOf}). */
function basisChanged({ basis, guarded }: Step, live: Observed): Refusal | null {
  const now = basisOf(live);
  const isSame =
    now.signer === basis.signer &&
    now.jwks === basis.jwks &&
    now.keySecrets === basis.keySecrets &&
    now.set === basis.set;
  if (!guarded || isSame) return null;
  return refusal('Changed', 'spec, requests, ledger or JWKS changed after the step was planned');
}

/**
 * While the clocks are in doubt, a write must record no time and rely on no gate. A revocation may end
 * a key, and create its successor if no other key is published.
 */
function clocksInDoubt(write: Write, situation: Situation): Refusal | null {
  if (!situation.clockInDoubt || isClockless(write, situation)) return null;
  return clocksDisagree();
}

function clocksDisagree(): Refusal {
  return refusal('ClocksDisagree', 'the clocks are in doubt');
}

function isClockless(write: Write, situation: Situation): boolean {
  const { ledgerState } = situation;
  switch (write.kind) {
    case 'WriteJwks':
    case 'DeleteJwks':
      return true;
    case 'WriteSigner':
      if (ledgerState.kind === 'Sound')
        return onlyForgets(situation, ledgerState.ledger, write.ledger);
      return ledgerState.kind === 'Lost' || activeKey(write.ledger) === null;
    case 'CreateKeySecret':
      if (ledgerState.kind === 'Sound') return publishedKeys(ledgerState.ledger).length === 0;
      return ledgerState.kind === 'None';
    default:
      return ledgerState.kind === 'None';
  }
}

/** Whether the new ledger adds no time, no end of a key and no signing key to the one before. */
function onlyForgets(situation: Situation, before: Ledger, after: Ledger): boolean {
  const isKept = (old: number | null, now: number | null) => now === null || now === old;
  const keys = after.keys.every((key) => {
    const old = keyByKid(before, key.kid);
    if (old === null) return isUntouched(key);
    return (
      isKept(old.publishedSeenMs, key.publishedSeenMs) &&
      isKept(old.activatedMs, key.activatedMs) &&
      isKept(old.signerSeenMs, key.signerSeenMs) &&
      isKept(old.supersededSeenMs, key.supersededSeenMs) &&
      isKept(old.settled?.seenMs ?? null, key.settled?.seenMs ?? null) &&
      isKept(old.bar?.removedSeenMs ?? null, key.bar?.removedSeenMs ?? null) &&
      ((key.bar === null) === (old.bar === null) || isRevoked(situation, key.kid))
    );
  });
  const stones = after.tombstones.every(({ kid, removedSeenMs }) => {
    const old = before.tombstones.find((stone) => stone.kid === kid);
    return old !== undefined && isKept(old.removedSeenMs, removedSeenMs);
  });
  const deletion = JSON.stringify(before.deletion) === JSON.stringify(after.deletion);
  const isNoneLost = before.keys.every(({ kid }) => keyByKid(after, kid) !== null);
  return keys && stones && deletion && isNoneLost && signsOnInDoubt(situation, before, after);
}

/** A new key in the ledger, without any observation yet. */
function isUntouched({ state, publishedSeenMs, bar }: LedgerKey): boolean {
  return state === 'Pending' && publishedSeenMs === null && bar === null;
}

/** The same key signs, or none does, or a revocation makes one sign before its gate is open. */
function signsOnInDoubt(situation: Situation, before: Ledger, after: Ledger): boolean {
  const [old, now] = [activeKey(before), activeKey(after)];
  if (now === null || now.kid === old?.kid) return true;
  const isCalled = old !== null && isRevoked(situation, old.kid);
  return isCalled && situation.spec.onRevokeWithoutStandby === 'SignImmediately';
}

function asRefusal(violations: readonly Violation[]): Refusal | null {
  if (violations.length === 0) return null;
  return {
    code: 'InvariantViolated',
    message: violations.map(({ invariant, message }) => `${invariant}: ${message}`).join('; '),
    invariants: violations.map(({ invariant }) => invariant),
  };
}
