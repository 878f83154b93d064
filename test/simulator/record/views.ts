/** What the history shows of a set: who signs, what is served, which key is which. */
import { ANNOTATION } from '../../../src/core/formats/names.ts';
import { child, isObject, type JsonObject, metadataOf, text } from '../../fake-api/json/json.ts';
import type { Change } from './history.ts';

/** The states that an object had, oldest first; deletions are none. */
export function versionsOf(
  changes: readonly Change[],
  resource: string,
  name: string,
): readonly JsonObject[] {
  return changes
    .filter((change) => change.resource === resource && change.name === name)
    .flatMap(({ after }) => (after === null ? [] : [after]));
}

/** Ordinals by kid, from every key Secret that there ever was. */
export function ordinalsOf(changes: readonly Change[]): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  for (const { resource, after, name } of changes) {
    if (resource !== 'secrets' || after === null) continue;
    const jwk = text(child(metadataOf(after), 'annotations'), ANNOTATION.publicJwk);
    const ordinal = /-key-(\d+)$/.exec(name)?.[1];
    if (jwk === '' || ordinal === undefined) continue;
    const { kid } = JSON.parse(jwk) as { kid: string };
    if (!found.has(kid)) found.set(kid, Number(ordinal));
  }
  return found;
}

/** @throws if no key of that ordinal was ever made. */
export function kidOf(changes: readonly Change[], ordinal: number): string {
  const found = [...ordinalsOf(changes)].find(([, known]) => known === ordinal);
  if (found === undefined) throw new Error(`there never was a key #${ordinal}`);
  return found[0];
}

/** The kids in a JWKS ConfigMap; null if it can't be read. */
export function servedKids(configMap: JsonObject): readonly string[] | null {
  try {
    const { keys } = JSON.parse(text(child(configMap, 'data'), 'jwks.json'));
    return (keys as { kid: string }[]).map(({ kid }) => kid);
  } catch {
    return null;
  }
}

/** The kid in a signer Secret; empty if no key signs. */
export function signerKid(secret: JsonObject): string {
  return Buffer.from(text(child(secret, 'data'), 'kid'), 'base64').toString();
}

/** The ledger of a signer Secret, as it is written; null if there is none. */
export function ledgerOf(secret: JsonObject): JsonObject | null {
  const ledger = text(child(metadataOf(secret), 'annotations'), ANNOTATION.ledger);
  try {
    const value: unknown = JSON.parse(ledger);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

/** `#1 Retiring (out: Retired), #2 Active`, and what has ended. */
export function statesOf(ledger: JsonObject): string {
  const keys = objectsIn(ledger['keys']).map(({ ordinal, state, bar }) => {
    const out = isObject(bar) ? ` (out: ${String(bar['reason'])})` : '';
    return `#${String(ordinal)} ${String(state)}${out}`;
  });
  const stones = objectsIn(ledger['tombstones']).map(
    ({ ordinal, reason }) => `#${String(ordinal)} ${String(reason)}`,
  );
  return [...keys, ...(stones.length === 0 ? [] : [`ended ${stones.join(', ')}`])].join(', ');
}

/** Conditions as `Ready=True Signing`, in the order of their types. */
export function conditionsOf(set: JsonObject): readonly string[] {
  return objectsIn(child(set, 'status')['conditions'])
    .map(({ type, status, reason }) => `${String(type)}=${String(status)} ${String(reason)}`)
    .sort();
}

export function objectsIn(value: unknown): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}
