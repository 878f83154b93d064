import type { Clock } from '../clock.ts';
import type { KubeClient } from '../kube/client.ts';
import { type ErrorKind, isVersionFromTheFuture, KubeApiError } from '../kube/errors.ts';
import type { Selection } from '../kube/list.ts';
import type { KubeObject, Resource } from '../kube/resource.ts';
import type { Log } from '../log/log.ts';
import { type ObjectEvent, ObjectStore, type ReadonlyObjectStore } from './object-store.ts';
import { RetryDelay } from './retry-delay.ts';
import { superviseWatch } from './watch-supervisor.ts';

/** It lists again after a random time between these two, even if the watch seems to work. */
export const RELIST_MIN_MS = 300_000;
export const RELIST_MAX_MS = 600_000;
/** It asks the server to end each watch after a random time between these two. */
export const WATCH_TIMEOUT_MIN_SECONDS = 300;
export const WATCH_TIMEOUT_MAX_SECONDS = 600;
/** After a watch of this length, the back-off begins again. */
export const HEALTHY_AFTER_MS = 30_000;
/** A watch that the server ends sooner counts as failed: otherwise it could become a hot loop. */
export const WATCH_SHORT_MS = 1000;

export type ReflectorHandler = (event: ObjectEvent) => void;

export interface ReflectorOptions extends Selection {
  readonly client: KubeClient;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly log: Log;
  readonly resource: Resource;
  /** What to keep of an object. Default: all of it. */
  readonly transform?: (object: KubeObject) => KubeObject;
  /** Called in order, synchronously. They only put names into a queue. */
  readonly handlers: readonly ReflectorHandler[];
}

/**
 * Keeps a copy of the objects of one type, and reports each change once. Survives every failure until
 * its signal aborts.
 */
export class Reflector {
  readonly #options: ReflectorOptions;
  readonly #store: ObjectStore;
  readonly #delay: RetryDelay;
  #synced = false;
  /** The version from which the watch continues. Null: it must list first. */
  #version: string | null = null;
  #relistAtMs = 0;
  #watchingSinceMs = Number.POSITIVE_INFINITY;
  #goneInARow = 0;

  constructor(options: ReflectorOptions) {
    this.#options = options;
    this.#store = new ObjectStore(options.transform ?? ((object) => object));
    this.#delay = new RetryDelay(options.random);
  }

  get store(): ReadonlyObjectStore {
    return this.#store;
  }

  /** True once the first list is in the store and was reported. */
  hasSynced(): boolean {
    return this.#synced;
  }

