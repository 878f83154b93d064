import { isRecord } from '../../core/formats/is-record.ts';
import type { Clock } from '../clock.ts';
import type { Caller } from './call.ts';
import { KubeApiError, type Request } from './errors.ts';
import { isKubeObject, type KubeObject, type Resource, resourcePath } from './resource.ts';

/** Objects per page. */
export const PAGE_SIZE = 500;
/** The maximum size of a page: 130 kB per object on average. */
export const PAGE_MAX_BYTES = 64 * 1024 * 1024;
export const PAGE_TIMEOUT_MS = 60_000;
/** A million objects. A server that sends more pages repeats itself. */
export const PAGES_MAX = 2000;
/** After this many expired lists in pages, it asks for all objects at once. */
export const LIST_RESTARTS_MAX = 2;

export interface Selection {
  /** Default: all namespaces. */
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** Only `metadata`, so that no Secret's data enters the process. */
  readonly metadataOnly?: boolean;
}

export interface ListOptions extends Selection {
  readonly signal: AbortSignal;
  /** For each page. Default {@link PAGE_TIMEOUT_MS}. */
  readonly timeoutMs?: number;
  /** Default {@link PAGE_SIZE}. */
  readonly pageSize?: number;
  /** What to keep of an object, or null, so that a long list of large ones needs little memory. */
  readonly transform?: (object: KubeObject) => KubeObject | null;
}

export interface ListAnswer {
  readonly items: readonly KubeObject[];
  /** The version from which a watch continues. */
  readonly resourceVersion: string;
  /** The server's clock at the last page. */
  readonly dateMs: number | null;
}

const METADATA_LIST = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1';

/**
 * Lists page by page (kubernetes.io/docs/reference/using-api/api-concepts, "Retrieving large
 * results sets in chunks"). All pages show the same moment. If the server has compacted that away before
 * the last page (410), it begins again.
 */
export async function listAll(
  caller: Caller,
  clock: Clock,
  resource: Resource,
  options: ListOptions,
): Promise<ListAnswer> {
  for (let restarts = 0; ; restarts += 1) {
    const inPages = restarts < LIST_RESTARTS_MAX;
    try {
      return await listOnce(caller, clock, resource, options, inPages);
    } catch (error) {
      const expired = error instanceof KubeApiError && error.kind === 'gone';
      if (!expired || !inPages) throw error;
    }
  }
}

async function listOnce(
  caller: Caller,
  clock: Clock,
  resource: Resource,
  options: ListOptions,
  inPages: boolean,
): Promise<ListAnswer> {
  const request = requestOf('list', resource, options);
  const limit = inPages ? { limit: String(options.pageSize ?? PAGE_SIZE) } : {};
  const items: KubeObject[] = [];
  let next = '';
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const { value, dateMs } = await caller({
      request,
      method: 'GET',
      path: resourcePath(resource, options.namespace),
      query: { ...selectors(options), ...limit, ...(next === '' ? {} : { continue: next }) },
      signal: options.signal,
      deadlineMs: clock.monotonicMs() + (options.timeoutMs ?? PAGE_TIMEOUT_MS),
      maxBytes: PAGE_MAX_BYTES,
      ...(options.metadataOnly === true ? { accept: METADATA_LIST } : {}),
    });
    const read = readPage(request, value);
    for (const item of read.items) {
      const kept = options.transform === undefined ? item : options.transform(item);
      if (kept !== null) items.push(kept);
    }
    next = read.next;
    if (next === '') return { items, resourceVersion: read.resourceVersion, dateMs };
  }
  throw new KubeApiError(request, { kind: 'bad-answer', reason: 'TooManyPages' });
}

function readPage(request: Request, value: unknown) {
  const metadata = isRecord(value) && isRecord(value['metadata']) ? value['metadata'] : {};
  // A server written in Go may send an empty list as null. A missing one is not a list: to treat it as
  // empty would mean that every object is gone.
  const given = isRecord(value) ? value['items'] : undefined;
  const items = given === null ? [] : given;
  const { resourceVersion, continue: next } = metadata;
  if (!Array.isArray(items) || !items.every(isKubeObject)) {
    throw new KubeApiError(request, { kind: 'bad-answer', reason: 'NotAList' });
  }
  if (typeof resourceVersion !== 'string' || resourceVersion === '') {
    throw new KubeApiError(request, { kind: 'bad-answer', reason: 'NoResourceVersion' });
  }
  return { items, resourceVersion, next: typeof next === 'string' ? next : '' };
}

export function requestOf(
  verb: 'list' | 'watch',
  resource: Resource,
  selection: Selection,
): Request {
  const { namespace } = selection;
  return { verb, resource: resource.plural, ref: namespace === undefined ? {} : { namespace } };
}

export function selectors(selection: Selection): Record<string, string> {
  const { labelSelector, fieldSelector } = selection;
  return {
    ...(labelSelector === undefined ? {} : { labelSelector }),
    ...(fieldSelector === undefined ? {} : { fieldSelector }),
  };
}
