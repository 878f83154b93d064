/**
 * Bytes in, bytes out: the one seam between the operator and an API server. The real one is
 * made of @kubernetes/client-node's configuration and auth over a shared HTTP/1.1 agent; the
 * fake API of the tests implements the same interface.
 */
export type HttpMethod = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** One request, relative to the API server. Nothing in it is encoded again. */
export interface KubeRequest {
  readonly method: HttpMethod;
  /** Absolute path, each segment already percent-encoded: `/api/v1/namespaces/auth/secrets`. */
  readonly path: string;
  /** Query parameters, not yet encoded. */
  readonly query?: Readonly<Record<string, string>>;
  /**
   * Parameters in the place of those in `query`, as of when the request is sent. That may be long
   * after it was asked for, where credentials or a connection are waited for; a transport that
   * waits for nothing need not ask. What it throws, `send` rejects with, and sends nothing.
   */
  readonly lateQuery?: () => Readonly<Record<string, string>>;
  /** Lower-case names. `authorization` is the transport's own business. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface KubeResponse {
  readonly status: number;
  /** Lower-case names; several values of one name are joined by `, `. */
  readonly headers: Readonly<Record<string, string>>;
  /** Must be read to its end, or the signal aborted, so that the connection is given back. */
  readonly body: AsyncIterable<Uint8Array>;
}

export interface Transport {
  /**
   * Resolves as soon as the headers are in. Rejects with the signal's reason as soon as it aborts,
   * whatever the request waits for, with a {@link TransportError} when no answer came. Never
   * retries.
   */
  send(request: KubeRequest, signal: AbortSignal): Promise<KubeResponse>;
}

/**
 * No (whole) answer: refused, reset, timed out, cut off. Whether a write took effect is unknown.
 * The message goes into logs as it is, so it never holds a token, a header or a body.
 */
export class TransportError extends Error {
  override readonly name = 'TransportError';
  /** Such as `ECONNREFUSED`, `UND_ERR_HEADERS_TIMEOUT`, `TRUNCATED`. */
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}
