/** What keeps a set from going on until a person does something: the `Stalled` condition. */

import type { ConditionReason } from '../formats/codes.ts';
import { ANNOTATION, REQUEST } from '../formats/names.ts';
import type { SetRef } from '../ledger/ledger.ts';
import type { ObservedSet } from '../reading/model.ts';
import { parseOwner } from '../reading/ownership.ts';
import type { Situation } from '../reading/situation.ts';

/** A condition's reason and message. */
export interface Stall {
  readonly code: ConditionReason;
  readonly message: string;
}

/** @returns why nothing but the status may be written, or null. */
export function stallOf(situation: Situation): Stall | null {
  const { ledgerState, ownership } = situation;
  if (ledgerState.kind === 'Newer') {
    return {
      code: 'LedgerTooNew',
      message:
        `the ledger in ${ledgerState.where} is of version ${ledgerState.version}, which a newer operator wrote: ` +
        'upgrade this operator; it writes nothing until then',
    };
  }
  if (ownership.signer === 'Foreign' || ownership.jwks === 'Foreign')
    return foreignObject(situation);
  return brokenFirstKey(situation);
}

/** @returns why nothing goes on before a person does something: a stall, or a step that is refused. */
export function haltOf(situation: Situation): Stall | null {
  const { refusedWrite } = situation.observed;
  const refused: Stall | null =
    refusedWrite === null ? null : { code: 'WriteRefused', message: refusedWrite };
  return stallOf(situation) ?? refused;
}

function foreignObject({ foreign, observed, ownership }: Situation): Stall {
  const meta = ownership.signer === 'Foreign' ? observed.signer?.meta : observed.jwks?.meta;
  const owner = meta === undefined ? null : parseOwner(meta);
  const found =
    owner === null
      ? `has no ${ANNOTATION.owner} annotation of this set`
      : `belongs to the set ${owner.namespace}/${owner.name} (UID ${owner.uid})`;
  const remedy =
    owner === null
      ? 'delete or rename it, or choose another name in a new set'
      : adoptionRemedy(observed.set, owner);
  return { code: 'ObjectNotOwned', message: `${foreign[0]} ${found}: ${remedy}` };
}

function adoptionRemedy({ livingAdoptee }: ObservedSet, { uid }: SetRef): string {
  const anew = 'make this set anew with other names in spec.signer and spec.jwks';
  return livingAdoptee === uid
    ? `that set lives, and what lives is not adopted: delete it first, or ${anew}`
    : `if that set is gone for good, annotate this one with ${REQUEST.adopt}=${uid}; else ${anew}`;
}

/** A first key's Secret that holds no usable key can't be replaced without destroying it. */
function brokenFirstKey({ ledgerState, keySecrets }: Situation): Stall | null {
  const [secret] = keySecrets;
  if (ledgerState.kind !== 'None' || secret?.content.kind !== 'Broken') return null;
  return {
    code: 'KeySecretBroken',
    message: `Secret ${secret.meta.name} holds no usable key (${secret.content.problem}): delete it`,
  };
}
