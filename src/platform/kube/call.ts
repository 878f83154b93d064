import type { Clock } from '../clock.ts';
import { DeadlineExceeded, withDeadline } from '../deadline.ts';
import { parseHttpDateMs } from '../http/date.ts';
import { errorOfStatus, KubeApiError, type Request } from './errors.ts';
import { readStatus } from './status.ts';
import {
  type HttpMethod,
  type KubeRequest,
  type KubeResponse,
  type Transport,
  TransportError,
} from './transport.ts';

/** The maximum size of a `Status`. A longer one is cut off and ignored. */
export const STATUS_MAX_BYTES = 1024 * 1024;
const JSON_TYPE = 'application/json';
/** What to accept so that of one object, or of each event's, only `metadata` is sent. */
export const METADATA_ONLY = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1';

export interface Call {
  readonly request: Request;
  readonly method: HttpMethod;
  readonly path: string;
  readonly query?: KubeRequest['query'];
  readonly lateQuery?: KubeRequest['lateQuery'];
  readonly accept?: string;
  readonly contentType?: string;
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly signal: AbortSignal;
  /** On the clock's monotonic scale. */
  readonly deadlineMs: number;
  readonly maxBytes: number;
}

export interface CallAnswer {
  /** The parsed JSON. */
  readonly value: unknown;
  readonly dateMs: number | null;
}

export type Caller = (call: Call) => Promise<CallAnswer>;

/**
 * Makes one request and reads its whole answer. Rejects with a {@link KubeApiError}, or with the
 * signal's reason if the caller aborts.
 */
export function createCaller(transport: Transport, clock: Clock): Caller {
  return async (call) => {
    try {
      return await withDeadline(clock, call.deadlineMs, call.signal, async (signal) => {
        const response = await transport.send(requestOf(call), signal);
        if (response.status < 200 || response.status > 299) {
          throw await refusal(call.request, response);
        }
        const text = await readText(response.body, call.maxBytes);
        const dateMs = parseHttpDateMs(response.headers['date']);
        return { value: parseJson(text), dateMs };
      });
    } catch (error) {
      throw toKubeError(error, call.request, call.signal);
    }
  };
}

function requestOf(call: Call): KubeRequest {
  const headers: Record<string, string> = { accept: call.accept ?? JSON_TYPE };
  if (call.body !== undefined) headers['content-type'] = call.contentType ?? JSON_TYPE;
  return {
    method: call.method,
    path: call.path,
    headers,
    ...(call.query === undefined ? {} : { query: call.query }),
    ...(call.lateQuery === undefined ? {} : { lateQuery: call.lateQuery }),
    ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
  };
}

/** The error for an answer other than 2xx. Reads the body, so that the connection can be reused. */
export async function refusal(request: Request, response: KubeResponse): Promise<KubeApiError> {
  let facts = null;
  try {
    facts = readStatus(parseJson(await readText(response.body, STATUS_MAX_BYTES)));
  } catch (error) {
    // A proxy's page, or a Status that was cut off: the HTTP status is enough. An abort is not ignored.
    if (!(error instanceof Unusable || error instanceof TransportError)) throw error;
  }
  return errorOfStatus(request, response.status, facts, retryAfterMs(response.headers));
}

function retryAfterMs(headers: Readonly<Record<string, string>>): number | null {
  const text = headers['retry-after'] ?? '';
  return /^\d{1,9}$/.test(text) ? Number(text) * 1000 : null;
}

/** Why an answer with a good status can't be used. */
export class Unusable extends Error {
  readonly reason: 'BodyTooLarge' | 'NotJson' | 'NotUtf8' | 'LineTooLong';
  constructor(reason: 'BodyTooLarge' | 'NotJson' | 'NotUtf8' | 'LineTooLong') {
    super(reason);
    this.reason = reason;
  }
}

const UTF8 = new TextDecoder('utf-8', { fatal: true });

async function readText(body: AsyncIterable<Uint8Array>, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.byteLength;
    // Leaving the loop closes the connection: gigabytes may follow.
    if (size > maxBytes) throw new Unusable('BodyTooLarge');
    chunks.push(chunk);
  }
  try {
    return UTF8.decode(Buffer.concat(chunks));
  } catch {
    throw new Unusable('NotUtf8');
  }
}

/** Hides the engine's error, which quotes the text, and that may be a Secret. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Unusable('NotJson');
  }
}

const CHECK_CERTIFICATE =
  "the server's certificate is not trusted: check the CA and the server's name in the kubeconfig";
const CHECK_NAME = "the server's name can't be resolved: check it in the kubeconfig, and the DNS";

/** What to check, by the code of a connection. Other codes get the hint of their kind. */
const HINTS: readonly (readonly [RegExp, string])[] = [
  [
    /^ECONNREFUSED$/,
    'nothing listens there: check that the API server runs and that the kubeconfig is current',
  ],
  [/^(?:ENOTFOUND|EAI_AGAIN)$/, CHECK_NAME],
  [/CERT/, CHECK_CERTIFICATE],
  [/^UNABLE_TO_VERIFY_LEAF_SIGNATURE$/, CHECK_CERTIFICATE],
  [/^PROXY_STATUS_/, 'the proxy refuses to connect to it: check proxy-url in the kubeconfig'],
];

/** What is wrong with credentials only the transport knows: its message is the hint. */
function hintOf({ code, message }: TransportError): string | null {
  if (code.startsWith('CREDENTIALS_') || code === 'CA_INVALID') return message;
  return HINTS.find(([pattern]) => pattern.test(code))?.[1] ?? null;
}

/**
 * The error for the caller of the client: its own abort reason, or a {@link KubeApiError}. A fault of
 * the program itself stays unchanged.
 */
export function toKubeError(error: unknown, request: Request, signal: AbortSignal): unknown {
  if (error instanceof KubeApiError) return error;
  if (signal.aborted) return signal.reason;
  if (error instanceof DeadlineExceeded) {
    return new KubeApiError(request, { kind: 'timeout', reason: 'Deadline' });
  }
  if (error instanceof Unusable) {
    return new KubeApiError(request, { kind: 'bad-answer', reason: error.reason });
  }
  if (error instanceof TransportError) {
    if (error.code === 'TRUNCATED') {
      return new KubeApiError(request, { kind: 'bad-answer', reason: 'Truncated' });
    }
    const hint = hintOf(error);
    return new KubeApiError(request, {
      kind: /TIMEOUT/.test(error.code) ? 'timeout' : 'no-answer',
      reason: error.code,
      ...(hint === null ? {} : { hint }),
    });
  }
  return error;
}
