/** What is not a request that a server can answer as such: one answer, and the connection ends. */
import { type Server, STATUS_CODES } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Connections } from './connections.ts';

/** @param count called with the status of each answer */
export function refuseMalformed(
  server: Server,
  connections: Connections,
  count: (status: number) => void,
): void {
  const refuse = (peer: Duplex, status: number) => {
    if (!(peer instanceof Socket)) return void peer.destroy();
    connections.whenQuiet(peer, () => {
      if (peer.writable) {
        count(status);
        peer.end(textOf(status));
      }
      // Without waiting for the peer, which may never close its side.
      peer.destroySoon();
    });
  };
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (error.code === 'ECONNRESET') socket.destroy();
    else refuse(socket, statusOf(error.code));
  });
  // Node hands the bare connection over. Without a listener it would close it without an answer.
  server.on('connect', (_request, socket) => {
    socket.on('error', () => {});
    refuse(socket, 405);
  });
}

function statusOf(code: string | undefined): number {
  if (code === 'HPE_HEADER_OVERFLOW') return 431;
  return code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : 400;
}

function textOf(status: number): string {
  // RFC 9110 section 15.5.6: a 405 says what is allowed.
  const allow = status === 405 ? 'Allow: GET, HEAD, OPTIONS\r\n' : '';
  return (
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\n${allow}` +
    'Cache-Control: no-store\r\nContent-Length: 0\r\n\r\n'
  );
}
