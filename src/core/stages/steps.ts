/** How a decision becomes a write: names, labels, annotations, and what the write expects. */

import type { StepReason } from '../formats/codes.ts';
import { type PublicJwk, publicJwkText } from '../formats/jwk.ts';
import { ANNOTATION, keySecretName } from '../formats/names.ts';
import { serializeLedger } from '../ledger/codec.ts';
import { jwksData } from '../ledger/jwks-document.ts';
import type { Ledger, LedgerKey } from '../ledger/ledger.ts';
import { nextGeneration } from '../ledger/lifecycle.ts';
import { basisOf } from '../reading/basis.ts';
import type { Effort } from '../reading/contest.ts';
import { effortOf } from '../reading/effort.ts';
import type {
  Basis,
  EventNote,
  Expected,
  MetadataPatch,
  ObjectMeta,
  Observed,
  ObservedKeySecret,
  Reason,
  SignerSource,
  Step,
  Write,
} from '../reading/model.ts';
import { metadataPatch, patchChanges } from '../reading/ownership.ts';
import { jwksGeneration } from '../reading/shown.ts';
import { type Situation, secretOf } from '../reading/situation.ts';
import type { Schedule } from '../schedule/schedule.ts';

/**
 * One row of the plan: what it does in a pass, with a sound ledger; null if nothing.
 * @param held names of objects, such as `Secret payments-key-2`: steps on them back off
 */
export type Stage = (
  situation: Situation,
  schedule: Schedule,
  held: ReadonlySet<string>,
) => Step | null;

/** A step that is judged on one reading, without events. */
export function step(write: Write, code: StepReason, message: string): Step {
  return {
    write,
    reason: { code, message },
    events: [],
    guarded: false,
    basis: UNBASED,
    effort: NO_EFFORT,
  };
}

/** A dangerous step, such as a switch or a removal: judged again on a second live reading. */
export function guardedStep(write: Write, reason: Reason, events: readonly EventNote[] = []): Step {
  return { write, reason, events, guarded: true, basis: UNBASED, effort: NO_EFFORT };
}

/** The plan adds what a step was computed from, whichever stage it comes from. */
const UNBASED: Basis = { signer: null, jwks: null, keySecrets: null, set: '', judgedMs: 0 };

const NO_EFFORT: Effort = {
  name: '',
  intent: '',
  urgency: 'Soon',
  object: '',
  fields: [],
  setBy: null,
};

export function basedOn(plain: Step, observed: Observed): Step {
  const effort = effortOf(plain.write, plain.reason, observed);
  return { ...plain, basis: basisOf(observed), effort };
}

export function withEvents(plain: Step, ...events: readonly EventNote[]): Step {
  return { ...plain, events: [...plain.events, ...events] };
}

export function expected(meta: ObjectMeta | undefined): Expected {
  return meta === undefined ? 'absent' : exactly(meta);
}

export function exactly(meta: ObjectMeta): Exclude<Expected, 'absent'> {
  return { uid: meta.uid, resourceVersion: meta.resourceVersion };
}

/**
 * The one write that changes the ledger, and with it, if the source says so, the signing key.
 * @param changed with the generation of the ledger that it was made from.
 */
export function writeSigner(situation: Situation, changed: Ledger, source: SignerSource): Write {
  const ledger = { ...changed, generation: nextGeneration(changed) };
  return signerWrite(situation, ledger, source);
}

/** The ledger unchanged, of its own generation, with labels and annotations repaired. */
export function writeSignerMetadata(situation: Situation, ledger: Ledger): Write {
  return signerWrite(situation, ledger, { from: 'unchanged' });
}

function signerWrite(situation: Situation, ledger: Ledger, source: SignerSource): Write {
  const { signer, spec } = situation;
  return {
    kind: 'WriteSigner',
    name: spec.signer.name,
    expects: expected(signer?.meta),
    ledger,
    source,
    metadata: signerMetadata(situation, ledger),
  };
}

