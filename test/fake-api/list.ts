import { type JsonObject, nameOf, namespaceOf } from './json/json.ts';
import { selector } from './requests/selectors.ts';
import { keyOf, type Store } from './store.ts';
import { type ResourceType, storageOf } from './types/resource-types.ts';
import {
  badRequest,
  failure,
  invalid,
  StatusError,
  versionTooLarge,
} from './types/status-error.ts';

export type Query = Readonly<Record<string, string>>;

export interface Page {
  readonly items: readonly JsonObject[];
  /** `metadata` of the list. */
  readonly metadata: JsonObject;
}

/** Where a list begins: as of which revision, after which key. */
interface Start {
  readonly revision: number;
  readonly after: string;
  readonly limit: number;
}

/**
 * Lists as the API server does: chunks with `limit` and `continue` all show one revision.
 * @param asOf an earlier revision instead of the present, for stale reads
 * @throws StatusError 400, 410 if the revision is compacted, 422, 504 if it is to come.
 */
export function list(
  store: Store,
  type: ResourceType,
  namespace: string,
  query: Query,
  asOf: number,
): Page {
  const labels = query['labelSelector'] ?? '';
  const fields = query['fieldSelector'] ?? '';
  const matches = selector(type, labels, fields);
  const start = startOf(store, type, query, asOf);
  const found = store
    .all(storageOf(type), start.revision)
    .filter((object) => namespace === '' || namespaceOf(object) === namespace)
    .filter((object) => keyOf(object) > start.after && matches(object));
  const items = start.limit > 0 ? found.slice(0, start.limit) : found;
  const last = items.at(-1);
  const metadata: JsonObject = { resourceVersion: String(start.revision) };
  if (last && items.length < found.length) {
    metadata['continue'] = token(start.revision, keyOf(last));
    if (labels === '' && fields === '')
      metadata['remainingItemCount'] = found.length - items.length;
  }
  return { items, metadata };
}

function startOf(store: Store, type: ResourceType, query: Query, asOf: number): Start {
  const limit = numberOf(query['limit'] ?? '');
  const version = query['resourceVersion'] ?? '';
  const continued = query['continue'] ?? '';
  const match = query['resourceVersionMatch'] ?? '';
  if (match !== '' && version === '') {
    const message =
      'Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided';
    const options = { ...type, group: 'meta.k8s.io', kind: 'ListOptions' };
    const field = 'resourceVersionMatch';
    throw invalid(options, '', [{ reason: 'FieldValueForbidden', field, message }]);
  }
  if (continued !== '') return continuation(store, continued, version, limit);
  if (!/^\d*$/.test(version)) {
    throw badRequest(`invalid resource version: resourceVersion: Invalid value: "${version}"`);
  }
  const wanted = Number(version);
  if (wanted > store.revision) throw versionTooLarge(wanted, store.revision);
  // The real server serves version 0 from its cache, whole.
  if (version === '0') return { revision: asOf, after: '', limit: 0 };
  const exact = version !== '' && (match === 'Exact' || (limit > 0 && match === ''));
  if (exact && wanted < store.compactedRevision) {
    throw failure(410, 'Expired', 'The resourceVersion for the provided list is too old.');
  }
  return { revision: exact ? wanted : asOf, after: '', limit };
}

function numberOf(limit: string): number {
  if (limit === '') return 0;
  if (!/^-?\d+$/.test(limit))
    throw badRequest(`strconv.ParseInt: parsing "${limit}": invalid syntax`);
  return Math.max(0, Number(limit));
}

function token(revision: number, after: string): string {
  const text = JSON.stringify({ v: 'meta.k8s.io/v1', rv: revision, start: `${after}\u0000` });
  return Buffer.from(text).toString('base64url');
}

function continuation(store: Store, continued: string, version: string, limit: number): Start {
  const { revision, after } = parseToken(continued);
  if (version !== '' && version !== '0') {
    throw badRequest('specifying resource version is not allowed when using continue');
  }
  // A token of an earlier 410: it continues in the present, which is inconsistent, as it says.
  if (revision < 0) return { revision: store.revision, after, limit };
  if (revision >= store.compactedRevision) return { revision, after, limit };
  const error = failure(
    410,
    'Expired',
    'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results.',
  );
  throw new StatusError(410, { ...error.body, metadata: { continue: token(-1, after) } });
}

function parseToken(continued: string): { revision: number; after: string } {
  try {
    const { rv, start } = JSON.parse(Buffer.from(continued, 'base64url').toString('utf8'));
    if (typeof rv !== 'number' || !start?.endsWith?.('\u0000')) throw new TypeError('not a token');
    return { revision: rv, after: start.slice(0, start.lastIndexOf('\u0000')) };
  } catch {
    throw badRequest('invalid continue token: continue key is not valid');
  }
}

/** One object as of a revision. */
export function readAsOf(
  store: Store,
  type: ResourceType,
  key: { readonly namespace: string; readonly name: string },
  asOf: number,
): JsonObject | null {
  const storage = storageOf(type);
  if (asOf === store.revision) return store.get(storage, `${key.namespace}/${key.name}`);
  return (
    store
      .all(storage, asOf)
      .find((object) => nameOf(object) === key.name && namespaceOf(object) === key.namespace) ??
    null
  );
}
