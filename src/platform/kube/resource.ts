import { isRecord } from '../../core/formats/is-record.ts';

/** A type of the API as its path names it. `group` is empty for the core group. */
export interface Resource {
  readonly group: string;
  readonly version: string;
  /** Lower-case plural, as in the path: `secrets`, `signingkeysets`. */
  readonly plural: string;
  readonly namespaced: boolean;
}

/** One object. `namespace` is left out for types that are not namespaced. */
export interface ObjectRef {
  readonly namespace?: string;
  readonly name: string;
}

/** What the operator uses of metadata; whatever else the server sent is there too. */
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
 * An object as the server sent it, or as it is to be sent. Never a typed model: those drop
 * fields they do not know, and the next write would then delete them.
 */
export interface KubeObject {
  readonly [field: string]: unknown;
  readonly metadata: ObjectMeta;
}

/**
 * The path of a collection, of one object in it or of a subresource, percent-encoded.
 * @param namespace left out: of all namespaces, or a type that is not namespaced
 * @throws RangeError for a part that is no path segment: such a name would be read as another path
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
    throw new RangeError(`${JSON.stringify(part)} is no name of an object, type or namespace`);
  }
  return encodeURIComponent(part);
}

/** True for what every object of the API has: an object with an object `metadata`. */
export function isKubeObject(value: unknown): value is KubeObject {
  return isRecord(value) && isRecord(value['metadata']);
}

/** `auth/payments`, or `payments` where there is no namespace. For messages and store keys. */
export function refText(namespace: string | undefined, name: string): string {
  return namespace === undefined || namespace === '' ? name : `${namespace}/${name}`;
}
