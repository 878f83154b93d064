/**
 * Objects as the text that is sent of them. Stored ones are replaced whole and never changed in
 * place, so that each is put into text once, however often it is read.
 */
import { type JsonObject, metadataOf } from './json.ts';

const texts = new WeakMap<JsonObject, string>();

/** @param object one that never changes any more */
export function textOf(object: JsonObject): string {
  const known = texts.get(object);
  if (known !== undefined) return known;
  const written = JSON.stringify(object);
  texts.set(object, written);
  return written;
}

/** The same bytes as those of the whole: the items of a list are its last member. */
export function listText(list: JsonObject): string {
  const { items, ...head } = list;
  if (!Array.isArray(items) || Object.keys(list).at(-1) !== 'items') return JSON.stringify(list);
  const written = (items as JsonObject[]).map(textOf).join(',');
  return `${JSON.stringify(head).slice(0, -1)},"items":[${written}]}`;
}

const shownOnes = new WeakMap<JsonObject, JsonObject>();

/** An object's metadata alone, as the same value each time. */
export function metadataAlone(object: JsonObject): JsonObject {
  const known = shownOnes.get(object);
  if (known !== undefined) return known;
  const head = { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1' };
  const alone = { ...head, metadata: metadataOf(object) };
  shownOnes.set(object, alone);
  return alone;
}
