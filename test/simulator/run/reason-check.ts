/**
 * No step gives a reason that is not the real one: what it says it waited for is over when it is taken. A wait that
 * was skipped is named as what would have been.
 */
import type { LogLine } from '../../support/kube/log-recorder.ts';
import type { Violation } from '../oracle/judge.ts';

const INSTANT = /\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?Z/g;
/** When someone set a field, by the API server's clock: no wait. */
const SET_BY = /\(field manager [^()]*\)/g;
/** What comes after this did not happen. */
const WOULD_HAVE_BEEN = 'it would have been:';
/** Times in reasons are rounded up, and a clock may be set back between the judgement and the line. */
const SLACK_MS = 3000;

/** @param lines each with the time by the clock of the operator that wrote it */
export function reasonViolations(lines: readonly LogLine[]): readonly Violation[] {
  return lines.flatMap(({ fields, message, atMs }) => {
    // A status announces what is to come.
    const isTaken = typeof fields['step'] === 'string' && typeof fields['reason'] === 'string';
    if (!isTaken || fields['step'] === 'WriteStatus') return [];
    const [said = ''] = message.replaceAll(SET_BY, '').split(WOULD_HAVE_BEEN);
    const later = (said.match(INSTANT) ?? []).filter((time) => Date.parse(time) > atMs + SLACK_MS);
    if (later.length === 0) return [];
    const text = `${fields['reason']} is taken before ${later.join(', ')}: ${message}`;
    return [{ promise: 'reasons', atMs, message: text }];
  });
}
