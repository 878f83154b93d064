import { MANAGER } from '../../core/formats/names.ts';
import type { Clock } from '../clock.ts';
import { type Call, createCaller } from './call.ts';
import { KubeApiError } from './errors.ts';
import { type ListAnswer, type ListOptions, listAll } from './list.ts';
import {
  isKubeObject,
  type KubeObject,
  type ObjectRef,
  type Resource,
  resourcePath,
} from './resource.ts';
import type { Transport } from './transport.ts';
import { openWatch, type Watch, type WatchOptions } from './watch-stream.ts';

/** A read that takes longer has failed. */
export const READ_TIMEOUT_MS = 30_000;
/** With less time left a write is not sent: it could take effect after its deadline. */
export const WRITE_MIN_LEFT_MS = 250;
/** The largest answer to anything but a list. An object in etcd has at most 1.5 MiB. */
export const OBJECT_MAX_BYTES = 8 * 1024 * 1024;

export interface Answer {
  /** As the server sent it. For `delete` that may be a `Status`. */
  readonly object: KubeObject;
  /** The server's clock as it answered, in whole seconds; null where the answer had no `Date`. */
  readonly dateMs: number | null;
}

export interface ReadOptions {
  readonly signal: AbortSignal;
  /** Default {@link READ_TIMEOUT_MS}. */
  readonly timeoutMs?: number;
  /** Only `metadata`, so that no Secret's data comes into the process. */
  readonly metadataOnly?: boolean;
}

export interface WriteOptions {
  /** An abort leaves the outcome unknown. */
  readonly signal: AbortSignal;
  /** On the clock's monotonic scale. The server is told, and stops trying by then. */
  readonly deadlineMs: number;
  /** Asks the server to check only. */
  readonly dryRun?: boolean;
}

export type Patch =
  | { readonly type: 'merge'; readonly body: unknown }
  | { readonly type: 'json'; readonly body: readonly unknown[] }
  /** Server-side apply; `force` takes over fields that others own. */
  | { readonly type: 'apply'; readonly body: unknown; readonly force: boolean };

export interface DeleteOptions extends WriteOptions {
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
  readonly propagationPolicy?: 'Background' | 'Foreground' | 'Orphan';
}

/**
 * Objects in, objects out, as the server sends them: unknown fields survive. Every method
 * rejects with a {@link KubeApiError}, or with the signal's reason when that aborts. Nothing is
 * ever retried here.
 */
export interface KubeClient {
  get(resource: Resource, ref: ObjectRef, options: ReadOptions): Promise<Answer>;
  /** Page by page, all of it, of one namespace or (without one) of all. */
  list(resource: Resource, options: ListOptions): Promise<ListAnswer>;
  /** Resolves when the server has accepted the watch. */
  watch(resource: Resource, options: WatchOptions): Promise<Watch>;
  /** The object names itself in its `metadata`. */
  create(resource: Resource, object: KubeObject, options: WriteOptions): Promise<Answer>;
  /** Fails with `conflict` unless the object's `metadata.resourceVersion` is the current one. */
  replace(resource: Resource, object: KubeObject, options: WriteOptions): Promise<Answer>;
  replaceStatus(resource: Resource, object: KubeObject, options: WriteOptions): Promise<Answer>;
  patch(
    resource: Resource,
    ref: ObjectRef,
    patch: Patch,
    options: WriteOptions & { readonly subresource?: 'status' },
  ): Promise<Answer>;
  delete(resource: Resource, ref: ObjectRef, options: DeleteOptions): Promise<Answer>;
}

export interface KubeClientOptions {
  readonly transport: Transport;
  readonly clock: Clock;
  /** Default {@link MANAGER}. */
  readonly fieldManager?: string;
}

const PATCH_TYPES = {
  merge: 'application/merge-patch+json',
  json: 'application/json-patch+json',
  // The body is JSON, which is YAML as well.
  apply: 'application/apply-patch+yaml',
} as const;

const METADATA_ONLY = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1';

type WriteCall = Omit<Call, 'deadlineMs' | 'maxBytes' | 'signal'>;