  /** Resolves soon after the signal aborts, with no watch open. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.#watchingSinceMs = Number.POSITIVE_INFINITY;
      try {
        if (this.#version === null) await this.#list(signal, false);
        await this.#watch(signal);
      } catch (error) {
        if (!signal.aborted) await this.#recover(error, signal);
      }
    }
  }

  async #list(signal: AbortSignal, periodic: boolean): Promise<void> {
    const { client, clock, random, resource } = this.#options;
    const list = await client.list(resource, { ...this.#selection(), signal });
    const events = this.#store.replaceAll(list.items);
    this.#version = list.resourceVersion;
    this.#relistAtMs = clock.monotonicMs() + between(RELIST_MIN_MS, RELIST_MAX_MS, random());
    for (const event of events) this.#tell(event);
    if (periodic && events.length > 0) {
      this.#options.log.warn(
        this.#fields({ missed: events.length }),
        'the watch had missed changes',
      );
    }
    this.#synced = true;
  }

  async #watch(signal: AbortSignal): Promise<void> {
    const { client, clock, random, resource } = this.#options;
    const timeoutSeconds = Math.round(
      between(WATCH_TIMEOUT_MIN_SECONDS, WATCH_TIMEOUT_MAX_SECONDS, random()),
    );
    const resourceVersion = this.#version ?? '';
    let heard = false;
    const watching = superviseWatch(clock, this.#relistAtMs, signal, async (inner, onHeard) => {
      const options = { ...this.#selection(), resourceVersion, timeoutSeconds, signal: inner };
      const watch = await client.watch(resource, options);
      this.#watchingSinceMs = clock.monotonicMs();
      for await (const { type, object } of watch) {
        onHeard();
        heard = true;
        this.#goneInARow = 0;
        this.#version = object.metadata.resourceVersion ?? null;
        if (type === 'BOOKMARK') continue;
        const events = type === 'DELETED' ? this.#store.remove(object) : this.#store.put(object);
        for (const event of events) this.#tell(event);
      }
    });
    const ended = await watching.finally(() => this.#forgetFailures());
    if (ended === 'relist-due') return await this.#list(signal, true);
    // The server accepts a watch from a version that it has not reached yet, as after a restored backup,
    // and sends nothing. So the version of a watch that never sent anything is not used again.
    if (ended === 'silent' && !heard) this.#version = null;
    if (ended === 'silent') throw new WatchFailed('silent');
    if (clock.monotonicMs() - this.#watchingSinceMs < WATCH_SHORT_MS) {
      throw new WatchFailed('short-watch');
    }
  }

  /** After a long watch earlier failures no longer count, however it ended. */
  #forgetFailures(): void {
    const livedMs = this.#options.clock.monotonicMs() - this.#watchingSinceMs;
    if (livedMs >= HEALTHY_AFTER_MS) this.#delay.reset();
  }

  async #recover(error: unknown, signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#options;
    const nowMs = clock.monotonicMs();
    const kind = kindOf(error);
    if (!canResume(error) || nowMs >= this.#relistAtMs) this.#version = null;
    this.#goneInARow = kind === 'gone' ? this.#goneInARow + 1 : 0;
    // A version that has become too old is normal: list immediately. Right after a list it is not.
    if (this.#goneInARow === 1) return;
    const askedMs = error instanceof KubeApiError ? (error.retryAfterMs ?? 0) : 0;
    const waitMs = Math.max(this.#delay.nextMs(), askedMs);
    const level = kind === 'bug' ? 'error' : 'warn';
    log[level](
      this.#fields({ kind, ...describe(error), retryInMs: Math.round(waitMs) }),
      'list or watch failed',
    );
    await clock.sleepUntil(nowMs + waitMs, signal).catch(() => {}); // Only an abort rejects.
  }

  #tell(event: ObjectEvent): void {
    for (const handler of this.#options.handlers) {
      try {
        handler(event);
      } catch (error) {
        const { namespace, name } = event;
        this.#options.log.error(
          this.#fields({ namespace, name, ...describe(error) }),
          'a handler of changes failed',
        );
      }
    }
  }

  #selection(): Selection {
    const { namespace, labelSelector, fieldSelector, metadataOnly } = this.#options;
    return {
      ...(namespace === undefined ? {} : { namespace }),
      ...(labelSelector === undefined ? {} : { labelSelector }),
      ...(fieldSelector === undefined ? {} : { fieldSelector }),
      ...(metadataOnly === undefined ? {} : { metadataOnly }),
    };
  }

  #fields(fields: Record<string, unknown>): Record<string, unknown> {
    return { resource: this.#options.resource.plural, ...fields };
  }
}

/** Not an API error: the watch became silent, or ended right after it began. */
class WatchFailed extends Error {
  readonly kind: 'silent' | 'short-watch';
  constructor(kind: 'silent' | 'short-watch') {
    super(kind);
    this.kind = kind;
  }
}

function kindOf(error: unknown): ErrorKind | 'silent' | 'short-watch' | 'bug' {
  return error instanceof KubeApiError || error instanceof WatchFailed ? error.kind : 'bug';
}

/** Whether the watch can continue from its version. If in doubt, no: a list is always right. */
function canResume(error: unknown): boolean {
  if (error instanceof WatchFailed) return true;
  if (!(error instanceof KubeApiError) || isVersionFromTheFuture(error)) return false;
  switch (error.kind) {
    case 'unauthorized':
    case 'forbidden':
    case 'throttled':
    case 'server-error':
    case 'unavailable':
    case 'timeout':
    case 'no-answer':
      return true;
    case 'bad-answer':
      return error.reason === 'Truncated';
    default:
      return false;
  }
}

/** Of an unknown error only its type and place, because its message may quote an object. */
function describe(error: unknown): Record<string, unknown> {
  if (error instanceof KubeApiError) return { code: error.code, error: error.message };
  if (error instanceof WatchFailed || !(error instanceof Error)) return {};
  const frame = error.stack?.split('\n').find((line) => line.startsWith('    at '));
  return { error: error.name, at: frame?.trim() };
}

function between(min: number, max: number, share: number): number {
  return min + (max - min) * share;
}
