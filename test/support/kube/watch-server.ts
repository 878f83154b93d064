import type { IncomingMessage, ServerResponse } from 'node:http';
import type { KubeObject } from '../../../src/platform/kube/resource.ts';
import { sendJson } from './api-socket.ts';

type Fault = (response: ServerResponse) => void;

/** Lists and watches of one type, with faults: just enough of a server for the reflector. */
export class WatchServer {
  readonly #objects = new Map<string, KubeObject>();
  readonly #watches = new Set<ServerResponse>();
  #version = 10;
  /** Answers the next lists, one each, before any good answer. */
  readonly listFaults: Fault[] = [];
  readonly watchFaults: Fault[] = [];
  /** Of each watch: the version that it was to continue from. */
  readonly watchedFrom: string[] = [];
  readonly queries: URLSearchParams[] = [];
  lists = 0;
  pageSize = 500;
  /** Whether changes reach the watches. Without, a watch misses them. */
  telling = true;

  get openWatches(): number {
    return this.#watches.size;
  }

  readonly answer = (request: IncomingMessage, response: ServerResponse): void => {
    const query = new URL(request.url ?? '', 'http://x').searchParams;
    this.queries.push(query);
    const isWatch = query.get('watch') === 'true';
    if (isWatch) this.watchedFrom.push(query.get('resourceVersion') ?? '');
    else this.lists += 1;
    const fault = (isWatch ? this.watchFaults : this.listFaults).shift();
    if (fault !== undefined) fault(response);
    else if (isWatch) this.#watch(response);
    else this.#list(query, response);
  };

  put(name: string, fields: object = {}, uid = `uid-${name}`): void {
    const had = this.#objects.get(name);
    const object = this.#make(name, uid, fields);
    this.#objects.set(name, object);
    if (had !== undefined && had.metadata.uid !== uid) {
      // What a watch that lagged behind may see: the new object, not that the old one went.
      this.send({ type: 'MODIFIED', object });
    } else this.send({ type: had === undefined ? 'ADDED' : 'MODIFIED', object });
  }

  remove(name: string): void {
    const had = this.#objects.get(name);
    this.#objects.delete(name);
    this.send({ type: 'DELETED', object: this.#make(name, had?.metadata.uid ?? '', {}) });
  }

  bookmark(): void {
    this.#version += 1;
    const metadata = { resourceVersion: String(this.#version), creationTimestamp: null };
    this.send({ type: 'BOOKMARK', object: { kind: 'Secret', metadata } });
  }

  /** One event, or any text, to all watches. */
  send(event: object | string): void {
    if (!this.telling) return;
    const line = typeof event === 'string' ? event : `${JSON.stringify(event)}\n`;
    for (const watch of this.#watches) watch.write(line);
  }

  /** Ends all watches: in good order, or by a reset. */
  endWatches(how: 'end' | 'reset'): void {
    for (const watch of this.#watches) {
      if (how === 'end') watch.end();
      else watch.socket?.resetAndDestroy();
    }
  }

  #make(name: string, uid: string, fields: object): KubeObject {
    this.#version += 1;
    const metadata = { namespace: 'auth', name, uid, resourceVersion: String(this.#version) };
    return { metadata: { ...metadata, ...fields } };
  }

  #list(query: URLSearchParams, response: ServerResponse): void {
    const all = [...this.#objects.values()];
    const from = Number(query.get('continue') ?? 0);
    const to = from + this.pageSize;
    sendJson(response, 200, {
      metadata: {
        resourceVersion: String(this.#version),
        ...(to < all.length ? { continue: String(to) } : {}),
      },
      items: all.slice(from, to),
    });
  }

  #watch(response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    this.#watches.add(response);
    response.on('close', () => this.#watches.delete(response));
    // Changes between the list and the watch are not kept: the tests make none.
  }
}
