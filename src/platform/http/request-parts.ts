/** The parts of a request that a server of fixed documents looks at (RFC 9110, RFC 9112). */
import type { IncomingMessage, ServerResponse } from 'node:http';

/** A body that is read, to be thrown away. A larger one is refused. */
const BODY_BYTES_MAX = 16_384;
/** uri-host and port of RFC 3986, or nothing. Several Host lines are joined by a blank. */
const HOST = /^[A-Za-z0-9._~!$&'()*+,;=:%[\]-]*$/;

/**
 * The value of a header, with several lines joined by `, `, or null. `request.headers` would be slower,
 * and has only the first line of some.
 * @param rawHeaders name, value, name, value
 * @param name in lower case
 */
export function headerOf(rawHeaders: readonly string[], name: string): string | null {
  let value: string | null = null;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const found = rawHeaders[index];
    if (found?.length !== name.length || found.toLowerCase() !== name) continue;
    const more = rawHeaders[index + 1] ?? '';
    value = value === null ? more : `${value}, ${more}`;
  }
  return value;
}

/** Whether it may be the value of the one Host header, which may be empty (RFC 9112 section 3.2). */
export function isHost(value: string): boolean {
  return HOST.test(value);
}

/**
 * The path of a request's target, which may be a whole URL (RFC 9112 section 3.2). `*` for all of the
 * server, which clients of a proxy ask for by OPTIONS without a path.
 */
export function pathOf(method: string, target: string): string {
  const origin = target.startsWith('/') ? target : target.replace(/^https?:\/\/[^/?#]*/i, '');
  const end = origin.indexOf('?');
  const path = end === -1 ? origin : origin.slice(0, end);
  if (path !== '') return path;
  return method === 'OPTIONS' && end === -1 ? '*' : '/';
}

export function announcesBody(rawHeaders: readonly string[]): boolean {
  if (headerOf(rawHeaders, 'transfer-encoding') !== null) return true;
  const length = headerOf(rawHeaders, 'content-length');
  return length !== null && length !== '0';
}

/**
 * Reads a request's body and throws it away: it means nothing with a GET, but is allowed (RFC 9110
 * section 9.3.1), and some clients send an empty one of unknown length. Calls back once it has ended,
 * or is found to be too large; never if the connection is closed before.
 */
export function discardBody(
  request: IncomingMessage,
  response: ServerResponse,
  onEnd: (fits: boolean) => void,
): void {
  const length = Number(headerOf(request.rawHeaders, 'content-length') ?? 0);
  if (length > BODY_BYTES_MAX) {
    onEnd(false);
    return;
  }
  let bytes = 0;
  const onData = (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= BODY_BYTES_MAX) return;
    request.off('data', onData).off('end', onDataEnd).resume();
    onEnd(false);
  };
  const onDataEnd = () => onEnd(true);
  request.on('data', onData).on('end', onDataEnd);
  if (/^100-continue$/i.test(headerOf(request.rawHeaders, 'expect') ?? ''))
    response.writeContinue();
}
