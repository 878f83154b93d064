/**
 * I6, of parts of an object: what somebody else has put on one of the set's objects for themselves is not
 * the operator's to take away. Labels, annotations and finalizers: a NetworkPolicy, a backup tool or a
 * controller may rely on them.
 */
import { SET_PLURAL } from '../../../../src/core/formats/names.ts';
import { child, type JsonObject, metadataOf } from '../../../fake-api/json/json.ts';
import { type Change, HAND } from '../../record/history.ts';
import type { Scene } from '../actors/scene.ts';
import type { Violation } from '../verdict/verdict.ts';

const WRITTEN = ['secrets', 'configmaps', SET_PLURAL];
/** Names that the operator gives, and what it keeps under them. */
const OPERATORS_OWN = /^(?:[a-z]+\.)?(?:signingkeys\.dev|app\.kubernetes\.io)\//;

export function droppedByOperators({ timeline }: Scene): readonly Violation[] {
  const put = new Map<string, Set<string>>();
  return timeline.history.changes.flatMap((change) => {
    const { resource, namespace, name, author, before, after, atMs } = change;
    if (!WRITTEN.includes(resource)) return [];
    const object = `${resource}/${namespace}/${name}`;
    const others = put.get(object) ?? new Set();
    put.set(object, others);
    if (author === HAND) {
      for (const mark of added(change)) others.add(mark);
      return [];
    }
    if (before === null || after === null) return [];
    const left = new Set(marksOf(after));
    const dropped = marksOf(before).filter((mark) => others.has(mark) && !left.has(mark));
    return dropped.map((mark) => ({
      promise: 'I6',
      atMs,
      message: `${author} takes the ${mark} of someone else from ${resource} ${name}`,
    }));
  });
}

function added({ before, after }: Change): readonly string[] {
  if (after === null) return [];
  const known = new Set(before === null ? [] : marksOf(before));
  return marksOf(after).filter((mark) => !known.has(mark));
}

function marksOf(object: JsonObject): readonly string[] {
  const metadata = metadataOf(object);
  const { finalizers } = metadata;
  const names = (kind: 'labels' | 'annotations') => Object.keys(child(metadata, kind));
  return [
    ...(Array.isArray(finalizers) ? finalizers : []).map((name) => `finalizer ${name}`),
    ...names('labels').map((name) => `label ${name}`),
    ...names('annotations').map((name) => `annotation ${name}`),
  ].filter((mark) => !OPERATORS_OWN.test(mark.slice(mark.indexOf(' ') + 1)));
}
