import { MANAGER } from '../../core/formats/names.ts';
import type { Clock } from '../clock.ts';
import { type Call, type Caller, createCaller, METADATA_ONLY } from './call.ts';
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
/** A write with less time left is not sent: it could take effect after its deadline. */
export const WRITE_MIN_LEFT_MS = 250;
/** The maximum size of an answer other than a list. An object in etcd has at most 1.5 MiB. */
export const OBJECT_MAX_BYTES = 8 * 1024 * 1024;

export interface Answer {
  /** As the server sent it. For `delete` it may be a `Status`. */
  readonly object: KubeObject;
  /** The server's clock when it answered, in whole seconds. Null: the answer had no `Date`. */
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
  /** After an abort the write may or may not take effect. */
  readonly signal: AbortSignal;
  /** On the clock's monotonic scale. The server gets it as a timeout, and gives up by then. */
  readonly deadlineMs: number;
}

export interface DeleteOptions extends WriteOptions {
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
}

/**
 * Reads and writes objects as the server sends them, so that unknown fields survive. Every method
 * rejects with a {@link KubeApiError}, or with the signal's reason if that aborts. It never retries.
 */
export interface KubeClient {
  get(resource: Resource, ref: ObjectRef, options: ReadOptions): Promise<Answer>;
  /** Lists all objects of one namespace, or of all, page by page. */
  list(resource: Resource, options: ListOptions): Promise<ListAnswer>;
  /** Resolves when the server has accepted the watch. */
  watch(resource: Resource, options: WatchOptions): Promise<Watch>;
  /** The object's `metadata` has its name and namespace. */
  create(resource: Resource, object: KubeObject, options: WriteOptions): Promise<Answer>;
  /** Fails with `conflict` if the object's `metadata.resourceVersion` is not the current one. */
  replace(resource: Resource, object: KubeObject, options: WriteOptions): Promise<Answer>;
  replaceStatus(resource: Resource, object: KubeObject, options: WriteOptions): Promise<Answer>;
  /** Sends a merge patch (RFC 7396): members of the body replace the object's, null removes one. */
  patch(resource: Resource, ref: ObjectRef, body: unknown, options: WriteOptions): Promise<Answer>;
  delete(resource: Resource, ref: ObjectRef, options: DeleteOptions): Promise<Answer>;
}

export interface KubeClientOptions {
  readonly transport: Transport;
  readonly clock: Clock;
}

const MERGE_PATCH = 'application/merge-patch+json';

type WriteCall = Omit<Call, 'deadlineMs' | 'maxBytes' | 'signal' | 'query' | 'lateQuery'>;

export function createKubeClient(options: KubeClientOptions): KubeClient {
  return new RequestingClient(options);
}

class RequestingClient implements KubeClient {
  readonly #transport: Transport;
  readonly #clock: Clock;
  readonly #caller: Caller;

  constructor({ transport, clock }: KubeClientOptions) {
    this.#transport = transport;
    this.#clock = clock;
    this.#caller = createCaller(transport, clock);
  }

  async get(resource: Resource, ref: ObjectRef, options: ReadOptions): Promise<Answer> {
    return await this.#ask({
      request: { verb: 'get', resource: resource.plural, ref },
      method: 'GET',
      path: resourcePath(resource, ref.namespace, ref.name),
      signal: options.signal,
      deadlineMs: this.#clock.monotonicMs() + (options.timeoutMs ?? READ_TIMEOUT_MS),
      maxBytes: OBJECT_MAX_BYTES,
      ...(options.metadataOnly === true ? { accept: METADATA_ONLY } : {}),
    });
  }

  async list(resource: Resource, options: ListOptions): Promise<ListAnswer> {
    return await listAll(this.#caller, this.#clock, resource, options);
  }

  async watch(resource: Resource, options: WatchOptions): Promise<Watch> {
    return await openWatch(this.#transport, this.#clock, resource, options);
  }

  async create(resource: Resource, object: KubeObject, options: WriteOptions): Promise<Answer> {
    const ref = refOf(resource, object);
    const call: WriteCall = {
      request: { verb: 'create', resource: resource.plural, ref },
      method: 'POST',
      path: resourcePath(resource, ref.namespace),
      body: object,
    };
    return await this.#write(call, options);
  }

  async replace(resource: Resource, object: KubeObject, options: WriteOptions): Promise<Answer> {
    return await this.#put(resource, object, options);
  }

  async replaceStatus(
    resource: Resource,
    object: KubeObject,
    options: WriteOptions,
  ): Promise<Answer> {
    return await this.#put(resource, object, options, 'status');
  }

  async patch(
    resource: Resource,
    ref: ObjectRef,
    body: unknown,
    options: WriteOptions,
  ): Promise<Answer> {
    const call: WriteCall = {
      request: { verb: 'patch', resource: resource.plural, ref },
      method: 'PATCH',
      path: resourcePath(resource, ref.namespace, ref.name),
      contentType: MERGE_PATCH,
      body,
    };
    return await this.#write(call, options);
  }

  async delete(resource: Resource, ref: ObjectRef, options: DeleteOptions): Promise<Answer> {
    const { preconditions } = options;
    const call: WriteCall = {
      request: { verb: 'delete', resource: resource.plural, ref },
      method: 'DELETE',
      path: resourcePath(resource, ref.namespace, ref.name),
      body: { kind: 'DeleteOptions', apiVersion: 'v1', ...(preconditions && { preconditions }) },
    };
    return await this.#write(call, options);
  }

  async #put(
    resource: Resource,
    object: KubeObject,
    options: WriteOptions,
    subresource?: 'status',
  ): Promise<Answer> {
    const ref = refOf(resource, object);
    const plural = [resource.plural, subresource].filter(Boolean).join('/');
    const call: WriteCall = {
      request: { verb: 'replace', resource: plural, ref },
      method: 'PUT',
      path: resourcePath(resource, ref.namespace, ref.name, subresource),
      body: object,
    };
    return await this.#write(call, options);
  }

  async #write(call: WriteCall, { deadlineMs, signal }: WriteOptions): Promise<Answer> {
    const timeLeft = () => {
      const leftMs = Math.floor(deadlineMs - this.#clock.monotonicMs());
      if (leftMs >= WRITE_MIN_LEFT_MS) return { timeout: `${leftMs}ms` };
      throw new KubeApiError(call.request, { kind: 'no-time-left', reason: 'Deadline' });
    };
    // A deletion sets no fields, so it has no manager.
    const manager = call.method === 'DELETE' ? {} : { fieldManager: MANAGER };
    return await this.#ask({
      ...call,
      query: { ...timeLeft(), ...manager },
      lateQuery: timeLeft,
      deadlineMs,
      signal,
      maxBytes: OBJECT_MAX_BYTES,
    });
  }

  async #ask(call: Call): Promise<Answer> {
    const { value, dateMs } = await this.#caller(call);
    if (!isKubeObject(value)) {
      throw new KubeApiError(call.request, { kind: 'bad-answer', reason: 'NotAnObject' });
    }
    return { object: value, dateMs };
  }
}

function refOf(resource: Resource, object: KubeObject): ObjectRef {
  const { name, namespace } = object.metadata;
  if (name === undefined) throw new RangeError(`an object of ${resource.plural} has no name`);
  return namespace === undefined ? { name } : { name, namespace };
}
