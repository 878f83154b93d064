import { isRecord } from '../../core/formats/is-record.ts';
import type { Clock } from '../clock.ts';
import { withDeadline } from '../deadline.ts';
import { METADATA_ONLY, parseJson, refusal, toKubeError, Unusable } from './call.ts';
import { errorOfStatus, KubeApiError, type Request } from './errors.ts';
import { requestOf, type Selection, selectors } from './list.ts';
import { isKubeObject, type KubeObject, type Resource, resourcePath } from './resource.ts';
import { readStatus } from './status.ts';
import type { KubeResponse, Transport } from './transport.ts';

/** The server sends the headers immediately, before any event. */
export const WATCH_OPEN_TIMEOUT_MS = 30_000;
/** The largest event, which is one line. An object in etcd has at most 1.5 MiB, but its JSON may be larger. */
export const WATCH_LINE_MAX_BYTES = 8 * 1024 * 1024;

export interface WatchOptions extends Selection {
  /** From the list, a bookmark or the last event. */
  readonly resourceVersion: string;
  /** The server ends the watch after this long. */
  readonly timeoutSeconds: number;
  /** Ends the watch and its connection. */
  readonly signal: AbortSignal;
}

export interface WatchEvent {
  /** A bookmark's object has only the `resourceVersion` up to which everything was sent. */
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK';
  readonly object: KubeObject;
}

/**
 * Ends when the server ends the watch. Throws a {@link KubeApiError} for an ERROR event, a line that is
 * not an event (`bad-answer`) or a lost connection, and the signal's reason if that aborts.
 */
export type Watch = AsyncGenerator<WatchEvent, void>;

const NEWLINE = 10;

export async function openWatch(
  transport: Transport,
  clock: Clock,
  resource: Resource,
  options: WatchOptions,
): Promise<Watch> {
  const request = requestOf('watch', resource, options);
  const connection = new AbortController();
  const onAbort = () => connection.abort(options.signal.reason);
  const letGo = () => options.signal.removeEventListener('abort', onAbort);
  options.signal.addEventListener('abort', onAbort, { once: true });
  try {
    const openByMs = clock.monotonicMs() + WATCH_OPEN_TIMEOUT_MS;
    // The deadline is only for the headers: after them it must not end the connection.
    const response = await withDeadline(clock, openByMs, options.signal, (opening) => {
      const onDeadline = () => connection.abort(opening.reason);
      opening.addEventListener('abort', onDeadline, { once: true });
      return transport
        .send(watchRequest(resource, options), connection.signal)
        .then((answer) => accept(request, answer))
        .finally(() => opening.removeEventListener('abort', onDeadline));
    });
    return readEvents(request, response, connection, options.signal, letGo);
  } catch (error) {
    letGo();
    connection.abort();
    throw toKubeError(error, request, options.signal);
  }
}

function watchRequest(resource: Resource, options: WatchOptions) {
  return {
    method: 'GET' as const,
    path: resourcePath(resource, options.namespace),
    query: {
      ...selectors(options),
      watch: 'true',
      allowWatchBookmarks: 'true',
      resourceVersion: options.resourceVersion,
      timeoutSeconds: String(options.timeoutSeconds),
    },
    headers: { accept: options.metadataOnly === true ? METADATA_ONLY : 'application/json' },
  };
}

async function accept(request: Request, answer: KubeResponse): Promise<KubeResponse> {
  if (answer.status < 200 || answer.status > 299) throw await refusal(request, answer);
  return answer;
}

async function* readEvents(
  request: Request,
  response: KubeResponse,
  connection: AbortController,
  signal: AbortSignal,
  letGo: () => void,
): Watch {
  try {
    for await (const line of readLines(response.body)) {
      yield readEvent(request, parseJson(line));
    }
  } catch (error) {
    throw toKubeError(error, request, signal);
  } finally {
    letGo();
    // No watch stays open, however the reader stops.
    connection.abort();
  }
}

/** Yields whole lines only: a last one without a newline was cut off. */
export async function* readLines(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let parts: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    let from = 0;
    for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, from)) {
      parts.push(chunk.subarray(from, at));
      const text = decode(decoder, Buffer.concat(parts));
      if (text.trim() !== '') yield text;
      parts = [];
      size = 0;
      from = at + 1;
    }
    const rest = chunk.subarray(from);
    size += rest.byteLength;
    if (size > WATCH_LINE_MAX_BYTES) throw new Unusable('LineTooLong');
    if (rest.byteLength > 0) parts.push(rest);
  }
}

function decode(decoder: TextDecoder, bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw new Unusable('NotUtf8');
  }
}

function readEvent(request: Request, value: unknown): WatchEvent {
  const { type, object } = isRecord(value) ? value : {};
  if (type === 'ERROR') {
    const facts = readStatus(object);
    throw errorOfStatus(request, facts?.code ?? 500, facts, null);
  }
  const known = type === 'ADDED' || type === 'MODIFIED' || type === 'DELETED';
  if ((known || type === 'BOOKMARK') && isKubeObject(object)) {
    const { resourceVersion, name, uid } = object.metadata;
    const named = type === 'BOOKMARK' || (typeof name === 'string' && typeof uid === 'string');
    if (typeof resourceVersion === 'string' && resourceVersion !== '' && named) {
      return { type, object };
    }
  }
  throw new KubeApiError(request, { kind: 'bad-answer', reason: 'NotAnEvent' });
}
