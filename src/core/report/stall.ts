/** What holds a set up until a person does something: the `Stalled` condition. */

import type { ConditionReason } from '../formats/codes.ts';
import { ANNOTATION, REQUEST } from '../formats/names.ts';
import type { SetRef } from '../ledger/ledger.ts';
import type { ObservedSet } from '../reading/model.ts';
import { parseOwner } from '../reading/ownership.ts';
import { firstKeySecret, type LedgerState, type Situation } from '../reading/situation.ts';

type NewerLedger = Extract<LedgerState, { kind: 'Newer' }>;

/** A condition's reason and message. */
export interface Stall {
  readonly code: ConditionReason;
  readonly message: string;
}

/** @returns why only the status may be written, or null. */
export function stallOf(situation: Situation): Stall | null {
  const { ledgerState, ownership } = situation;
  if (ledgerState.kind === 'Newer') return ledgerTooNew(situation, ledgerState);
  if (ownership.signer === 'Foreign' || ownership.jwks === 'Foreign')
    return foreignObject(situation);
  return brokenFirstKey(situation);
}

function ledgerTooNew({ spec }: Situation, { where, version }: NewerLedger): Stall {
  const object =
    where === 'the JWKS'
      ? `ConfigMap ${spec.jwks.name}`
      : where === 'the signer Secret'
        ? `Secret ${spec.signer.name}`
        : 'the status';
  return {
    code: 'LedgerTooNew',
    message:
      `A newer operator wrote the ledger in ${where} (version ${version}). Upgrade this operator: until then it ` +
      'writes nothing but the status. If no newer operator has ever worked here, someone else wrote it: find out ' +
      `who changed ${object}, and remove its ${where === 'the status' ? 'field ledger' : `annotation ${ANNOTATION.ledger}`}.`,
  };
}

/** @returns why a person must do something: a stall, or a step that the API server refuses. */
export function haltOf(situation: Situation): Stall | null {
  const { refusedWrite } = situation.observed;
  const refused: Stall | null =
    refusedWrite === null ? null : { code: 'WriteRefused', message: refusedWrite };
  return stallOf(situation) ?? refused;
}

const CREATE_AGAIN = 'create this set again with other names in spec.signer and spec.jwks';

function foreignObject({ foreign, observed, ownership }: Situation): Stall {
  const meta = ownership.signer === 'Foreign' ? observed.signer?.meta : observed.jwks?.meta;
  const owner = meta === undefined ? null : parseOwner(meta);
  const found =
    owner === null
      ? `has no ${ANNOTATION.owner} annotation of this set`
      : `belongs to the set ${owner.namespace}/${owner.name} (UID ${owner.uid})`;
  const remedy =
    owner === null ? `Delete it, or ${CREATE_AGAIN}.` : adoptionRemedy(observed.set, owner);
  return { code: 'ObjectNotOwned', message: `${foreign[0]} ${found}. ${remedy}` };
}

function adoptionRemedy({ livingAdoptee }: ObservedSet, { uid }: SetRef): string {
  return livingAdoptee === uid
    ? `That set still exists, so its objects are not adopted. Delete it first, or ${CREATE_AGAIN}.`
    : `If that set no longer exists, annotate this one with ${REQUEST.adopt}=${uid}. Otherwise ${CREATE_AGAIN}.`;
}

/** Replacing a first key's Secret that holds no usable key would destroy it: a person decides. */
function brokenFirstKey(situation: Situation): Stall | null {
  const secret = firstKeySecret(situation);
  if (situation.ledgerState.kind !== 'None' || secret?.content.kind !== 'Broken') return null;
  return {
    code: 'KeySecretBroken',
    message: `Secret ${secret.meta.name} holds no usable key (${secret.content.problem}). Delete it: the operator then generates a new key.`,
  };
}
