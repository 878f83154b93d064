/** One log line for each step that was taken, at a level that says how much it matters. */
import type { EventNote, Observed, Step } from '../../core/reading/model.ts';
import type { Log } from '../../platform/log/log.ts';

/**
 * A step that repairs or revokes something, or comes with a Warning for another reason, is a
 * warning. A status is written all the time: only what it newly reports matters.
 *
 * @param live the reading that the step was checked against
 */
export function logStep(log: Log, set: string, step: Step, live: Observed): void {
  const { write, reason } = step;
  const fields = { set, step: write.kind, reason: reason.code };
  const warnings = step.events.filter(({ type }) => type === 'Warning');
  if (write.kind === 'WriteStatus') {
    log.debug(fields, reason.message);
    for (const warning of warnings) logNote(log, set, warning);
  } else if (warnings.length > 0 || overwritesForeignEdit(step, live)) {
    log.warn(fields, reason.message);
  } else {
    log.info(fields, reason.message);
  }
}

function logNote(log: Log, set: string, { reason, message }: EventNote): void {
  log.warn({ set, reason }, message);
}

/** Someone else has written the JWKS since the operator did. */
function overwritesForeignEdit({ write }: Step, { jwks }: Observed): boolean {
  return write.kind === 'WriteJwks' && jwks !== null && jwks.otherManagers.length > 0;
}