function signerMetadata({ set, signer, spec }: Situation, ledger: Ledger): MetadataPatch {
  const own = { [ANNOTATION.ledger]: serializeLedger(ledger) };
  return metadataPatch(set.ref, signer?.meta ?? null, spec.signer, own);
}

/** The signer takes its values from the key's Secret; null if that is not there. */
export function fromKeySecret(situation: Situation, key: LedgerKey): SignerSource | null {
  const secret = secretOf(situation, key);
  if (secret === null) return null;
  return { from: 'keySecret', kid: key.kid, name: secret.meta.name, uid: secret.meta.uid };
}

/** The JWKS as the ledger has it, with a copy of the ledger; without one before the first key. */
export function writeJwks(situation: Situation, ledger: Ledger, shown = ledger): Write {
  const { jwks, spec } = situation;
  return {
    kind: 'WriteJwks',
    name: spec.jwks.name,
    expects: expected(jwks?.meta),
    generation: ledger.generation,
    data: jwksData(shown),
    metadata: jwksMetadata(situation, ledger),
  };
}

function jwksMetadata({ set, jwks, spec }: Situation, ledger: Ledger): MetadataPatch {
  return metadataPatch(set.ref, jwks?.meta ?? null, spec.jwks, {
    [ANNOTATION.generation]: String(ledger.generation),
    [ANNOTATION.ledger]: ledger.generation === 0 ? null : serializeLedger(ledger),
  });
}

/** Whether the ConfigMap's labels or annotations must be written. */
export function isJwksMetadataStale({ set, jwks, spec }: Situation): boolean {
  if (jwks === null) return false;
  if (jwks.exposing.length > 0) return true;
  const { [ANNOTATION.ledger]: copy, [ANNOTATION.generation]: stamp } = jwks.meta.annotations;
  const isStamped = stamp === String(jwksGeneration(jwks)) && (copy !== undefined || stamp === '0');
  return !isStamped || patchChanges(jwks.meta, metadataPatch(set.ref, jwks.meta, spec.jwks, {}));
}

export function isSignerMetadataStale({ set, signer, spec }: Situation): boolean {
  if (signer === null) return false;
  return patchChanges(signer.meta, metadataPatch(set.ref, signer.meta, spec.signer, {}));
}

/** @param publicJwk null for a key that is not generated yet: whoever generates it adds this. */
export function keySecretMetadata(
  { set, spec }: Situation,
  ordinal: number,
  publicJwk: PublicJwk | null,
  current: ObjectMeta | null,
): MetadataPatch {
  return metadataPatch(set.ref, current, spec.keySecrets, {
    [ANNOTATION.ordinal]: String(ordinal),
    ...(publicJwk === null ? {} : { [ANNOTATION.publicJwk]: publicJwkText(publicJwk) }),
  });
}

/** @param epochMs of the ledger that it is made for; null before there is one */
export function createKeySecret(
  situation: Situation,
  ordinal: number,
  epochMs: number | null,
): Step {
  const name = keySecretName(situation.set.ref.name, ordinal);
  const { kind } = situation.spec;
  return step(
    {
      kind: 'CreateKeySecret',
      name,
      ordinal,
      keyKind: kind,
      metadata: withEpoch(keySecretMetadata(situation, ordinal, null, null), epochMs),
    },
    'CreateKey',
    `Key #${ordinal} (${kind.algorithm}) is generated and stored in Secret ${name}`,
  );
}

function withEpoch(metadata: MetadataPatch, epochMs: number | null): MetadataPatch {
  if (epochMs === null) return metadata;
  const annotations = { ...metadata.annotations, [ANNOTATION.epoch]: String(epochMs) };
  return { ...metadata, annotations };
}

export function deleteKeySecret(secret: ObservedKeySecret, reason: Reason): Step {
  const { meta } = secret;
  return guardedStep({ kind: 'DeleteKeySecret', name: meta.name, expects: exactly(meta) }, reason);
}
