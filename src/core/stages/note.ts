/** Records in the ledger what the operator has just observed in a live read. */

import { undoneEdits } from '../reading/edits.ts';
import type { Step } from '../reading/model.ts';
import { noteObservations } from '../reading/observations.ts';
import type { Situation } from '../reading/situation.ts';
import type { Schedule } from '../schedule/schedule.ts';
import { isRevokedStillShown } from './revocation.ts';
import { step, withEvents, writeSigner } from './steps.ts';

export function noteShown(situation: Situation, { ledger }: Schedule): Step | null {
  if (isRevokedStillShown(situation, ledger)) return null;
  const noted = noteObservations(situation, ledger);
  if (noted === null) return null;
  const write = writeSigner(situation, noted, { from: 'unchanged' });
  const written = step(
    write,
    'NoteObservations',
    'Records in the ledger what the operator has just observed',
  );
  return withEvents(written, ...undoneEdits(situation, ledger));
}
