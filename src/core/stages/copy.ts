/**
 * Copy first: no step follows a ledger generation before a copy of it is elsewhere. If the status cannot
 * take it, because the CRD lacks the field or writes of the status fail, the JWKS does. It also does if it
 * still shows a revoked key: the write that takes the key out has the copy, so nothing goes before it.
 */
import { publishedKeys } from '../ledger/ledger.ts';
import type { Observed, Step } from '../reading/model.ts';
import { isDisturbed } from '../reading/shown.ts';
import type { Situation } from '../reading/situation.ts';
import type { Schedule } from '../schedule/schedule.ts';
import { rewriteJwks } from './custody.ts';
import { noteShown } from './note.ts';
import { isRevokedStillShown, replaceLastRevoked } from './revocation.ts';

export function statusTakesCopy({ lostStatus, isStatusFailing }: Observed): boolean {
  return !isStatusFailing && !lostStatus.includes('ledger');
}

/** Whether the copy is to be beside the JWKS, as far as that can be written. */
export function copiesBesideJwks(situation: Situation, { ledger }: Schedule): boolean {
  return !statusTakesCopy(situation.observed) || isRevokedStillShown(situation, ledger);
}

/**
 * The JWKS with a copy of the ledger. Someone else's edit is noted before that, because the write would
 * hide it. If every key is revoked, there can be no JWKS before the next key, so that comes first.
 * @returns null if the JWKS is to be deleted: only the status can say so afterwards.
 */
export function copyBesideJwks(situation: Situation, schedule: Schedule): Step | null {
  const { ledger } = schedule;
  if (ledger.deletion?.removing === true) return null;
  if (publishedKeys(ledger).length === 0) return replaceLastRevoked(situation, schedule);
  const noted = isDisturbed(situation, ledger) ? noteShown(situation, schedule) : null;
  return noted ?? rewriteJwks(situation, ledger);
}

/**
 * The first JWKS is written before there is a ledger, and so without a copy. The next key would bring one, but
 * may come much later: this comes once nothing else is to be done.
 */
export function firstCopyBesideJwks(situation: Situation, { ledger }: Schedule): Step | null {
  const { jwks, ledgers } = situation;
  if (jwks === null || ledgers.jwks !== null) return null;
  if (ledger.deletion?.removing === true || publishedKeys(ledger).length === 0) return null;
  return rewriteJwks(situation, ledger);
}
