/** One log line for each step that was taken, at a level that says how much it matters. */
import type { EventReason } from '../../core/formats/codes.ts';
import type { EventNote, Step } from '../../core/reading/model.ts';
import type { Log } from '../../platform/log/log.ts';

/** What stays as it is, or harms users, until a person acts. */
const NEEDS_A_PERSON: readonly EventReason[] = [
  'SigningKeyLost',
  'NoSigningKey',
  'WriteRefused',
  'InvalidSpec',
  'LedgerTooNew',
  'ObjectNotOwned',
  'KeySecretBroken',
  'ClocksDisagree',
  'StatusPruned',
];

/**
 * A step that repairs or revokes something, or comes with a Warning for another reason, is a warning; an error
 * if a person must act. What the operator only notes for itself is for debugging: a status is written all the
 * time, and only what it newly reports matters.
 */
export function logStep(log: Log, set: string, { write, reason, events }: Step): void {
  const fields = { set, step: write.kind, reason: reason.code };
  const warnings = events.filter(({ type }) => type === 'Warning');
  const isForItself = write.kind === 'WriteStatus' || reason.code === 'NoteObservations';
  if (isForItself) log.debug(fields, reason.message);
  else log[levelOf(warnings)](fields, reason.message);
  for (const warning of warnings) {
    // Most steps say so themselves.
    if (isForItself || warning.message !== reason.message) logWarning(log, set, warning);
  }
}

function levelOf(warnings: readonly EventNote[]): 'error' | 'warn' | 'info' {
  if (warnings.some(({ reason }) => NEEDS_A_PERSON.includes(reason))) return 'error';
  return warnings.length > 0 ? 'warn' : 'info';
}

/** An event that someone has to know of, as a line of its own. */
export function logWarning(log: Log, set: string, note: EventNote): void {
  const level = levelOf([note]) === 'error' ? 'error' : 'warn';
  log[level]({ set, reason: note.reason }, note.message);
}
