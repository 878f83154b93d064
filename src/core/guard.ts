/**
 * The last judge before a write: a step is data plus what it expects, held against a live
 * reading. It knows nothing of why the step was planned.
 */
import { addedViolations } from './invariants.ts';
import type { Expected, Observed, Step, Write } from './model.ts';
import { type Situation, situationOf } from './situation.ts';

export interface Refusal {
  readonly code: 'Undecodable' | 'Changed' | 'ClocksDisagree' | 'InvariantViolated';
  readonly message: string;
  /** The invariants that the write would have broken. */
  readonly invariants: readonly string[];
}

/**
 * @param live read after the step was planned, for a guarded step; else the reading it was
 * planned from.
 * @param nowMs this machine's clock when that reading began.
 * @returns null where the step may be written.
 */
export function admit(step: Step, live: Observed, nowMs: number): Refusal | null {
  const { spec } = live.set;
  if (step.write.kind === 'WriteStatus' || step.write.kind === 'WriteFinalizer') {
    return expectsLive(step.write.expects, live.set.ref.uid, live.set.resourceVersion);
  }
  if (spec === null) return refusal('Undecodable', 'the spec can no longer be decoded');
  const situation = situationOf(live, spec, nowMs);
  return (
    sameTarget(step.write, live) ??
    sameBasis(step, live) ??
    soundClocks(step, situation) ??
    noAddedViolation(step.write, situation)
  );
}

function refusal(code: Refusal['code'], message: string): Refusal {
  return { code, message, invariants: [] };
}

/** The object to write is still the very version that the step was computed from. */
function sameTarget(write: Write, live: Observed): Refusal | null {
  if (!('expects' in write)) return null;
  const target = targetOf(write, live);
  if (target === null) {
    return write.expects === 'absent' ? null : refusal('Changed', `the object is gone`);
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
    default:
      return null;
  }
}

function expectsLive(expects: Expected, uid: string, resourceVersion: string): Refusal | null {
  if (expects !== 'absent' && expects.uid === uid && expects.resourceVersion === resourceVersion) {
    return null;
  }
  return refusal('Changed', 'the object changed since the step was planned');
}

/** For a guarded step, ledger and JWKS are both what it was computed from. */
function sameBasis({ basis, guarded }: Step, live: Observed): Refusal | null {
  const signer = live.signer?.meta.resourceVersion ?? null;
  const jwks = live.jwks?.meta.resourceVersion ?? null;
  if (!guarded || (signer === basis.signer && jwks === basis.jwks)) return null;
  return refusal('Changed', 'ledger or JWKS changed since the step was planned');
}

/** Nothing that stops a key's life, or starts it, happens while the clocks are in doubt. */
function soundClocks({ write, reason }: Step, situation: Situation): Refusal | null {
  if (!situation.clockInDoubt) return null;
  const isRepair =
    write.kind === 'WriteJwks' ||
    write.kind === 'DeleteJwks' ||
    ['SignerRepaired', 'SigningKeyLost', 'RecoverLedger'].includes(reason.code) ||
    (situation.book.kind === 'None' && write.kind === 'CreateKeySecret');
  return isRepair ? null : refusal('ClocksDisagree', 'the clocks are in doubt');
}

function noAddedViolation(write: Write, situation: Situation): Refusal | null {
  const violations = addedViolations(situation, write);
  if (violations.length === 0) return null;
  return {
    code: 'InvariantViolated',
    message: violations.map(({ invariant, message }) => `${invariant}: ${message}`).join('; '),
    invariants: violations.map(({ invariant }) => invariant),
  };
}
