import type { Clock } from '../../src/platform/clock.ts';
import { type JsonObject, namespaceOf, withMetadata } from './json/json.ts';
import { textOf } from './json/json-text.ts';
import type { Query } from './list.ts';
import { type Matches, selector } from './requests/selectors.ts';
import type { Change, Store } from './store.ts';
import { apiVersionOf, type ResourceType, storageOf } from './types/resource-types.ts';
import { failure } from './types/status-error.ts';

/** How a watch ends, and when it says that it is still there. */
export interface WatchTimes {
  readonly clock: Clock;
  /** If the client names no `timeoutSeconds`. */
  readonly timeoutMs: number;
  readonly bookmarkIntervalMs: number;
}

type Show = (object: JsonObject) => JsonObject;

/** The real server sends a last bookmark this long before it ends a watch. */
const LAST_BOOKMARK_MS = 2000;

/**
 * One watch: events of one type as lines of JSON, until its time is up, it is closed, or the
 * client goes. A selector makes additions and deletions of what enters and leaves it.
 */
export class Watch {
  readonly #store: Store;
  readonly #type: ResourceType;
  readonly #namespace: string;
  readonly #matches: Matches;
  readonly #show: Show;
  readonly #bookmarks: boolean;
  readonly #lines: string[] = [];
  readonly #ended = new AbortController();
  readonly #unsubscribe: () => void;
  #wake: () => void = () => {};
  #closed = false;
  #sentRevision = 0;

  /** @throws StatusError 400 for selectors, 500 for a resourceVersion that is none. */
  constructor(store: Store, type: ResourceType, namespace: string, query: Query, show: Show) {
    this.#store = store;
    this.#type = type;
    this.#namespace = namespace;
    this.#show = show;
    const labels = query['labelSelector'] ?? '';
    this.#matches = selector(type, labels, query['fieldSelector'] ?? '');
    this.#bookmarks = ['1', 'true'].includes(query['allowWatchBookmarks'] ?? '');
    const version = query['resourceVersion'] ?? '';
    if (!/^\d*$/.test(version)) {
      throw failure(500, '', `resourceVersion: Invalid value: "${version}"`);
    }
    this.#begin(version === '' ? 0 : Number(version));
    this.#unsubscribe = store.subscribe((change) => this.#take(change));
  }

  /** Aborts when the watch is over. */
  get over(): AbortSignal {
    return this.#ended.signal;
  }

  /** Bytes until the end; rejects with the signal's reason when the client aborts. */
  stream(times: WatchTimes, signal: AbortSignal): AsyncIterable<Uint8Array> {
    const onAbort = () => this.#dispose();
    signal.addEventListener('abort', onAbort, { once: true });
    this.#ended.signal.addEventListener('abort', () => {
      signal.removeEventListener('abort', onAbort);
    });
    void this.#timeline(times, this.#ended.signal).catch(() => {});
    return this.#read(signal);
  }

  async *#read(signal: AbortSignal): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        signal.throwIfAborted();
        const line = this.#lines.shift();
        if (line !== undefined) yield Buffer.from(`${line}\n`);
        else if (this.#closed) return;
        else await this.#woken();
      }
    } finally {
      this.#dispose();
    }
  }

  #woken(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  #dispose(): void {
    this.#unsubscribe();
    this.#ended.abort();
    this.#wake();
  }

  /** Ends the watch after what is already in it, as a restarting server does. */
  close(): void {
    this.#closed = true;
    this.#wake();
  }

  /** Tells the client how far it has seen, if it asked for that. */
  bookmark(): void {
    if (!this.#bookmarks) return;
    const metadata = { resourceVersion: String(this.#store.revision) };
    const { kind } = this.#type;
    this.#push('BOOKMARK', { kind, apiVersion: apiVersionOf(this.#type), metadata });
  }

  #begin(version: number): void {
    this.#sentRevision = this.#store.revision;
    if (version === 0) {
      for (const object of this.#store.all(storageOf(this.#type))) {
        if (this.#selects(object)) this.#push('ADDED', object);
      }
      return;
    }
    if (version < this.#store.compactedRevision) {
      const why = `too old resource version: ${version} (${this.#store.compactedRevision})`;
      this.#push('ERROR', failure(410, 'Expired', why).body);
      this.#closed = true;
      return;
    }
    this.#sentRevision = version;
    for (const change of this.#store.changesAfter(storageOf(this.#type), version)) {
      this.#take(change);
    }
  }

  #take(change: Change): void {
    if (change.storage !== storageOf(this.#type)) return;
    if (this.#closed || change.revision <= this.#sentRevision) return;
    this.#sentRevision = change.revision;
    const was = change.before !== null && this.#selects(change.before);
    const is = change.after !== null && this.#selects(change.after);
    if (is && change.after) this.#push(was ? 'MODIFIED' : 'ADDED', change.after);
    else if (was && change.before) {
      // The state before, under the version of the change that took it out.
      const resourceVersion = String(change.revision);
      this.#push('DELETED', withMetadata(change.before, { resourceVersion }));
    }
  }

  #selects(object: JsonObject): boolean {
    if (this.#namespace !== '' && namespaceOf(object) !== this.#namespace) return false;
    return this.#matches(object);
  }

  #push(type: string, object: JsonObject): void {
    const shown = type === 'ERROR' ? object : this.#show(object);
    this.#lines.push(`{"type":"${type}","object":${textOf(shown)}}`);
    this.#wake();
  }

  async #timeline(times: WatchTimes, signal: AbortSignal): Promise<void> {
    const { clock } = times;
    const endMs = clock.monotonicMs() + times.timeoutMs;
    const lastBookmarkMs = endMs - LAST_BOOKMARK_MS;
    while (this.#bookmarks && clock.monotonicMs() < lastBookmarkMs) {
      const nextMs = clock.monotonicMs() + times.bookmarkIntervalMs;
      await clock.sleepUntil(Math.min(nextMs, lastBookmarkMs), signal);
      this.bookmark();
    }
    await clock.sleepUntil(endMs, signal);
    this.close();
  }
}
