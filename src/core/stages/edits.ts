/** What someone else did to an object, where no repair says so: as warnings. */
import type { Ledger } from '../ledger/ledger.ts';
import { editedBy } from '../reading/editors.ts';
import type { EventNote } from '../reading/model.ts';
import { isDisturbed, isForeignData, isSignerDisturbed, signerFits } from '../reading/shown.ts';
import type { Situation } from '../reading/situation.ts';

/** Edits that were taken back before the operator looked: nothing is left to repair. */
export function undoneEdits(situation: Situation, ledger: Ledger): readonly EventNote[] {
  return [...undoneJwksEdit(situation, ledger), ...undoneSignerEdit(situation, ledger)];
}

/** The same, of the JWKS alone. */
export function undoneJwksEdit(situation: Situation, ledger: Ledger): readonly EventNote[] {
  const { jwks } = situation;
  if (jwks === null || !isDisturbed(situation, ledger) || isForeignData(situation, ledger))
    return [];
  // The operator itself has created it again.
  if (jwks.meta.uid !== ledger.jwks?.uid && jwks.otherManagers.length === 0) return [];
  const who = editedBy(jwks.otherManagers, ledger.jwks?.managers ?? []);
  const message =
    `Someone else changed or deleted ConfigMap ${jwks.meta.name}${who}, and put it back before the operator ` +
    'looked. Verifiers may have fetched it meanwhile, so every wait starts again.';
  return [{ type: 'Warning', reason: 'JwksEdited', message }];
}

function undoneSignerEdit({ signer }: Situation, ledger: Ledger): readonly EventNote[] {
  if (signer === null || !signerFits(ledger, signer)) return [];
  if (!isSignerDisturbed(signer, ledger)) return [];
  const who = editedBy(signer.otherManagers, ledger.signer?.managers ?? []);
  const message =
    `Someone else changed or deleted Secret ${signer.meta.name}${who}, and put it back before the operator ` +
    'looked. Each key of the set may have signed meanwhile, so each stays published until such tokens have expired.';
  return [{ type: 'Warning', reason: 'SignerEdited', message }];
}

/** For a write that puts another key into the signer in any case: it replaces what someone else put there. */
export function replacedSigner({ signer }: Situation, ledger: Ledger): readonly EventNote[] {
  if (signer === null || signerFits(ledger, signer)) return [];
  const who = editedBy(signer.otherManagers, ledger.signer?.managers ?? []);
  const found = signer.content.kind === 'Key' ? `the key ${signer.content.kid}` : 'no usable key';
  const message =
    `Someone else changed Secret ${signer.meta.name}${who}: it held ${found}. The write of the revocation ` +
    'replaces it.';
  return [{ type: 'Warning', reason: 'SignerRepaired', message }];
}

/** For a write of the JWKS that a recovery makes in any case: it replaces what someone else wrote. */
export function replacedJwks(situation: Situation, ledger: Ledger): readonly EventNote[] {
  const { jwks } = situation;
  if (jwks === null || !isForeignData(situation, ledger)) return [];
  const who = editedBy(jwks.otherManagers, ledger.jwks?.managers ?? []);
  const message = `Someone else changed ConfigMap ${jwks.meta.name}${who}. The recovery of the ledger writes it again.`;
  return [{ type: 'Warning', reason: 'JwksRepaired', message }];
}
