/** How a run ended, in terms that do not depend on the way it took; and what it created. */
import { ANNOTATION, SET_PLURAL } from '../../../src/core/formats/names.ts';
import { child, isObject, type JsonObject, metadataOf, text } from '../../fake-api/json/json.ts';
import { type Change, HAND } from '../record/history.ts';
import {
  conditionsOf,
  ledgerOf,
  ordinalsOf,
  servedKids,
  signerKid,
  statesOf,
} from '../record/views.ts';

/** States and kids by ordinal, objects that are there, conditions, handled requests. */
export function endStateOf(changes: readonly Change[]): string {
  const ordinals = ordinalsOf(changes);
  const keyOf = (kid: string) => (kid === '' ? 'nothing' : `#${ordinals.get(kid) ?? kid}`);
  const objects = new Map<string, JsonObject>();
  for (const { resource, name, after } of changes) {
    if (after === null) objects.delete(`${resource}/${name}`);
    else objects.set(`${resource}/${name}`, after);
  }
  const lines = [...objects].flatMap(([path, object]): string[] => {
    if (path.startsWith('secrets/')) {
      return path.includes('-key-') ? [path] : signerLines(path, object, keyOf);
    }
    if (path.startsWith('configmaps/')) {
      return [`${path}: ${(servedKids(object) ?? ['garbled']).map(keyOf).sort().join(' ')}`];
    }
    return path.startsWith(`${SET_PLURAL}/`) ? setLines(path, object) : [];
  });
  return lines.sort().join('\n');
}

function signerLines(path: string, secret: JsonObject, keyOf: (kid: string) => string): string[] {
  const ledger = ledgerOf(secret);
  const handled = ledger === null ? {} : child(ledger, 'handled');
  return [
    `${path}: signs ${keyOf(signerKid(secret))}`,
    `${path}: ${ledger === null ? 'no ledger' : statesOf(ledger)}`,
    `${path}: handled ${JSON.stringify(handled)}`,
  ];
}

function setLines(path: string, set: JsonObject): string[] {
  const finalizers = metadataOf(set)['finalizers'] ?? [];
  return [
    `${path}: finalizers ${JSON.stringify(finalizers)}`,
    ...conditionsOf(set)
      .filter((condition) => !TRANSIENT.test(condition))
      .map((condition) => `${path}: ${condition}`),
  ];
}

/** It tells of the last minutes, not of how things stand. */
const TRANSIENT = /^Contested=/;

/** How often an operator put another key in the place of one that signed. */
export function rotationsIn(changes: readonly Change[]): number {
  return changes.filter(({ resource, name, before, after, author }) => {
    if (resource !== 'secrets' || name.includes('-key-') || author === HAND) return false;
    if (before === null || after === null) return false;
    const [old, now] = [signerKid(before), signerKid(after)];
    return old !== now && now !== '';
  }).length;
}

/** What the operators created and deleted: a right end can hide damage that was done on the way. */
export function writeCounts(changes: readonly Change[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const change of changes) {
    const { before, after, author } = change;
    if (author === HAND || (before !== null && after !== null)) continue;
    const kind = kindOf(change);
    if (kind === null) continue;
    const name = `${before === null ? 'create' : 'delete'} ${kind}`;
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

function kindOf({ resource, before, after }: Change): string | null {
  if (resource === 'configmaps') return 'JWKS';
  if (resource !== 'secrets') return null;
  const annotations = child(metadataOf(after ?? before ?? {}), 'annotations');
  return isObject(annotations) && text(annotations, ANNOTATION.publicJwk) !== ''
    ? 'key Secret'
    : 'signer';
}
