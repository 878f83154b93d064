/**
 * Bytes in, bytes out: the only seam between the operator and an API server. http-transport.ts is the
 * real one. The fake API of the tests implements the same interface.
 */
export type HttpMethod = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** One request, relative to the API server. The transport encodes only the query. */
export interface KubeRequest {
  readonly method: HttpMethod;
  /** Absolute path, each segment already percent-encoded: `/api/v1/namespaces/auth/secrets`. */
  readonly path: string;
  /** Query parameters, not yet encoded. */
  readonly query?: Readonly<Record<string, string>>;
  /**
   * Parameters that replace those in `query`, computed when the request is sent. A transport that waits
   * for credentials or a connection may send it much later; others need not call this. If it throws,
   * `send` sends nothing and rejects with that error.
   */
  readonly lateQuery?: () => Readonly<Record<string, string>>;
  /** Lower-case names. The transport adds `authorization`. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface KubeResponse {
  readonly status: number;
  /** Lower-case names. Several values of one name are joined by `, `. */
  readonly headers: Readonly<Record<string, string>>;
  /** Read it to its end or abort the signal: otherwise the connection stays in use. */
  readonly body: AsyncIterable<Uint8Array>;
}

export interface Transport {
  /**
   * Resolves as soon as the headers have arrived. Rejects with the signal's reason as soon as it
   * aborts, whatever the request waits for, and with a {@link TransportError} if no answer comes. Never
   * retries.
   */
  send(request: KubeRequest, signal: AbortSignal): Promise<KubeResponse>;
}

/**
 * There was no whole answer: refused, reset, timed out, cut off. A write may have taken effect. The
 * message appears in logs, so it never holds a token, a header or a body.
 */
export class TransportError extends Error {
  override readonly name = 'TransportError';
  /** Such as `ECONNREFUSED`, `HEADERS_TIMEOUT`, `TRUNCATED`. */
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}