export function createKubeClient(options: KubeClientOptions): KubeClient {
  const { transport, clock } = options;
  const caller = createCaller(transport, clock);
  const fieldManager = options.fieldManager ?? MANAGER;

  const write = async (call: WriteCall, given: WriteOptions, managed: boolean): Promise<Answer> => {
    const timeLeft = () => {
      const leftMs = Math.floor(given.deadlineMs - clock.monotonicMs());
      if (leftMs >= WRITE_MIN_LEFT_MS) return { timeout: `${leftMs}ms` };
      throw new KubeApiError(call.request, { kind: 'no-time-left', reason: 'Deadline' });
    };
    const query = {
      ...call.query,
      ...timeLeft(),
      ...(managed ? { fieldManager } : {}),
      ...(given.dryRun === true ? { dryRun: 'All' } : {}),
    };
    const { deadlineMs, signal } = given;
    const bounds = { deadlineMs, signal, maxBytes: OBJECT_MAX_BYTES };
    return await ask({ ...call, ...bounds, query, lateQuery: timeLeft });
  };

  const ask = async (call: Call): Promise<Answer> => {
    const { value, dateMs } = await caller(call);
    if (!isKubeObject(value)) {
      throw new KubeApiError(call.request, { kind: 'bad-answer', reason: 'NotAnObject' });
    }
    return { object: value, dateMs };
  };

  const put = async (
    resource: Resource,
    object: KubeObject,
    given: WriteOptions,
    sub?: 'status',
  ) => {
    const ref = refOf(resource, object);
    return write(
      {
        request: { verb: 'replace', resource: plural(resource, sub), ref },
        method: 'PUT',
        path: resourcePath(resource, ref.namespace, ref.name, sub),
        body: object,
      },
      given,
      true,
    );
  };

  return {
    get: async (resource, ref, given) =>
      ask({
        request: { verb: 'get', resource: resource.plural, ref },
        method: 'GET',
        path: resourcePath(resource, ref.namespace, ref.name),
        signal: given.signal,
        deadlineMs: clock.monotonicMs() + (given.timeoutMs ?? READ_TIMEOUT_MS),
        maxBytes: OBJECT_MAX_BYTES,
        ...(given.metadataOnly === true ? { accept: METADATA_ONLY } : {}),
      }),
    list: async (resource, given) => listAll(caller, clock, resource, given),
    watch: async (resource, given) => openWatch(transport, clock, resource, given),
    create: async (resource, object, given) => {
      const ref = refOf(resource, object);
      return write(
        {
          request: { verb: 'create', resource: resource.plural, ref },
          method: 'POST',
          path: resourcePath(resource, ref.namespace),
          body: object,
        },
        given,
        true,
      );
    },
    replace: (resource, object, given) => put(resource, object, given),
    replaceStatus: (resource, object, given) => put(resource, object, given, 'status'),
    patch: async (resource, ref, patch, given) =>
      write(
        {
          request: { verb: 'patch', resource: plural(resource, given.subresource), ref },
          method: 'PATCH',
          path: resourcePath(resource, ref.namespace, ref.name, given.subresource),
          contentType: PATCH_TYPES[patch.type],
          body: patch.body,
          ...(patch.type === 'apply' ? { query: { force: String(patch.force) } } : {}),
        },
        given,
        true,
      ),
    delete: async (resource, ref, given) =>
      write(
        {
          request: { verb: 'delete', resource: resource.plural, ref },
          method: 'DELETE',
          path: resourcePath(resource, ref.namespace, ref.name),
          body: {
            kind: 'DeleteOptions',
            apiVersion: 'v1',
            ...(given.preconditions ? { preconditions: given.preconditions } : {}),
            ...(given.propagationPolicy ? { propagationPolicy: given.propagationPolicy } : {}),
          },
        },
        given,
        false,
      ),
  };
}

function plural(resource: Resource, subresource?: string): string {
  return subresource === undefined ? resource.plural : `${resource.plural}/${subresource}`;
}

function refOf(resource: Resource, object: KubeObject): ObjectRef {
  const { name, namespace } = object.metadata;
  if (name === undefined) throw new RangeError(`an object of ${resource.plural} has no name`);
  return namespace === undefined ? { name } : { name, namespace };
}
