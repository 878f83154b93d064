/**
 * One step a pass: between two writes of one operator there is a reading of its own. A second write
 * by the same reading would be by a state that nobody has looked at since the first.
 */
import { SET_PLURAL } from '../../../src/core/formats/names.ts';
import type { Violation } from '../oracle/judge.ts';
import type { Reading } from '../record/history.ts';
import type { Entry, Trace } from '../record/trace.ts';
import { SET_NAME } from '../world/world.ts';

const OF_THE_SET = `get:${SET_PLURAL}:${SET_NAME}`;
/** What each write to another object than the set is judged by. */
const OF_ALL = [
  OF_THE_SET,
  `get:secrets:${SET_NAME}-signer`,
  `get:configmaps:${SET_NAME}-jwks`,
  'list:secrets:auth',
];
const WRITE = /^(?:create|update|patch|delete):(secrets|configmaps|signingkeysets(?:\.status)?):/;

export function readingViolations({ entries }: Pick<Trace, 'entries'>): readonly Violation[] {
  const read = new Map<string, Set<string>>();
  return entries.flatMap((entry) => {
    if (entry.kind !== 'request') return [];
    const since = read.get(entry.who) ?? new Set();
    read.set(entry.who, since);
    const resource = WRITE.exec(entry.step)?.[1];
    if (resource === undefined) {
      since.add(withoutNumber(entry.step));
      return [];
    }
    const missing = neededFor(resource).filter((step) => !since.has(step));
    since.clear();
    return missing.length === 0 ? [] : [violation(entry, missing)];
  });
}

/** The moments at which an operator was given the set, and began to read its objects. */
export function readingsIn({ entries }: Pick<Trace, 'entries'>): readonly Reading[] {
  return entries.flatMap((entry) => {
    if (entry.kind !== 'request' || withoutNumber(entry.step) !== OF_THE_SET) return [];
    return [{ who: entry.who, atMs: entry.atMs }];
  });
}

function neededFor(resource: string): readonly string[] {
  return resource.startsWith(SET_PLURAL) ? [OF_THE_SET] : OF_ALL;
}

function violation(
  { who, step, atMs }: Extract<Entry, { kind: 'request' }>,
  missing: readonly string[],
): Violation {
  const message = `${who} sends ${step} and has not read again: ${missing.join(', ')}`;
  return { promise: 'one step', atMs, message };
}

function withoutNumber(step: string): string {
  return step.slice(0, step.lastIndexOf(':'));
}
