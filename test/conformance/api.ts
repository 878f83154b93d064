import type { HttpMethod, KubeRequest, Transport } from '../../src/platform/kube/transport.ts';
import { WIDGET } from './widget.ts';

/** An API server under test: the fake, or a real one. */
export interface Subject {
  /** Asked for in each test, so that it may be made in `beforeAll`. */
  readonly transport: () => Transport;
  /** Makes a namespace of its own for one test and returns its name. */
  readonly prepareNamespace: () => Promise<string>;
  /** Makes every earlier revision unavailable; null if the subject can't do that. */
  readonly compact: (() => Promise<void>) | null;
}

// biome-ignore lint/suspicious/noExplicitAny: answers are read like JSON in a test
export type Body = any;

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Body;
}

export interface Extra {
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
}

/** How long a single call, or a watch, may take. */
const DEADLINE_MS = 20_000;
export const MERGE = 'application/merge-patch+json';
export const JSON_PATCH = 'application/json-patch+json';
export const METADATA_ONLY = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1';
export const METADATA_LIST = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1';

/** Paths and calls in one namespace. */
export class Api {
  readonly namespace: string;
  readonly #transport: Transport;

  constructor(transport: Transport, namespace: string) {
    this.#transport = transport;
    this.namespace = namespace;
  }

  path(resource: string, name = '', subresource = ''): string {
    const root = ROOTS[resource] ?? '/api/v1';
    const kind = resource.replace(/^new-/, '');
    const parts = [root, 'namespaces', this.namespace, kind, name, subresource];
    return parts.filter((part) => part !== '').join('/');
  }

  get(path: string, extra: Extra = {}): Promise<Answer> {
    return this.call('GET', path, undefined, extra);
  }

  post(path: string, body: unknown, extra: Extra = {}): Promise<Answer> {
    return this.call('POST', path, body, extra);
  }

  put(path: string, body: unknown, extra: Extra = {}): Promise<Answer> {
    return this.call('PUT', path, body, extra);
  }

  patch(path: string, type: string, body: unknown, extra: Extra = {}): Promise<Answer> {
    return this.call('PATCH', path, body, { ...extra, headers: { 'content-type': type } });
  }

  delete(path: string, body?: unknown, extra: Extra = {}): Promise<Answer> {
    return this.call('DELETE', path, body, extra);
  }

  async call(method: HttpMethod, path: string, body: unknown, extra: Extra): Promise<Answer> {
    const request: KubeRequest = {
      method,
      path,
      query: { fieldManager: 'conformance', ...extra.query },
      headers: {
        accept: 'application/json',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...extra.headers,
      },
      ...(body === undefined
        ? {}
        : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    };
    const signal = AbortSignal.timeout(DEADLINE_MS);
    const response = await this.#transport.send(request, signal);
    const text = await readAll(response.body);
    return { status: response.status, headers: response.headers, body: parsed(text) };
  }

  /** Opens a watch; the events come with {@link Watching.events}. */
  async watch(path: string, query: Readonly<Record<string, string>>, accept = 'application/json') {
    const abort = new AbortController();
    const signal = AbortSignal.any([abort.signal, AbortSignal.timeout(DEADLINE_MS)]);
    const response = await this.#transport.send(
      { method: 'GET', path, query: { watch: 'true', ...query }, headers: { accept } },
      signal,
    );
    return new Watching(response.status, response.body, abort);
  }
}

const WIDGETS = `/apis/${WIDGET.group}/${WIDGET.version}`;
const ROOTS: Readonly<Record<string, string>> = {
  widgets: WIDGETS,
  daemonsets: '/apis/apps/v1',
  deployments: '/apis/apps/v1',
  leases: '/apis/coordination.k8s.io/v1',
  'new-events': '/apis/events.k8s.io/v1',
  statefulsets: '/apis/apps/v1',
};

export class Watching {
  readonly status: number;
  readonly #lines: AsyncIterator<string>;
  readonly #abort: AbortController;

  constructor(status: number, body: AsyncIterable<Uint8Array>, abort: AbortController) {
    this.status = status;
    this.#lines = lines(body)[Symbol.asyncIterator]();
    this.#abort = abort;
  }

  /** The next events as [type, name, the part of it that a test looks at]. */
  async take(count: number): Promise<Body[]> {
    const events: Body[] = [];
    while (events.length < count) {
      const { value, done } = await this.#lines.next();
      if (done) throw new Error(`the watch ended after ${events.length} of ${count} events`);
      events.push(JSON.parse(value));
    }
    return events;
  }

  /** Everything until the server ends the watch. */
  async rest(): Promise<Body[]> {
    const events: Body[] = [];
    for (;;) {
      const { value, done } = await this.#lines.next();
      if (done) return events;
      events.push(JSON.parse(value));
    }
  }

  close(): void {
    this.#abort.abort();
  }
}

async function* lines(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of body) {
    text += decoder.decode(chunk, { stream: true });
    const complete = text.split('\n');
    text = complete.pop() ?? '';
    yield* complete.filter((line) => line !== '');
  }
}

async function readAll(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

function parsed(text: string): Body {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** What a client can act on in a refusal: status, reason, and each cause's reason and field. */
export function refusal(answer: Answer): Body[] {
  const causes = answer.body.details?.causes ?? [];
  const fields = causes.map((cause: Body) => `${cause.reason} ${cause.field}`);
  return [answer.status, answer.body.reason ?? '', ...new Set(fields)];
}

/** [status, names] of a list. */
export function listed(answer: Answer): Body[] {
  return [
    answer.status,
    (answer.body.items ?? []).map((item: Body) => item.metadata.name).join(' '),
  ];
}

/** An {@link Api} in a fresh namespace. */
export async function freshApi(subject: Subject): Promise<Api> {
  return new Api(subject.transport(), await subject.prepareNamespace());
}
