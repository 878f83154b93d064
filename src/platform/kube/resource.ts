import { isRecord } from '../../core/formats/is-record.ts';

/** A type of the API, as in its paths. `group` is empty for the core group. */
export interface Resource {
  readonly group: string;
  readonly version: string;
  /** Lower-case plural, as in the path: `secrets`, `signingkeysets`. */
  readonly plural: string;
  readonly namespaced: boolean;
}

/** The name of one object. Types without namespaces have no `namespace`. */
export interface ObjectRef {
  readonly namespace?: string;
  readonly name: string;
}

/** The metadata that the operator uses. Other fields of the server are kept as well. */
export interface ObjectMeta {
  readonly [field: string]: unknown;
  readonly name?: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly generation?: number;
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly finalizers?: readonly string[];
}

/**
 * An object as the server sent it, or as it is sent. Never a typed model: those drop unknown fields, and
 * the next write would then delete them.
 */
export interface KubeObject {
  readonly [field: string]: unknown;
  readonly metadata: ObjectMeta;
}

/**
 * The path of a collection, an object or a subresource, percent-encoded.
 * @param namespace default: all namespaces, or a type without namespaces
 * @throws RangeError for a part that is not a path segment: it would lead to another path
 */
export function resourcePath(
  resource: Resource,
  namespace?: string,
  name?: string,
  subresource?: string,
): string {
  const parts = resource.group === '' ? ['api'] : ['apis', resource.group];
  parts.push(resource.version);
  if (namespace !== undefined) {
    if (!resource.namespaced) throw new RangeError(`${resource.plural} are not namespaced`);
    parts.push('namespaces', namespace);
  }
  parts.push(resource.plural);
  if (name !== undefined) parts.push(name);
  if (subresource !== undefined) parts.push(subresource);
  return parts.map((part) => `/${encodeSegment(part)}`).join('');
}

function encodeSegment(part: string): string {
  if (part === '' || part === '.' || part === '..') {
    throw new RangeError(`${JSON.stringify(part)} is not a name of an object, type or namespace`);
  }
  return encodeURIComponent(part);
}

/** Whether it has `metadata`, as every object of the API. */
export function isKubeObject(value: unknown): value is KubeObject {
  return isRecord(value) && isRecord(value['metadata']);
}

/** `auth/payments`, or `payments` without a namespace. For messages and as a key of maps. */
export function refText(namespace: string | undefined, name: string): string {
  return namespace === undefined || namespace === '' ? name : `${namespace}/${name}`;
}
