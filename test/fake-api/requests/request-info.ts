import type { KubeRequest } from '../../../src/platform/kube/transport.ts';

export type Verb =
  | 'get'
  | 'list'
  | 'watch'
  | 'create'
  | 'update'
  | 'patch'
  | 'delete'
  | 'deletecollection'
  | 'other';

/** What a request is about, as the API server reads it from method and path. */
export interface RequestInfo {
  readonly verb: Verb;
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  /** Empty for a resource without one, and for all namespaces. */
  readonly namespace: string;
  /** Empty for a collection. */
  readonly name: string;
  readonly subresource: string;
}

const VERBS = { POST: 'create', PUT: 'update', PATCH: 'patch', DELETE: 'delete' } as const;
const PATH = /^\/(?:api|apis\/(?<group>[^/]+))\/(?<version>[^/]+)\/(?<rest>.+)$/;

const known = new WeakMap<KubeRequest, RequestInfo>();

/** Each who has a part in a request asks again what it is about: it is read once. */
export function requestInfo(request: KubeRequest): RequestInfo {
  const before = known.get(request);
  if (before !== undefined) return before;
  const info = readInfo(request);
  known.set(request, info);
  return info;
}

/** Only the path's form is read: whether such a resource exists is the server's business. */
function readInfo(request: KubeRequest): RequestInfo {
  const groups = PATH.exec(request.path)?.groups;
  if (!groups) return { ...UNKNOWN };
  const { group = '', version = '', rest = '' } = groups;
  const parts = rest.split('/').map(decodeURIComponent);
  const scoped =
    parts[0] === 'namespaces' && parts.length > 2 && !NAMESPACE_PARTS.has(parts[2] ?? '');
  const [resource = '', name = '', subresource = ''] = scoped ? parts.slice(2) : parts;
  const namespace = scoped ? (parts[1] ?? '') : '';
  return { verb: verbOf(request, name), group, version, resource, namespace, name, subresource };
}

const NAMESPACE_PARTS = new Set(['finalize', 'status']);
const UNKNOWN: RequestInfo = {
  verb: 'other',
  group: '',
  version: '',
  resource: '',
  namespace: '',
  name: '',
  subresource: '',
};

function verbOf(request: KubeRequest, name: string): Verb {
  if (request.method === 'DELETE') return name === '' ? 'deletecollection' : 'delete';
  if (request.method !== 'GET') return VERBS[request.method];
  if (name !== '') return 'get';
  return ['1', 'true'].includes(request.query?.['watch'] ?? '') ? 'watch' : 'list';
}
