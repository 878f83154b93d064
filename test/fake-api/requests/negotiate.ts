import type { JsonObject } from '../json/json.ts';
import { metadataAlone } from '../json/json-text.ts';
import { failure } from '../types/status-error.ts';

/** How an answer is shown: whole, or its metadata only. */
export type Form = 'whole' | 'metadata';

/**
 * Reads an Accept header.
 * @throws StatusError 406 if the client wants neither JSON nor what this answer can be.
 */
export function formOf(accept: string, isList: boolean): Form {
  for (const clause of accept.split(',')) {
    const [mediaType = '', ...parameters] = clause.split(';').map((part) => part.trim());
    if (!['application/json', 'application/*', '*/*'].includes(mediaType)) continue;
    const as = parameters.find((parameter) => parameter.startsWith('as='))?.slice('as='.length);
    if (as === undefined) return 'whole';
    if (as === 'PartialObjectMetadata' || as === 'PartialObjectMetadataList') {
      if (as.endsWith('List') === isList) return 'metadata';
      const found = isList ? 'a list' : 'not a list';
      throw failure(
        406,
        'NotAcceptable',
        `you requested ${as}, but the requested object is ${found}`,
      );
    }
  }
  throw failure(406, 'NotAcceptable', '406: Not Acceptable: application/json is available', {});
}

export function shown(object: JsonObject, form: Form): JsonObject {
  if (form === 'whole') return object;
  return metadataAlone(object);
}

export function shownList(
  kind: string,
  apiVersion: string,
  metadata: JsonObject,
  items: readonly JsonObject[],
  form: Form,
): JsonObject {
  const head =
    form === 'whole'
      ? { kind: `${kind}List`, apiVersion }
      : { kind: 'PartialObjectMetadataList', apiVersion: 'meta.k8s.io/v1' };
  return { ...head, metadata, items: items.map((item) => shown(item, form)) };
}
