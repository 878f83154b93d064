/** What someone else did to an object, and who it was, as far as the API server's record of field managers tells. */
import type { Ledger } from '../ledger/ledger.ts';
import type { EventNote } from './model.ts';
import { isDisturbed, isForeignData, isSignerDisturbed, signerFits } from './shown.ts';
import type { Situation } from './situation.ts';

/** The maximum number of editors that a text names; it counts the rest. */
const NAMED_MAX = 3;

/**
 * For a sentence, after the object that was edited: ` (field manager kubectl-edit, 2026-12-01T09:00:00Z)`.
 * Empty if the record names nobody, as after an edit under this operator's own name.
 * @param managers who manages what counts, each as `manager/operation/time`
 * @param noted those that the ledger knows already. If it knows them all, the one that wrote last is meant.
 */
export function editedBy(managers: readonly string[], noted: readonly string[]): string {
  const parsed = managers.flatMap((text) => parse(text) ?? []);
  const news = parsed.filter(({ text }) => !noted.includes(text));
  const last = parsed.reduce<Editor | null>(
    (found, next) => (found === null || next.time > found.time ? next : found),
    null,
  );
  const editors = news.length > 0 ? news : last === null ? [] : [last];
  if (editors.length === 0) return '';
  const named = editors.slice(0, NAMED_MAX).map(({ manager, time }) => `${manager}, ${time}`);
  const more = editors.length - named.length;
  const which = editors.length === 1 ? 'field manager' : 'field managers';
  return ` (${which} ${named.join('; ')}${more === 0 ? '' : `; and ${more} more`})`;
}

interface Editor {
  readonly text: string;
  readonly manager: string;
  readonly time: string;
}

/** Null for what stands for a record that was wiped. The manager's own name may contain a slash. */
function parse(text: string): Editor | null {
  const [, manager, time] = /^(.+)\/(?:Update|Apply)\/([0-9TZ:.-]+)$/.exec(text) ?? [];
  return manager === undefined || time === undefined ? null : { text, manager, time };
}

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
